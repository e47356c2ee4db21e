/**
 * Spherical k-means over a sample of int8 vectors: which centroids a segment's posting lists have.
 *
 * Vectors are assigned by cosine to the direction of a centroid, which is the mean of its members.
 * Between rounds the clusters are balanced: one that would outgrow its posting list is split in
 * two, one with hardly a member is dissolved, and its members go to the next nearest.
 *
 * Source: I. S. Dhillon and D. S. Modha, "Concept Decompositions for Large Sparse Text Data Using
 * Clustering", Machine Learning 42 (2001).
 */

import { assertInvariant } from '../errors';
import { quantizeInt8 } from '../quantization/int8';
import { createAssigner } from './nearest-centroid';
import { projectRows } from './project-rows';
import { pickRows, toRows, type VectorRows } from './vector-rows';

/**
 * Rounds of assignment and update, each by the part of the sample it uses: the first rounds only
 * spread the centroids out, for which a part will do (docs/tuning.md).
 */
const ROUND_SHARES = [0.25, 0.5, 1];
/** A cluster whose share of the sample is below this part of the mean is dissolved. */
const DISSOLVED_BELOW = 1 / 8;

export interface TrainingOptions {
  /** Centroids wanted; balancing may end at a few more or less. */
  lists: number;
  /** Largest share of all vectors that one cluster may have, 0 to 1. */
  shareMax: number;
  /** Uniform in [0, 1), seeded: the same sample gives the same centroids. */
  random: () => number;
}

/**
 * Centroids of a sample, as int8 rows whose scale makes each the mean of its members.
 * Errors: `invariant_violated` for an empty sample.
 */
export function trainCentroids(sample: VectorRows, options: TrainingOptions): VectorRows {
  const { count } = sample;
  assertInvariant(count > 0, 'trainCentroids: the sample is empty');
  const order = shuffled(count, options.random);
  const lists = Math.min(options.lists, count);
  // Only the last means are of whole vectors; what leads there is as good in fewer dimensions.
  const projected = projectRows(sample);
  let groups = Array.from(order.subarray(0, lists), (row) => [row]);
  for (const [round, share] of ROUND_SHARES.entries()) {
    const centroids = meansOf(projected, groups);
    const used = order.subarray(0, Math.max(lists, Math.ceil(share * count)));
    const part = pickRows(projected, used);
    const members = assignAll(part, centroids);
    const isLast = round === ROUND_SHARES.length - 1;
    const balanced = isLast ? members : balance(part, members, { ...options, lists });
    groups = balanced.map((group) => group.map((i) => used[i] as number));
  }
  return meansOf(sample, groups);
}

/** The mean of each group that has a member. */
function meansOf(rows: VectorRows, groups: readonly number[][]): VectorRows {
  const filled = groups.filter((group) => group.length > 0);
  return toRows(
    filled.map((group) => meanOf(rows, group)),
    rows.dimensions,
  );
}

/** Row numbers in random order (Fisher and Yates). */
function shuffled(count: number, random: () => number): Uint32Array {
  const rows = Uint32Array.from({ length: count }, (_, row) => row);
  for (let i = count - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    const row = rows[i] as number;
    rows[i] = rows[j] as number;
    rows[j] = row;
  }
  return rows;
}

/** Rows of the sample by the centroid that is nearest to them. */
function assignAll(sample: VectorRows, centroids: VectorRows): number[][] {
  const assigner = createAssigner(centroids);
  const members: number[][] = Array.from({ length: centroids.count }, () => []);
  for (let row = 0; row < sample.count; row += 1) {
    members[assigner.nearest(sample.values, row * sample.dimensions)]?.push(row);
  }
  return members;
}

function balance(
  sample: VectorRows,
  members: readonly number[][],
  { lists, shareMax, random }: TrainingOptions,
): number[][] {
  const sizeMax = Math.max(1, Math.floor(shareMax * sample.count));
  const sizeMin = (DISSOLVED_BELOW * sample.count) / lists;
  const kept = members.filter((group) => group.length >= sizeMin);
  const groups: number[][] = [];
  for (const group of kept) groups.push(...split(sample, group, { sizeMax, random }));
  // What was dissolved makes room for halving the largest.
  while (groups.length < lists) {
    const largest = groups.reduce(
      (best, group, i) => (sizeOf(groups, best) < group.length ? i : best),
      0,
    );
    const group = groups[largest] as number[];
    if (group.length < 2) break;
    groups.splice(largest, 1, ...halve(sample, group, random));
  }
  return groups;
}

function sizeOf(groups: readonly number[][], i: number): number {
  return groups[i]?.length ?? 0;
}

/** The group in halves until each is small enough. */
function split(
  sample: VectorRows,
  group: number[],
  options: { sizeMax: number; random: () => number },
): number[][] {
  if (group.length <= options.sizeMax || group.length < 2) return [group];
  return halve(sample, group, options.random).flatMap((half) => split(sample, half, options));
}

/** Two groups about two members; equal vectors, which no centroid tells apart, by number. */
function halve(sample: VectorRows, group: readonly number[], random: () => number): number[][] {
  const rows = pickRows(sample, Uint32Array.from(group));
  const first = Math.floor(random() * group.length);
  const second = (first + 1 + Math.floor(random() * (group.length - 1))) % group.length;
  const two = pickRows(rows, Uint32Array.of(first, second));
  const halves = assignAll(rows, two).map((half) => half.map((i) => group[i] as number));
  if (halves.every((half) => half.length > 0)) return halves;
  const middle = group.length >> 1;
  return [group.slice(0, middle), group.slice(middle)];
}

/** The mean of some rows, in int8; of rows that cancel out, the first. */
function meanOf(sample: VectorRows, group: readonly number[]) {
  const { dimensions, values, scales } = sample;
  const sum = new Float32Array(dimensions);
  for (const row of group) {
    const scale = (scales[row] as number) / group.length;
    const at = row * dimensions;
    for (let i = 0; i < dimensions; i += 1) {
      sum[i] = (sum[i] as number) + scale * (values[at + i] as number);
    }
  }
  if (sum.some((component) => Math.abs(component) > 1e-20)) return quantizeInt8(sum);
  const first = group[0] as number;
  const at = first * dimensions;
  return { values: values.slice(at, at + dimensions), scale: scales[first] as number };
}
