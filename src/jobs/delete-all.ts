/** Deleting what jobs have a part in: a library with its lease, and everything with every job. */

import {
  findLibrary,
  isCatalogueDamage,
  type LibraryEntry,
  loadCatalogue,
} from '../index/catalogue';
import { type Erased, type EraseOptions, eraseEverything, eraseLibrary } from '../index/delete';
import type { Platform } from '../platform/ports';
import { deleteOwnValues } from './clean-up-job';
import type { JobState } from './job';
import { changeJob, forgetJob, listJobIds, loadJob } from './job-store';
import { deleteLease } from './library-lease';
import { libraryDeleted } from './plan';

/**
 * Deletes a library. Jobs that have planned from it end with `library_deleted`, and the texts that
 * they were given go too. Errors: `library_unknown`, `publish_lost`.
 */
export async function deleteLibrary(
  platform: Platform,
  name: string,
  options: EraseOptions = {},
): Promise<Erased> {
  const { entities } = platform;
  const library = findLibrary((await loadCatalogue(entities)).libraries, name);
  // Jobs first: a publish writes its job too, so from here on none of these can publish.
  for (const jobId of await listJobIds(platform.kv)) await endJob(platform, jobId, library);
  const erased = await eraseLibrary(platform, name, options);
  await deleteLease(entities, name);
  return erased;
}

/** Ends a job that has planned from a library, unless it has ended and left nothing. */
async function endJob(
  { kv, entities, clock }: Platform,
  jobId: string,
  { id, name }: LibraryEntry,
): Promise<void> {
  const { code, message } = libraryDeleted(name);
  const concerns = ({ state, isClean, plans }: JobState) =>
    state !== 'done' && !isClean && plans.some(({ library }) => library === id);
  const job = await loadJob(entities, jobId).catch(() => undefined);
  if (job === undefined || !concerns(job.state)) return;
  // Clean from now on, so that nobody resumes it; a scheduled trigger cleans up after all jobs.
  const ended = { state: 'failed', error: { code, message }, isClean: true } as const;
  const { state } = await changeJob(entities, jobId, (current) =>
    concerns(current) && current.state !== 'cancelled'
      ? { ...current, ...ended, holder: null, waiting: null, updatedAt: clock() }
      : undefined,
  );
  await deleteOwnValues(kv, jobId, state);
}

/** Deletes every library, job, staged document and provider key of the installation. */
export async function deleteEverything(
  platform: Platform,
  secretKeys: readonly string[],
  options: EraseOptions = {},
): Promise<Erased & { libraries: number }> {
  const { kv, entities } = platform;
  const names = new Set<string>();
  // Jobs first: a publish writes its job too, so from here on none can publish.
  for (const jobId of await listJobIds(kv)) {
    const job = await loadJob(entities, jobId).catch(() => undefined);
    if (job !== undefined) names.add(job.state.request.library);
    await forgetJob(platform, jobId);
  }
  const { libraries } = await loadCatalogue(entities).catch((error) => {
    // Deleting is the remedy for damage, so no damage may stand against it.
    if (isCatalogueDamage(error)) return { libraries: [] };
    throw error;
  });
  for (const { name } of libraries) names.add(name);
  const removed = await eraseEverything(platform, secretKeys, options);
  for (const name of names) await deleteLease(entities, name);
  return removed;
}
