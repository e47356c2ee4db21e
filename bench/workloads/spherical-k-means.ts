/**
 * Plain spherical k-means, to say how hard a workload is for posting lists. Not the clustering of
 * the index, which this stays independent of.
 */

import { DotProducts, ROWS_AT_A_TIME } from './dot-products';
import { uniformNumbers } from './random-numbers';
import { normalizeRow, sourceOf } from './vector-source';

export interface KMeansOptions {
  lists: number;
  iterations: number;
  seed: number;
}

/** Unit centroids, one after the other; they start as rows of the sample chosen by the seed. */
export async function sphericalKMeans(
  sample: Float32Array,
  dims: number,
  { lists, iterations, seed }: KMeansOptions,
): Promise<Float32Array> {
  const products = await DotProducts.create(dims, lists, 'float32');
  const centroids = new Float32Array(lists * dims);
  for (const [list, row] of distinctRows(sample.length / dims, lists, seed).entries()) {
    centroids.set(sample.subarray(row * dims, (row + 1) * dims), list * dims);
  }
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    products.setColumns(centroids);
    const nearest = nearestColumns(products, sample, dims, lists);
    const isUsed = new Uint8Array(lists);
    for (const list of nearest) isUsed[list] = 1;
    for (let list = 0; list < lists; list += 1) {
      if (isUsed[list]) centroids.fill(0, list * dims, (list + 1) * dims);
    }
    for (const [row, list] of nearest.entries()) {
      for (let i = 0; i < dims; i += 1) {
        const at = list * dims + i;
        centroids[at] = (centroids[at] as number) + (sample[row * dims + i] as number);
      }
    }
    for (let list = 0; list < lists; list += 1) normalizeRow(centroids, list * dims, dims);
  }
  return centroids;
}

/** For each row the column with the greatest product. */
export function nearestColumns(
  products: DotProducts,
  rows: Float32Array,
  dims: number,
  columns: number,
): Int32Array {
  const nearest = new Int32Array(rows.length / dims);
  for (const { first, rows: part } of sourceOf(rows, dims).blocks(ROWS_AT_A_TIME)) {
    const { dots, stride } = products.of(part);
    for (let row = 0; row < part.length / dims; row += 1) {
      let best = 0;
      for (let column = 1; column < columns; column += 1) {
        const isNearer =
          (dots[row * stride + column] as number) > (dots[row * stride + best] as number);
        if (isNearer) best = column;
      }
      nearest[first + row] = best;
    }
  }
  return nearest;
}

/** Distinct numbers below `count`, drawn by the seed. */
function distinctRows(count: number, wanted: number, seed: number): number[] {
  const uniform = uniformNumbers(seed);
  const rows = new Set<number>();
  while (rows.size < Math.min(wanted, count)) rows.add(Math.floor(uniform() * count));
  return [...rows];
}
