/** Queries by vector against a library on the local platform, each metered on its own. */

import type { Site } from '../../cli/local-site';
import { readGeneration } from '../../src/index/reader';
import { type CodeCache, loadHeads } from '../../src/index/segment-heads';
import type { Platform } from '../../src/platform/ports';
import { DEFAULT_KNOBS, type VectorKnobs } from '../../src/retrieval/knobs';
import { nearestChunks } from '../../src/retrieval/nearest-chunks';
import { TRUTH_WIDTH } from '../workloads/exact-neighbours';
import { rowOfChunk } from './library';

/** Neighbours asked for. */
export const K = 10;
/** Queries that are run before any is measured, so that the code is compiled; or so long. */
const WARM_UP_QUERIES = 40;
const WARM_UP_MS = 5_000;

/** Finds the rows of the base nearest a query, best first. */
export type RowSearch = (platform: Platform, query: Float32Array) => Promise<number[]>;

/** What one query cost, and which share of the true nearest it found. */
export interface QueryOutcome {
  recall: number;
  readUnits: number;
  roundTrips: number;
  bytesRead: number;
  /** Without the time inside the platform's fetch. */
  computeMs: number;
  /** Posting lists and records that were asked for. */
  lists: number;
  records: number;
}

export interface QueryTask {
  dims: number;
  /** Float32 rows, row-major. */
  queries: Float32Array;
  /** For each query its 100 nearest rows. */
  truth: Int32Array;
}

/** The product's way of a query, with a vector in place of a text. */
export function productSearch(knobs: VectorKnobs = DEFAULT_KNOBS, cache?: CodeCache): RowSearch {
  return (platform, query) =>
    readGeneration(platform, async ({ libraries }) => {
      const heads = await loadHeads(platform.kv, libraries, cache);
      const vectorOf = () => query;
      const asked = { heads, libraries, vectorOf, k: K, knobs, cache };
      const rankings = await nearestChunks(platform.kv, asked);
      return rankings.flat().map(({ record, start }) => rowOfChunk(record.document, start));
    });
}

/**
 * Runs the queries, or the first `countMax` of them, one after another, each as a function of the
 * app with nothing read before.
 */
export async function runQueries(
  site: Site,
  { dims, queries, truth }: QueryTask,
  search: RowSearch,
  countMax = Number.POSITIVE_INFINITY,
): Promise<QueryOutcome[]> {
  const count = Math.min(countMax, queries.length / dims);
  const queryOf = (i: number) => queries.subarray(i * dims, (i + 1) * dims);
  const startedAt = performance.now();
  for (let i = 0; i < WARM_UP_QUERIES && performance.now() - startedAt < WARM_UP_MS; i += 1) {
    await measured(site, search, queryOf(i % count));
  }
  const outcomes: QueryOutcome[] = [];
  for (let i = 0; i < count; i += 1) {
    const { rows, ...cost } = await measured(site, search, queryOf(i));
    const nearest = truth.subarray(i * TRUTH_WIDTH, i * TRUTH_WIDTH + K).filter((row) => row >= 0);
    const found = nearest.filter((row) => rows.includes(row)).length;
    outcomes.push({ ...cost, recall: found / nearest.length });
  }
  return outcomes;
}

async function measured(
  site: Site,
  search: RowSearch,
  query: Float32Array,
): Promise<Omit<QueryOutcome, 'recall'> & { rows: number[] }> {
  const { result, reading } = await site.run('query', async (platform) => {
    const asked = { lists: 0, records: 0 };
    const counting = countingKeys(platform, asked);
    const startedAt = performance.now();
    const rows = await search(counting, query);
    return { rows, asked, ms: performance.now() - startedAt };
  });
  const { readUnits, roundTrips, bytesRead, fetchMs } = reading;
  const computeMs = result.ms - fetchMs;
  return { rows: result.rows, readUnits, roundTrips, bytesRead, computeMs, ...result.asked };
}

/** The platform, counting the posting lists and records that batches ask for. */
function countingKeys(platform: Platform, asked: { lists: number; records: number }): Platform {
  const { kv } = platform;
  return {
    ...platform,
    kv: {
      ...kv,
      batchGet(keys) {
        for (const key of keys) {
          if (key.includes(':p:')) asked.lists += 1;
          else if (key.includes(':r:')) asked.records += 1;
        }
        return kv.batchGet(keys);
      },
    },
  };
}
