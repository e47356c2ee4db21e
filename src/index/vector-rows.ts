/** Rows of int8 vectors: laying them side by side, taking one out, leaving some out. Pure. */

import { type Int8Vector, quantizeInt8Into } from '../quantization/int8';

/** int8 vectors side by side: vector `row` is `values[row * dimensions + i] * scales[row]`. */
export interface VectorRows {
  dimensions: number;
  count: number;
  /** Float32Array[count] */
  scales: Float32Array;
  /** Int8Array[count x dimensions], row-major. */
  values: Int8Array;
}

/** Copies vectors of the same dimensions into rows, in their order. */
export function toRows(vectors: readonly Int8Vector[], dimensions: number): VectorRows {
  const scales = Float32Array.from(vectors, (vector) => vector.scale);
  const values = new Int8Array(vectors.length * dimensions);
  for (const [row, vector] of vectors.entries()) values.set(vector.values, row * dimensions);
  return { dimensions, count: vectors.length, scales, values };
}

/**
 * Quantizes embeddings of so many dimensions, row by row.
 * Errors: `invariant_violated` for a zero or non-finite vector.
 */
export function quantizeRows(vectors: readonly Float32Array[], dimensions: number): VectorRows {
  const rows = emptyRows(vectors.length, dimensions);
  for (const [row, vector] of vectors.entries()) {
    rows.scales[row] = quantizeInt8Into(vector, rows.values, row * dimensions);
  }
  return rows;
}

/** Rows of zeros, to be filled. */
export function emptyRows(count: number, dimensions: number): VectorRows {
  const scales = new Float32Array(count);
  return { dimensions, count, scales, values: new Int8Array(count * dimensions) };
}

/** Copies one row over another of the same dimensions. */
function copyRow(source: VectorRows, row: number, target: VectorRows, at: number): void {
  const { dimensions } = source;
  const values = source.values.subarray(row * dimensions, (row + 1) * dimensions);
  target.values.set(values, at * dimensions);
  target.scales[at] = source.scales[row] as number;
}

/** Some rows of others, by number and in that order; the same where all are wanted as they are. */
export function pickRows(rows: VectorRows, numbers: Uint32Array): VectorRows {
  const isWhole = numbers.length === rows.count && numbers.every((row, i) => row === i);
  if (isWhole) return rows;
  const picked = emptyRows(numbers.length, rows.dimensions);
  for (const [i, row] of numbers.entries()) copyRow(rows, row, picked, i);
  return picked;
}

/** One row as a vector, sharing the memory of the rows. */
export function rowOf(rows: VectorRows, row: number): Int8Vector {
  const { dimensions } = rows;
  return {
    values: rows.values.subarray(row * dimensions, (row + 1) * dimensions),
    scale: rows.scales[row] as number,
  };
}

/** Writes the dequantized row into `target`, Float32Array[dimensions]. */
export function decodeRow(rows: VectorRows, row: number, target: Float32Array): void {
  const { dimensions, values } = rows;
  const scale = rows.scales[row] as number;
  const at = row * dimensions;
  for (let i = 0; i < dimensions; i += 1) target[i] = scale * (values[at + i] as number);
}
