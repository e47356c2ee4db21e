/** What came of the batches of a plan: one value a batch, written once by whoever embedded it. */

import { openValue } from '../index/envelope';
import type { KeySize } from '../index/stored-item';
import { planBatches, toItem } from '../index/stored-item';
import type { JsonValue, KeyValueStore } from '../platform/ports';
import { settleAll } from '../settle-all';
import type { JobPlan } from './job';
import { recordJobId, resultKey } from './job-keys';
import { batchStarts, type RecordPlace } from './page';

export interface BatchResult {
  /** Claim whose records stand for each chunk of the batch, in order. */
  claims: number[];
  /** Chunks that the provider was asked for; the others had vectors already. */
  embedded: number;
  tokens: number;
  tokensMeasured: boolean;
  calls: number;
  retries: number;
  readUnits: number;
  writeUnits: number;
  endedAt: number;
}

/** 256 chunks and some counters. */
const RESULT_BYTES_PLANNED = 2_000;

/** Stores a result unless there is one: the first to end a batch decides which records stand. */
export async function createResult(
  kv: KeyValueStore,
  key: string,
  result: BatchResult,
): Promise<boolean> {
  return kv.create(key, toItem('work', key, JSON.stringify(result)).value);
}

/** Results that a look at a job reads on their own; what batches lag behind is found bit by bit. */
const GETS_MAX = 25;

/**
 * Results that are there, by number of the batch. As a batch of reads may lag behind, those missing
 * from it are read on their own, unless they are more than `getsMax`. Errors: `value_corrupt`.
 */
export async function loadResults(
  kv: KeyValueStore,
  jobId: string,
  plan: number,
  batches: readonly number[],
  getsMax = GETS_MAX,
): Promise<Map<number, BatchResult>> {
  const wanted = batches.map((batch) => ({
    batch,
    key: resultKey(jobId, plan, batch),
    bytes: RESULT_BYTES_PLANNED,
  }));
  const values = await readPresent(kv, wanted);
  const missing = wanted.filter(({ key }) => !values.has(key));
  if (missing.length <= getsMax) {
    await settleAll(
      missing.map(async ({ key }) => {
        const value = await kv.get(key);
        if (value !== undefined) values.set(key, value);
      }),
    );
  }
  const results = new Map<number, BatchResult>();
  for (const { batch, key } of wanted) {
    const value = values.get(key);
    if (value === undefined) continue;
    // The checksum has vouched for the bytes, and only this file writes them.
    results.set(batch, JSON.parse(openValue('work', key, value)) as BatchResult);
  }
  return results;
}

/** Reads the keys that are there; one that is missing may have come late. */
export async function readPresent(
  kv: KeyValueStore,
  wanted: readonly KeySize[],
): Promise<Map<string, JsonValue>> {
  const batches = planBatches(wanted);
  const answers = await settleAll(batches.map((batch) => kv.batchGet(batch.map(({ key }) => key))));
  return new Map(answers.flatMap((answer) => [...answer]));
}

/** Of every place among the chunks that await a vector, the record it got, where it has one. */
export async function embeddedRecords(
  kv: KeyValueStore,
  jobId: string,
  number: number,
  plan: JobPlan,
  getsMax = GETS_MAX,
): Promise<Map<number, RecordPlace>> {
  const results = await loadResults(kv, jobId, number, [...plan.batches.keys()], getsMax);
  const records = new Map<number, RecordPlace>();
  for (const [batch, start] of batchStarts(plan).entries()) {
    const { claims = [] } = results.get(batch) ?? {};
    for (const [i, claim] of claims.entries()) {
      records.set(start + i, {
        library: plan.library,
        job: recordJobId(jobId, number, claim),
        record: start + i,
      });
    }
  }
  return records;
}
