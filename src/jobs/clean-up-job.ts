/**
 * Deleting what a job wrote for itself: texts that were staged, pages, batches, results and claims;
 * and of what it wrote into the index all that no generation came to name.
 */

import { loadCatalogue, loadManifest } from '../index/catalogue';
import { isDamage } from '../index/envelope';
import {
  documentsKey,
  libraryPrefix,
  MANIFEST_ENTITY,
  recordKey,
  segmentPrefix,
  tombstonesKey,
  workPrefix,
} from '../index/keys';
import { deleteKeys, deletePrefix, isValueMissing } from '../index/read-values';
import type { KeyValueStore, Platform } from '../platform/ports';
import { loadResults, readPresent } from './embedded-records';
import type { JobPlan, JobState } from './job';
import {
  batchKey,
  claimKey,
  jobPrefix,
  pageKey,
  recordJobId,
  resultKey,
  sealedKey,
  segmentIdOf,
} from './job-keys';
import { batchStarts, readPages } from './page';
import { stagedKeys } from './staging';
import { textKeys } from './work-text';

/** A claim is a short value. */
const CLAIM_BYTES_PLANNED = 200;

/**
 * Deletes all of it; repeating it after an interruption goes on. By name first, as listing lags;
 * then by prefix, for what nobody can name any more. Errors: those of the store.
 */
export async function cleanUpJob(
  platform: Pick<Platform, 'kv' | 'entities'>,
  jobId: string,
  state: JobState,
): Promise<void> {
  const { kv } = platform;
  // Also of one that failed or was left alone later on: what it published is live.
  const isPublished = state.generation > 0;
  const last = state.plans.length - 1;
  await deleteRecords(kv, jobId, state, isPublished);
  for (const [number, { library }] of state.plans.entries()) {
    await deletePrefix(kv, workPrefix(library, segmentIdOf(jobId, number)));
    if (isPublished && number === last) continue;
    await deleteSegment(platform, library, segmentIdOf(jobId, number));
    if (!isPublished || library !== state.plans[last]?.library) {
      await deleteUnlisted(platform, library);
    }
  }
  await deleteOwnValues(kv, jobId, state);
}

/** Records that no published chunk stands in. */
async function deleteRecords(
  kv: KeyValueStore,
  jobId: string,
  state: JobState,
  isPublished: boolean,
): Promise<void> {
  const kept = isPublished ? await publishedRecords(kv, jobId, state) : new Set<string>();
  if (kept === undefined) return;
  for (const [number, plan] of state.plans.entries()) {
    const starts = batchStarts(plan);
    const claims = await countClaims(kv, jobId, number, plan);
    const keys = claims.flatMap((count, batch) => {
      const chunks = plan.batches[batch]?.[0] ?? 0;
      return Array.from({ length: count }, (_, claim) => claim).flatMap((claim) =>
        Array.from({ length: chunks }, (_, i) => {
          const place = (starts[batch] ?? 0) + i;
          return recordKey(plan.library, recordJobId(jobId, number, claim), place);
        }),
      );
    });
    await deleteKeys(
      kv,
      keys.filter((key) => !kept.has(key)),
    );
  }
}

/**
 * What the published plan refers to. Undefined when the pages are gone already: an earlier cleaning
 * up has got past the records then. And where they are damaged: what nothing names is found later.
 */
async function publishedRecords(
  kv: KeyValueStore,
  jobId: string,
  state: JobState,
): Promise<Set<string> | undefined> {
  const number = state.plans.length - 1;
  const plan = state.plans[number];
  const kept = new Set<string>();
  if (plan === undefined) return kept;
  try {
    const results = await loadResults(kv, jobId, number, [...plan.batches.keys()]);
    if (results.size < plan.batches.length) return undefined;
    for (const [batch, start] of batchStarts(plan).entries()) {
      for (const [i, claim] of (results.get(batch)?.claims ?? []).entries()) {
        kept.add(recordKey(plan.library, recordJobId(jobId, number, claim), start + i));
      }
    }
    for (const { chunks } of await readPages(kv, jobId, number, plan)) {
      for (const { job, record } of chunks) {
        if (job !== '') kept.add(recordKey(plan.library, job, record));
      }
    }
    return kept;
  } catch (error) {
    if (isValueMissing(error) || isDamage(error)) return undefined;
    throw error;
  }
}

