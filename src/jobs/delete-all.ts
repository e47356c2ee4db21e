/** Deleting what jobs have a part in: a library with its lease, and everything with every job. */

import { isCatalogueDamage, loadCatalogue } from '../index/catalogue';
import { type Erased, type EraseOptions, eraseEverything, eraseLibrary } from '../index/delete';
import type { Platform } from '../platform/ports';
import { forgetJob, listJobIds, loadJob } from './job-store';
import { deleteLease } from './library-lease';

/**
 * Deletes a library. A job that works on it ends with `library_deleted`.
 * Errors: `library_unknown`, `publish_lost`.
 */
export async function deleteLibrary(
  platform: Platform,
  name: string,
  options: EraseOptions = {},
): Promise<Erased> {
  const erased = await eraseLibrary(platform, name, options);
  await deleteLease(platform.entities, name);
  return erased;
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
