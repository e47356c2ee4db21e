/** Base vectors that may be too many to hold: read in blocks of rows, in order. */

/** Rows per block where the caller does not say: 6 MB at 1536 dimensions. */
export const ROWS_PER_BLOCK = 1024;

export interface RowBlock {
  /** Row number of the first vector of the block. */
  first: number;
  /** Float32 rows, row-major. The block's own: it may be kept. */
  rows: Float32Array;
}

export interface VectorSource {
  readonly n: number;
  readonly dims: number;
  /** All rows in order; may be called again, and then starts over. */
  blocks(rowsPerBlock?: number): Iterable<RowBlock>;
}

/** Vectors in memory as a source; its blocks are views of `rows`. */
export function sourceOf(rows: Float32Array, dims: number): VectorSource {
  const n = rows.length / dims;
  return {
    n,
    dims,
    *blocks(rowsPerBlock = ROWS_PER_BLOCK) {
      for (let first = 0; first < n; first += rowsPerBlock) {
        const end = Math.min(n, first + rowsPerBlock);
        yield { first, rows: rows.subarray(first * dims, end * dims) };
      }
    },
  };
}

/** All rows of a source in one array. */
export function wholeOf({ n, dims, blocks }: VectorSource): Float32Array {
  const whole = new Float32Array(n * dims);
  for (const { first, rows } of blocks()) whole.set(rows, first * dims);
  return whole;
}

/** Scales a vector to unit length, in place; a vector of zeros stays as it is. */
export function normalizeRow(rows: Float32Array, start: number, dims: number): void {
  let squared = 0;
  for (let i = start; i < start + dims; i += 1) squared += (rows[i] as number) ** 2;
  if (squared === 0) return;
  const scale = 1 / Math.sqrt(squared);
  for (let i = start; i < start + dims; i += 1) rows[i] = (rows[i] as number) * scale;
}
