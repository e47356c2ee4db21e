/** Assignment of vectors to centroids, by the greatest cosine. */

import { createKernels } from '../kernels/kernels';
import type { VectorRows } from './vector-rows';

const WORD_BYTES = 4;

export interface CentroidAssigner {
  /** The centroid whose direction is nearest to an int8 row of `rows`, from `at` on. */
  nearest(rows: Int8Array, at: number): number;
}

/**
 * Lays the centroids out for a kernel once. `centroids`: int8 rows with the scale that makes each a
 * mean vector; only their directions count. A zero centroid is never the nearest of several.
 */
export function createAssigner(centroids: VectorRows): CentroidAssigner {
  const { count, dimensions, values } = centroids;
  const kernels = createKernels();
  const queryAt = count * dimensions;
  const scalesAt = alignedUp(queryAt + dimensions);
  const biasAt = scalesAt + count * WORD_BYTES;
  const outAt = biasAt + count * WORD_BYTES;
  kernels.reserve(outAt + count * WORD_BYTES);
  new Int8Array(kernels.buffer).set(values);
  const query = new Int8Array(kernels.buffer, queryAt, dimensions);
  const scales = new Float32Array(kernels.buffer, scalesAt, count);
  const bias = new Float32Array(kernels.buffer, biasAt, count);
  for (let row = 0; row < count; row += 1) {
    let squares = 0;
    for (let i = row * dimensions; i < (row + 1) * dimensions; i += 1) {
      squares += (values[i] as number) ** 2;
    }
    scales[row] = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    bias[row] = squares > 0 ? 0 : Number.NEGATIVE_INFINITY;
  }
  return {
    nearest(rows, at) {
      query.set(rows.subarray(at, at + dimensions));
      return kernels.nearestRow(queryAt, 0, count, dimensions, scalesAt, biasAt, outAt);
    },
  };
}

function alignedUp(offset: number): number {
  return Math.ceil(offset / WORD_BYTES) * WORD_BYTES;
}
