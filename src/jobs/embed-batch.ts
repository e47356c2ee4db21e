/** Embedding a batch: vectors become records under keys of the claim, then the result stands. */

import { estimateTokens } from '../chunking/estimate-tokens';
import { embedMany } from '../embedding/embed-many';
import { hasVectors } from '../embedding/lexical';
import type { EmbeddingProvider } from '../embedding/provider';
import { recordKey } from '../index/keys';
import { embeddedText } from '../index/prepare-document';
import { deleteKeys, writeValues } from '../index/read-values';
import {
  type ChunkRecord,
  decodeRecord,
  encodeRecord,
  NO_VECTOR,
  RECORD_BYTES_PLANNED,
} from '../index/record';
import { itemBytes, type StoredItem } from '../index/stored-item';
import { quantizeRows, rowOf } from '../index/vector-rows';
import type { KeyValueStore } from '../platform/ports';
import type { Int8Vector } from '../quantization/int8';
import type { BatchPlace, Claim } from './claims';
import { type BatchResult, createResult, loadResults, readPresent } from './embedded-records';
import type { JobPlan } from './job';
import { HANDOVER_MS, type JobContext, type Units } from './job-context';
import { claimKey, recordJobId, resultKey } from './job-keys';
import { type AwaitingChunk, batchStarts, readBatch } from './page';

export interface BatchWork extends BatchPlace {
  libraryName: string;
  /** The plan of that number. */
  current: JobPlan;
  claim: Claim;
  provider: EmbeddingProvider;
}

/** What is to be stored of a batch. */
export interface EmbeddedBatch {
  items: StoredItem[];
  result: Omit<BatchResult, 'readUnits' | 'writeUnits' | 'endedAt'>;
  /** Units that the run had used before this batch. */
  unitsBefore: Units;
}

/**
 * Embeds what earlier claims of the batch have not stored yet, and stores nothing. Errors: those of
 * `embedMany`, and of reading the batch.
 */
export async function embedBatch(context: JobContext, work: BatchWork): Promise<EmbeddedBatch> {
  const { platform } = context;
  const unitsBefore = context.used();
  const chunks = await readBatch(platform.kv, work, work.current);
  const claims = await earlierClaims(platform.kv, work, chunks.length);
  const copied = await vectorsTakenOver(platform.kv, work, chunks, claims);
  const missing = chunks.flatMap((_, i) => (claims[i] === undefined ? [i] : []));
  const isAsked = hasVectors(work.provider);
  const embedded = await embedMany({
    provider: work.provider,
    texts: isAsked
      ? missing.map((i) => embeddedText(work.libraryName, chunks[i] as AwaitingChunk))
      : [],
    purpose: 'document',
    sleep: platform.sleep,
    random: platform.random,
    estimateTokens,
    // What came back still has to be stored.
    remainingTimeMs: () => platform.remainingTimeMs() - HANDOVER_MS / 2,
  });
  const vectors = quantizeRows(embedded.vectors, work.provider.dimensions);
  const items = missing.map((i, row) =>
    recordItem(work, i, {
      ...(chunks[i] as AwaitingChunk),
      vector: isAsked ? rowOf(vectors, row) : NO_VECTOR,
    }),
  );
  for (const i of missing) claims[i] = work.claim.number;
  const result = {
    claims: claims as number[],
    embedded: embedded.vectors.length,
    tokens: embedded.tokens.count,
    tokensMeasured: embedded.tokens.measured || embedded.vectors.length === 0,
    calls: embedded.calls,
    retries: embedded.retries,
  };
  return { items: [...copied, ...items], result, unitsBefore };
}

/**
 * Stores the records, and then the result that names them. Of a batch that somebody else has ended
 * meanwhile, those records go that the result of the other does not name.
 */
