/**
 * Rows of fewer dimensions: the first so many of the rotated vector. Leaving dimensions of a
 * rotated vector out is a random projection, which keeps dot products up to a small error (W.
 * Johnson and J. Lindenstrauss, 1984), at a part of their cost.
 */

import { quantizeInt8Into } from '../quantization/int8';
import { createRotation } from '../quantization/rotation';
import { decodeRow, emptyRows, type VectorRows } from './vector-rows';

/** Dimensions kept where there are more than twice as many (docs/tuning.md). */
export const PROJECTED_DIMENSIONS = 512;

/** Whether rows of so many dimensions are worth projecting. */
export function isProjected(dimensions: number): boolean {
  return dimensions > 2 * PROJECTED_DIMENSIONS;
}

/** The rows themselves where they have few dimensions, else their projections, in int8. */
export function projectRows(rows: VectorRows): VectorRows {
  const { dimensions, count } = rows;
  if (!isProjected(dimensions)) return rows;
  const rotation = createRotation(dimensions);
  const vector = new Float32Array(dimensions);
  const projected = emptyRows(count, PROJECTED_DIMENSIONS);
  for (let row = 0; row < count; row += 1) {
    decodeRow(rows, row, vector);
    rotation.apply(vector, vector);
    const kept = vector.subarray(0, PROJECTED_DIMENSIONS);
    projected.scales[row] = quantizeInt8Into(kept, projected.values, row * PROJECTED_DIMENSIONS);
  }
  return projected;
}
