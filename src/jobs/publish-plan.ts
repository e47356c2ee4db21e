/** Publishing a sealed plan, by compare-and-set: it alone decides which of two jobs wins. */

import { assertInvariant } from '../errors';
import { type LibraryEntry, loadCatalogue, loadManifest, loadManifestOf } from '../index/catalogue';
import { createManifest, publishGeneration } from '../index/publish';
import { succession } from '../index/retire';
import { segmentIdOf } from './job-keys';
import type { JobRun } from './job-run';
import type { Sealed } from './seal';

/**
 * Publishes, unless an earlier run of the job has and was ended before it could say so.
 * Errors: `publish_lost`, `publish_unknown`, `catalogue_full`, those of the store.
 */
export async function publishPlan(run: JobRun, sealed: Sealed): Promise<LibraryEntry> {
  const { entities, clock } = run.context.platform;
  const { state, jobId, planNumber } = run;
  const { fingerprint, request } = state;
  const plan = state.plans[planNumber];
  assertInvariant(plan !== undefined && fingerprint !== null, `job ${jobId}: sealed, not planned`);
  const { library: libraryId, generation: expectedGeneration } = plan;
  const publisher = segmentIdOf(jobId, planNumber);
  const published = await findPublished(run, libraryId, publisher);
  if (published !== undefined) return published;
  if (expectedGeneration === 0) await createManifest(entities, libraryId);
  const { libraries } = await loadCatalogue(entities);
  const library = libraries.find(({ id }) => id === libraryId);
  const manifest = library === undefined ? undefined : await loadManifestOf(entities, library);
  const { segments, deleted } = sealed;
  const now = clock();
  return publishGeneration(entities, clock, {
    libraryId,
    name: request.library,
    projects: request.projects ?? undefined,
    fingerprint,
    segments,
    ...succession({ library, manifest, segments, isDeletion: deleted.length > 0, now }),
    expectedGeneration,
    publisher,
  });
}

/** The library as this job has published it, also when another one has published after it. */
async function findPublished(
  run: JobRun,
  libraryId: string,
  publisher: string,
): Promise<LibraryEntry | undefined> {
  const { entities } = run.context.platform;
  const manifest = await loadManifest(entities, libraryId);
  const previous = manifest?.previous?.segments ?? [];
  const isOurs =
    manifest?.publisher === publisher || previous.some(({ id }) => id === publisher);
  if (!isOurs) return undefined;
  const { libraries } = await loadCatalogue(entities);
  return libraries.find(({ id }) => id === libraryId);
}