/** How many claims each batch has seen. */
async function countClaims(
  kv: KeyValueStore,
  jobId: string,
  number: number,
  plan: JobPlan,
): Promise<number[]> {
  const counts = plan.batches.map(() => 0);
  let open = [...plan.batches.keys()];
  for (let claim = 0; open.length > 0; claim += 1) {
    const keys = open.map((batch) => claimKey(jobId, number, batch, claim));
    const wanted = keys.map((key) => ({ key, bytes: CLAIM_BYTES_PLANNED }));
    const found = await readPresent(kv, wanted);
    open = open.filter((_, i) => found.has(keys[i] as string));
    for (const batch of open) counts[batch] = claim + 1;
  }
  return counts;
}

/**
 * All of a library that the catalogue does not have: the job made it and never published it, or it
 * was deleted meanwhile. A lane may have written since its claims were deleted, and looking for
 * orphans does not come by here.
 */
export async function deleteUnlisted(
  { kv, entities }: Pick<Platform, 'kv' | 'entities'>,
  libraryId: string,
): Promise<void> {
  const { libraries } = await loadCatalogue(entities);
  if (libraries.some(({ id }) => id === libraryId)) return;
  await deletePrefix(kv, libraryPrefix(libraryId));
  const manifest = await loadManifest(entities, libraryId);
  if (manifest?.generation === 0) await entities.delete(MANIFEST_ENTITY, libraryId);
}

/** Values of a segment that was not published, and what it would have changed in others. */
async function deleteSegment(
  { kv, entities }: Pick<Platform, 'kv' | 'entities'>,
  libraryId: string,
  segmentId: string,
): Promise<void> {
  const manifest = await loadManifest(entities, libraryId);
  const segments = [...(manifest?.segments ?? []), ...(manifest?.previous?.segments ?? [])];
  const changed = segments.flatMap(({ id, documentBytes }) => [
    tombstonesKey(libraryId, id, segmentId),
    ...Array.from({ length: documentBytes.length + 1 }, (_, part) =>
      documentsKey(libraryId, { id, documentsJob: segmentId }, part),
    ),
  ]);
  await deleteKeys(kv, [...new Set(changed)]);
  await deletePrefix(kv, segmentPrefix(libraryId, segmentId));
}

/** Deletes what stands under names of the job, the texts that it was given above all. */
export async function deleteOwnValues(
  kv: KeyValueStore,
  jobId: string,
  state: JobState,
): Promise<void> {
  const named = state.plans.flatMap(({ pages, batches }, number) => [
    ...batches.flatMap(([, ...bytes], batch) => [
      ...textKeys(batchKey(jobId, number, batch), bytes),
      claimKey(jobId, number, batch, 0),
      resultKey(jobId, number, batch),
    ]),
    ...textKeys(sealedKey(jobId, number), state.sealed),
    // Pages last but for the texts: as long as they stand, records can be told apart.
    ...pages.flatMap((bytes, page) => textKeys(pageKey(jobId, number, page), bytes)),
  ]);
  await deleteKeys(kv, await stagedOf(kv, jobId, state));
  await deleteKeys(kv, named);
  await deletePrefix(kv, jobPrefix(jobId));
}

/** Keys of what was staged; none where its lists cannot be read: then the prefix finds it. */
async function stagedOf(kv: KeyValueStore, jobId: string, { calls }: JobState): Promise<string[]> {
  try {
    return await stagedKeys(kv, jobId, calls);
  } catch (error) {
    if (isValueMissing(error) || isDamage(error)) return [];
    throw error;
  }
}
