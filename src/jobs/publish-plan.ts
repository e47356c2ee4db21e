/** Publishing a sealed plan, by compare-and-set: it alone decides which of two jobs wins. */

import { assertInvariant } from '../errors';
import { loadCatalogue, loadManifestOf } from '../index/catalogue';
import { createManifest, publishGeneration } from '../index/publish';
import { succession } from '../index/retire';
import { liveChunks } from '../index/segment';
import { segmentIdOf } from './job-keys';
import type { JobRun } from './job-run';
import type { Sealed } from './seal';

/**
 * Publishes, and takes the job to its next phase in the same transaction: a run that is ended in
 * the middle has done both or neither.
 * Errors: `publish_lost`, `publish_unknown`, `job_overtaken`, and those of the store.
 */
export async function publishPlan(
  run: JobRun,
  { segments, deleted, calibration }: Sealed,
): Promise<void> {
  const { entities, clock } = run.context.platform;
  const { state, jobId, planNumber } = run;
  const { fingerprint, request } = state;
  const plan = state.plans[planNumber];
  assertInvariant(plan !== undefined && fingerprint !== null, `job ${jobId}: sealed, not planned`);
  const { library: libraryId, generation: expectedGeneration } = plan;
  if (expectedGeneration === 0) await createManifest(entities, libraryId);
  const { libraries } = await loadCatalogue(entities);
  const library = libraries.find(({ id }) => id === libraryId);
  const manifest = library === undefined ? undefined : await loadManifestOf(entities, library);
  const now = clock();
  const chunksLive = segments.reduce((sum, segment) => sum + liveChunks(segment), 0);
  await run.saveWith(
    ({ generation }) => ({ phase: 'sweep', generation, chunksLive, failures: 0 }),
    (fence) =>
      publishGeneration(entities, clock, {
        libraryId,
        name: request.library,
        projects: request.projects ?? undefined,
        fingerprint,
        calibration,
        segments,
        ...succession({ library, manifest, segments, isDeletion: deleted.length > 0, now }),
        expectedGeneration,
        publisher: segmentIdOf(jobId, planNumber),
        fence,
      }),
  );
}
