/** Rows of int8 vectors: laying them side by side, taking one out, leaving some out. Pure. */

import type { Int8Vector } from '../quantization/int8';
import type { VectorRows } from './segment';

/** Copies vectors of the same dimensions into rows, in their order. */
export function toRows(vectors: readonly Int8Vector[], dimensions: number): VectorRows {
  const scales = Float32Array.from(vectors, (vector) => vector.scale);
  const values = new Int8Array(vectors.length * dimensions);
  for (const [row, vector] of vectors.entries()) values.set(vector.values, row * dimensions);
  return { dimensions, count: vectors.length, scales, values };
}

/** One row as a vector, sharing the memory of the rows; undefined where there is none. */
export function rowOf(rows: VectorRows | undefined, row: number): Int8Vector | undefined {
  if (rows === undefined || row >= rows.count) return undefined;
  const { dimensions } = rows;
  return {
    values: rows.values.subarray(row * dimensions, (row + 1) * dimensions),
    scale: rows.scales[row] as number,
  };
}

/** A copy without `removed` rows from `first` on. */
export function withoutRows(rows: VectorRows, first: number, removed: number): VectorRows {
  const { dimensions, count } = rows;
  const scales = new Float32Array(count - removed);
  scales.set(rows.scales.subarray(0, first));
  scales.set(rows.scales.subarray(first + removed), first);
  const values = new Int8Array((count - removed) * dimensions);
  values.set(rows.values.subarray(0, first * dimensions));
  values.set(rows.values.subarray((first + removed) * dimensions), first * dimensions);
  return { dimensions, count: count - removed, scales, values };
}
