/** The centroid table of a segment's posting lists. */

import { codeBytes, encodeOneBit } from '../quantization/one-bit';
import type { CentroidTable } from './centroid-table';
import type { Clustering } from './encode-rows';
import type { PostingList } from './posting-list';
import { DEFAULT_SEAL_KNOBS, type SealKnobs } from './seal-knobs';

export interface FilledList {
  list: PostingList;
  /** Row numbers of the segment. */
  rows: Uint32Array;
  centroid: number;
  radius: number;
}

/**
 * The table: of each centroid the signs of its first rotated dimensions, relative to the mean, with
 * the factor that makes their product with a query an estimate of the cosine. Leaving dimensions
 * out of a rotated vector is a random projection, so the factor is scaled by their share.
 */
export function tableOf(
  clustering: Clustering,
  lists: readonly FilledList[],
  { tableBitsMax }: SealKnobs = DEFAULT_SEAL_KNOBS,
): CentroidTable {
  const { dimensions } = clustering;
  const bits = codeBytes(Math.min(dimensions, tableBitsMax)) * 8;
  const used = Math.min(bits, dimensions);
  const mean = meanOf(clustering, lists).subarray(0, used);
  const stride = bits / 8;
  const table: CentroidTable = {
    dimensions,
    bits,
    lists: lists.length,
    codes: new Uint8Array(lists.length * stride),
    scales: new Float32Array(lists.length),
    radii: Float32Array.from(lists, ({ radius }) => radius),
    counts: Uint32Array.from(lists, ({ list }) => list.count),
    runs: Uint32Array.from(lists, ({ list }) => list.runs.length),
  };
  const difference = new Float32Array(used);
  for (const [i, { centroid }] of lists.entries()) {
    const decoded = clustering.decoded[centroid] as Float32Array;
    for (let j = 0; j < used; j += 1) {
      difference[j] = (decoded[j] as number) - (mean[j] as number);
    }
    const { factor } = encodeOneBit(difference, mean, table.codes, i * stride);
    table.scales[i] = (factor * dimensions) / used;
  }
  return table;
}

/** The mean of all rows, rotated. */
function meanOf(clustering: Clustering, lists: readonly FilledList[]): Float32Array {
  const mean = new Float32Array(clustering.dimensions);
  const rows = lists.reduce((sum, { list }) => sum + list.count, 0);
  for (const { list, centroid } of lists) {
    const decoded = clustering.decoded[centroid] as Float32Array;
    const share = list.count / rows;
    for (let i = 0; i < mean.length; i += 1) {
      mean[i] = (mean[i] as number) + share * (decoded[i] as number);
    }
  }
  return mean;
}
