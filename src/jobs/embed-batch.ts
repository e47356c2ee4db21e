/**
 * Embedding one batch: its vectors become records under keys of the claim, then its result stands.
 */

import { estimateTokens } from '../chunking/estimate-tokens';
import { embedMany } from '../embedding/embed-many';
import type { EmbeddingProvider } from '../embedding/provider';
import { recordKey } from '../index/keys';
import { embeddedText } from '../index/prepare-document';
import { writeValues } from '../index/read-values';
import {
  type ChunkRecord,
  decodeRecord,
  encodeRecord,
  RECORD_BYTES_PLANNED,
} from '../index/record';
import { itemBytes, type StoredItem } from '../index/stored-item';
import { quantizeRows, rowOf } from '../index/vector-rows';
import { createResult, readPresent } from './embedded-records';
import type { JobPlan } from './job';
import { HANDOVER_MS, type JobContext } from './job-context';
import { recordJobId, resultKey } from './job-keys';
import { type AwaitingChunk, batchStarts, readBatch } from './page';

export interface BatchWork {
  jobId: string;
  /** Number of the plan, and the plan. */
  number: number;
  plan: JobPlan;
  batch: number;
  claim: number;
  provider: EmbeddingProvider;
}

/**
 * Embeds what earlier claims of the batch have not stored yet. Errors: those of `embedMany`, of
 * reading the batch, and of the store; whatever was stored stays for the next claim.
 */
export async function embedBatch(context: JobContext, work: BatchWork): Promise<void> {
  const { platform } = context;
  const before = context.used();
  const chunks = await readBatch(
    platform.kv,
    { jobId: work.jobId, plan: work.number, batch: work.batch },
    work.plan,
  );
  const claims = await earlierClaims(context, work, chunks.length);
  await takeOverVectors(context, work, chunks, claims);
  const missing = chunks.flatMap((_, i) => (claims[i] === undefined ? [i] : []));
  const embedded = await embedMany({
    provider: work.provider,
    texts: missing.map((i) => embeddedText(chunks[i] as AwaitingChunk)),
    purpose: 'document',
    sleep: platform.sleep,
    random: platform.random,
    estimateTokens,
    // What came back still has to be stored.
    remainingTimeMs: () => platform.remainingTimeMs() - HANDOVER_MS / 2,
  });
  await writeRecords(context, work, chunks, missing, embedded.vectors);
  for (const i of missing) claims[i] = work.claim;
  const used = context.used();
  await createResult(platform.kv, resultKey(work.jobId, work.number, work.batch), {
    claims: claims as number[],
    tokens: embedded.tokens.count,
    tokensMeasured: embedded.tokens.measured || missing.length === 0,
    calls: embedded.calls,
    retries: embedded.retries,
    readUnits: used.read - before.read,
    writeUnits: used.write - before.write,
    endedAt: platform.clock(),
  });
  context.observe?.embedded(chunks.length);
}

/** Of each chunk, the claim under which it is stored already; undefined where it is not. */
async function earlierClaims(
  { platform: { kv } }: JobContext,
  work: BatchWork,
  count: number,
): Promise<(number | undefined)[]> {
  const claims: (number | undefined)[] = Array.from({ length: count }, () => undefined);
  for (let claim = 0; claim < work.claim; claim += 1) {
    const keys = Array.from({ length: count }, (_, i) => recordKeyOf(work, claim, i));
    const wanted = keys.map((key) => ({ key, bytes: RECORD_BYTES_PLANNED }));
    const found = await readPresent(kv, wanted);
    for (const [i, key] of keys.entries()) {
      const value = found.get(key);
      if (value === undefined) continue;
      decodeRecord(key, value, work.provider.dimensions);
      claims[i] = claim;
    }
  }
  return claims;
}

/**
 * Takes over vectors that need no provider: those of an import, and those that this job has paid for
 * under the id of a library that another job made first. What was taken over shows in `claims`.
 */
async function takeOverVectors(
  { platform: { kv } }: JobContext,
  work: BatchWork,
  chunks: readonly AwaitingChunk[],
  claims: (number | undefined)[],
): Promise<void> {
  const items: StoredItem[] = [];
  const wanted = chunks.flatMap(({ source }, i) => {
    if (source === undefined || claims[i] !== undefined) return [];
    if (!('job' in source)) {
      items.push(recordItem(work, i, { ...(chunks[i] as AwaitingChunk), vector: source }));
      claims[i] = work.claim;
      return [];
    }
    const key = recordKey(source.library, source.job, source.record);
    return [{ i, key, bytes: RECORD_BYTES_PLANNED }];
  });
  const found = await readPresent(kv, wanted);
  for (const { i, key } of wanted) {
    const value = found.get(key);
    if (value === undefined) continue;
    const { vector } = decodeRecord(key, value, work.provider.dimensions);
    items.push(recordItem(work, i, { ...(chunks[i] as AwaitingChunk), vector }));
    claims[i] = work.claim;
  }
  await writeValues(kv, items);
}

async function writeRecords(
  { platform: { kv } }: JobContext,
  work: BatchWork,
  chunks: readonly AwaitingChunk[],
  missing: readonly number[],
  embedded: readonly Float32Array[],
): Promise<void> {
  const vectors = quantizeRows(embedded, work.provider.dimensions);
  const items = missing.map((i, row) =>
    recordItem(work, i, { ...(chunks[i] as AwaitingChunk), vector: rowOf(vectors, row) }),
  );
  await writeValues(kv, items);
}

/** The record of a chunk of the batch, by its place there. */
function recordItem(work: BatchWork, i: number, record: ChunkRecord): StoredItem {
  const key = recordKeyOf(work, work.claim, i);
  const value = encodeRecord(key, record);
  return { key, value, bytes: itemBytes(key, value) };
}

function recordKeyOf({ jobId, number, plan, batch }: BatchWork, claim: number, i: number): string {
  const start = batchStarts(plan)[batch] as number;
  return recordKey(plan.library, recordJobId(jobId, number, claim), start + i);
}
