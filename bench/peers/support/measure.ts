/** What is measured of one peer on one workload. */

import { percentile } from '../../../src/evaluation/scores';
import { TRUTH_WIDTH } from '../../workloads/exact-neighbours';
import { type PeerAdapter, type PeerIndex, rowsOf } from './adapter';

/** Neighbours asked for. */
const K = 10;
/** Queries that are run before any is timed. */
const WARM_UP_QUERIES = 200;

export interface PeerInput {
  n: number;
  dims: number;
  base: Float32Array;
  queries: Float32Array;
  truth: Int32Array;
}

/** One line of the table; what is missing was not measured, and `note` says why. */
export interface PeerRow {
  workload: string;
  peer: string;
  version: string;
  native: boolean;
  setting?: string;
  buildMs?: number;
  queryP50Ms?: number;
  queryP95Ms?: number;
  'recall@10'?: number;
  bytesPerVector?: number;
  coldUnits?: number;
  /** Resident memory before the build, with the vectors in it, and at its greatest. */
  rssBeforeMb?: number;
  peakRssMb?: number;
  note?: string;
}

/**
 * Builds the index and runs every query. A peer with a knob is turned up until its recall reaches
 * `recallMin`, and timed there.
 */
export async function measurePeer(
  adapter: PeerAdapter,
  workload: string,
  input: PeerInput,
  recallMin: number,
): Promise<PeerRow> {
  const rssBeforeMb = megabytes(process.memoryUsage.rss());
  const startedAt = performance.now();
  const index = await adapter.build(input.base, input.n, input.dims);
  const buildMs = performance.now() - startedAt;
  try {
    const setting = await turnUp(index, input, recallMin);
    const { times, recall } = await runQueries(index, input);
    const peakRssMb = Math.round(process.resourceUsage().maxRSS / 1024);
    const { name, version, isNative } = adapter;
    const { note, ...stored } = await index.stored();
    return {
      workload,
      peer: name,
      version,
      native: isNative,
      ...(setting !== undefined && { setting }),
      buildMs: Math.round(buildMs),
      queryP50Ms: rounded(percentile(times, 0.5)),
      queryP95Ms: rounded(percentile(times, 0.95)),
      'recall@10': rounded(recall),
      ...stored,
      rssBeforeMb,
      peakRssMb,
      ...(note !== undefined && { note }),
    };
  } finally {
    await index.close();
  }
}

/** The setting that was reached: the least with enough recall, or the last. */
async function turnUp(
  { knob, ...index }: PeerIndex,
  input: PeerInput,
  recallMin: number,
): Promise<string | undefined> {
  if (knob === undefined) return undefined;
  let reached = '';
  for (const value of knob.values) {
    knob.set(value);
    reached = `${knob.name} ${value}`;
    if ((await runQueries(index, input)).recall >= recallMin) break;
  }
  return reached;
}

async function runQueries(
  index: Pick<PeerIndex, 'search'>,
  { dims, queries, truth }: PeerInput,
): Promise<{ times: number[]; recall: number }> {
  const vectors = rowsOf(queries, dims);
  for (const query of vectors.slice(0, WARM_UP_QUERIES)) await index.search(query, K);
  const times: number[] = [];
  let found = 0;
  for (const [i, query] of vectors.entries()) {
    const startedAt = performance.now();
    const rows = await index.search(query, K);
    times.push(performance.now() - startedAt);
    const right = truth.subarray(i * TRUTH_WIDTH, i * TRUTH_WIDTH + K);
    found += right.filter((row) => rows.includes(row)).length;
  }
  return { times, recall: found / (vectors.length * K) };
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