export async function storeBatch(
  context: JobContext,
  work: BatchWork,
  { items, result, unitsBefore }: EmbeddedBatch,
): Promise<void> {
  const { kv, clock } = context.platform;
  const { jobId, plan, batch, claim } = work;
  await writeValues(kv, items);
  const used = context.used();
  const isFirst = await createResult(kv, resultKey(jobId, plan, batch), {
    ...result,
    readUnits: used.read - unitsBefore.read,
    writeUnits: used.write - unitsBefore.write,
    endedAt: clock(),
  });
  if (isFirst) return;
  const standing = (await loadResults(kv, jobId, plan, [batch])).get(batch);
  // Without a result the job is over, and whoever cleans up after it finds what nothing names.
  if (standing === undefined) return;
  const kept = new Set(
    standing.claims.flatMap((number, i) =>
      number === claim.number ? [recordKeyOf(work, number, i)] : [],
    ),
  );
  await deleteKeys(
    kv,
    items.map(({ key }) => key).filter((key) => !kept.has(key)),
  );
}

/** Deletes all that `storeBatch` may have written of a batch that nobody wants any more. */
export async function discardBatch(
  { platform: { kv } }: JobContext,
  { jobId, plan, batch, claim }: BatchWork,
  { items }: EmbeddedBatch,
): Promise<void> {
  const own = [claimKey(jobId, plan, batch, claim.number), resultKey(jobId, plan, batch)];
  await deleteKeys(kv, [...items.map(({ key }) => key), ...own]);
}

/** Of each chunk, the claim under which it is stored already; undefined where it is not. */
async function earlierClaims(
  kv: KeyValueStore,
  work: BatchWork,
  count: number,
): Promise<(number | undefined)[]> {
  const claims: (number | undefined)[] = Array.from({ length: count }, () => undefined);
  for (const claim of work.claim.before) {
    const open = claims.flatMap((found, i) => (found === undefined ? [i] : []));
    const wanted = open.map((i) => ({
      i,
      key: recordKeyOf(work, claim, i),
      bytes: RECORD_BYTES_PLANNED,
    }));
    const found = await readPresent(kv, wanted);
    for (const { i, key } of wanted) {
      const value = found.get(key);
      if (value === undefined) continue;
      decodeRecord(key, value, work.provider.dimensions);
      claims[i] = claim;
    }
  }
  return claims;
}

/**
 * Takes over vectors that need no provider: those of an import, and those that this job has paid
 * for under the id of a library that another job made first. What was taken over shows in `claims`.
 */
async function vectorsTakenOver(
  kv: KeyValueStore,
  work: BatchWork,
  chunks: readonly AwaitingChunk[],
  claims: (number | undefined)[],
): Promise<StoredItem[]> {
  const taken: StoredItem[] = [];
  const take = (i: number, vector: Int8Vector) => {
    claims[i] = work.claim.number;
    taken.push(recordItem(work, i, { ...(chunks[i] as AwaitingChunk), vector }));
  };
  const wanted = chunks.flatMap(({ source }, i) => {
    if (source === undefined || claims[i] !== undefined) return [];
    if (!('job' in source)) {
      take(i, source);
      return [];
    }
    const key = recordKey(source.library, source.job, source.record);
    return [{ i, key, bytes: RECORD_BYTES_PLANNED }];
  });
  const found = await readPresent(kv, wanted);
  for (const { i, key } of wanted) {
    const value = found.get(key);
    if (value !== undefined) take(i, decodeRecord(key, value, work.provider.dimensions).vector);
  }
  return taken;
}

/** The record of a chunk of the batch, by its place there. */
function recordItem(work: BatchWork, i: number, record: ChunkRecord): StoredItem {
  const key = recordKeyOf(work, work.claim.number, i);
  const value = encodeRecord(key, record);
  return { key, value, bytes: itemBytes(key, value) };
}

function recordKeyOf({ jobId, plan, batch, current }: BatchWork, claim: number, i: number): string {
  const start = batchStarts(current)[batch] as number;
  return recordKey(current.library, recordJobId(jobId, plan, claim), start + i);
}
