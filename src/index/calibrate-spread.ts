/**
 * How far the scores of a segment's rows spread about those of their centroids, found by asking the
 * segment for its own rows: some of the sample are taken as queries, their nearest others are
 * looked up exactly, and the spread is the least with which probing would have read the lists of
 * nearly all of them. No constant fits all libraries: where topics have few chunks, the tenth best
 * hit lies in no cluster at all.
 */

import { createKernels } from '../kernels/kernels';
import type { CentroidTable } from './centroid-table';
import { chooseLists } from './choose-lists';
import { createCoarseScanner } from './coarse-scan';
import { decodeRow, pickRows, type VectorRows } from './vector-rows';

/** Neighbours looked for in all: so many tell shares that differ by one in a hundred, or better. */
const PAIRS_MIN = 600;
const PAIRS_MAX = 3_000;
/** More than the least where the sample is so small that looking is cheap: rows compared in all. */
const COMPARISONS = 600_000;
const NEIGHBOURS = 10;
/** Share of the neighbours whose lists must be read, and the coverage with which it is tried. */
const FOUND_SHARE = 0.96;
/** Of a segment this small every list is cheap, so more is asked. */
const SMALL_ROWS_MAX = 2_000;
const FOUND_SHARE_SMALL = 0.975;
const COVERAGE = 0.985;
const SPREADS = [3, 3.25, 3.5, 3.75, 4, 4.5, 5, 5.5, 6, 7, 8];
const WORD_BYTES = 4;

/** Rows of a segment taken as queries, with the rows that are nearest to each. */
export interface Probes {
  vectors: VectorRows;
  /** Row numbers of the segment: Uint32Array[probes x neighboursPerProbe], nearest first. */
  neighbours: Uint32Array;
}

/**
 * Probes from a sample of a segment. `numbers`: the segment's row numbers of the sample's rows;
 * `rows`: rows of the whole segment. O(probes * sample * dimensions).
 */
export function takeProbes(sample: VectorRows, numbers: Uint32Array, rows: number): Probes {
  // Of a part of the rows, only so many of the nearest are among the nearest ten of all.
  const share = Math.max(1, Math.round((NEIGHBOURS * sample.count) / rows));
  const k = Math.min(share, sample.count - 1);
  const pairs = Math.max(PAIRS_MIN, Math.min(PAIRS_MAX, (COMPARISONS * share) / sample.count));
  const count = Math.min(Math.ceil(pairs / share), sample.count);
  const taken = Uint32Array.from({ length: count }, (_, i) =>
    Math.floor((i * sample.count) / count),
  );
  const neighbours = exactNeighbours(sample, taken, k);
  return {
    vectors: pickRows(sample, taken),
    neighbours: neighbours.map((row) => numbers[row] as number),
  };
}

/**
 * One of `SPREADS`. `listOf`: number of the posting list of each row of the segment.
 * O(probes * lists).
 */
export function calibrateSpread(
  table: CentroidTable,
  probes: Probes,
  listOf: Uint32Array,
  bytes: (list: number) => number,
): number {
  const { vectors, neighbours } = probes;
  const scanner = createCoarseScanner(vectors.dimensions);
  const vector = new Float32Array(vectors.dimensions);
  const perProbe = neighbours.length / vectors.count;
  const queries = Array.from({ length: vectors.count }, (_, i) => {
    decodeRow(vectors, i, vector);
    const scores = scanner.scoreCentroids(scanner.prepare(vector), table);
    const wanted = neighbours.subarray(i * perProbe, (i + 1) * perProbe);
    return { scores, wanted: Array.from(wanted, (row) => listOf[row] as number) };
  });
  const { dimensions, radii, counts } = table;
  const foundShare = (spread: number) => {
    let found = 0;
    for (const { scores, wanted } of queries) {
      const statistics = { dimensions, scores, radii, counts, bytes };
      const chosen = chooseLists(statistics, NEIGHBOURS, { coverage: COVERAGE, spread });
      const read = new Set(chosen);
      found += wanted.filter((list) => read.has(list)).length;
    }
    return found / Math.max(1, neighbours.length);
  };
  const wanted = listOf.length <= SMALL_ROWS_MAX ? FOUND_SHARE_SMALL : FOUND_SHARE;
  return SPREADS.find((spread) => foundShare(spread) >= wanted) ?? (SPREADS.at(-1) as number);
}

/** The k nearest others of some rows, by int8: Uint32Array[taken x k]. */
function exactNeighbours(vectors: VectorRows, taken: Uint32Array, k: number): Uint32Array {
  const { count, dimensions, values, scales } = vectors;
  const kernels = createKernels();
  const queryAt = count * dimensions;
  const outAt = Math.ceil((queryAt + dimensions) / WORD_BYTES) * WORD_BYTES;
  kernels.reserve(outAt + count * WORD_BYTES);
  const memory = new Int8Array(kernels.buffer);
  memory.set(values);
  const dots = new Int32Array(kernels.buffer, outAt, count);
  const nearest = new Uint32Array(taken.length * k);
  for (const [i, row] of taken.entries()) {
    memory.copyWithin(queryAt, row * dimensions, (row + 1) * dimensions);
    kernels.dotInt8Rows(queryAt, 0, count, dimensions, outAt);
    const scores = Float32Array.from(dots, (dot, other) =>
      other === row ? Number.NEGATIVE_INFINITY : dot * (scales[other] as number),
    );
    nearest.set(bestRows(scores, k), i * k);
  }
  return nearest;
}

/** Positions of the k largest, best first. */
function bestRows(scores: Float32Array, k: number): number[] {
  const best: number[] = [];
  for (let row = 0; row < scores.length; row += 1) {
    const score = scores[row] as number;
    const worst = best[k - 1];
    if (worst !== undefined && score <= (scores[worst] as number)) continue;
    let at = Math.min(best.length, k - 1);
    while (at > 0 && (scores[best[at - 1] as number] as number) < score) at -= 1;
    best.splice(at, 0, row);
    if (best.length > k) best.pop();
  }
  return best;
}
