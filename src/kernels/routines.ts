/** The kernels as callers see them, and as both targets implement them. */

export type KernelTarget = 'wasm-simd128' | 'typescript';

/** Memory comes in pages, as WebAssembly has them, whatever the target. */
export const PAGE_BYTES = 65_536;

/** What results are written to must not overlap what they are computed from. */
export interface Kernels {
  readonly target: KernelTarget;
  /** The memory that offsets refer to. `reserve` may replace it: take views afterwards. */
  readonly buffer: ArrayBuffer;
  /**
   * Makes sure that bytes [0, bytes) can be used; keeps what is there, and what is new is zero.
   * Never shrinks. Errors: RangeError above `RESERVED_MAX` or when there is no more memory.
   */
  reserve(bytes: number): void;
  /**
   * out[row] = sum over i < dimensions of query[i] * rows[row * dimensions + i], for `count` rows.
   * Operands are int8, 1 to `DIMENSIONS_MAX` of them, at any offset; out is int32[count].
   * Accumulator: int32, exact within that bound.
   */
  dotInt8Rows(query: number, rows: number, count: number, dimensions: number, out: number): void;
  /**
   * out[row] = sum over planes b of w_b * popcount(code[row] AND plane[b]), for `count` rows, where
   * w_b is 2^b and negative for the last plane: the sum, over the bits set in a code, of numbers
   * whose bits in two's complement the planes hold.
   * Codes have `codeBytes` bytes each, 1 to `CODE_BYTES_MAX`, and start `stride` bytes apart.
   * Planes, 1 to `PLANES_MAX`, lie one after another; each has as many bytes and then zeros up to a
   * multiple of 16. Both lie at any offset; out is int32[count]. Accumulator: int32, exact.
   */
  scanOneBit(
    planes: number,
    planeCount: number,
    codes: number,
    codeBytes: number,
    stride: number,
    count: number,
    out: number,
  ): void;
  /**
   * The fast Walsh–Hadamard transform of float32[length] in place, in the order of the Hadamard
   * matrix and without a factor: applied twice it multiplies by `length`, a power of two. Each sum
   * is rounded to float32.
   */
  hadamard(values: number, length: number): void;
  /**
   * Rounds of factors, Hadamard transform and mixing over float32[dimensions] in place. Each round
   * multiplies by its own factors, float32[rounds x dimensions]; transforms the first `length`
   * values in even rounds and the last in odd ones; and, unless `length` is `dimensions`, replaces
   * each pair (a, b) of the two halves by (a + b, a - b) / sqrt(2), where an odd middle stays.
   * `length` is a power of two, `dimensions` at least that and below twice. Each product and sum is
   * rounded to float32.
   */
  rotate(values: number, factors: number, dimensions: number, length: number, rounds: number): void;
  /**
   * The row with the greatest dot(query, row) * scales[row] + bias[row]; of equal ones the lowest.
   * Operands as in `dotInt8Rows`, at least one row; scales and bias are float32[count]. The dot
   * product, the product with its scale and the sum are each rounded to float32. A score that is
   * not a number never wins; row 0 when none wins. Leaves the dot products in out, int32[count].
   */
  nearestRow(
    query: number,
    rows: number,
    count: number,
    dimensions: number,
    scales: number,
    bias: number,
    out: number,
  ): number;
}

/**
 * The kernels of one target without checks: arguments have been checked, and memory grows by pages
 * of zeros, keeping what is there; `buffer` is another one afterwards.
 */
export type Routines = Omit<Kernels, 'reserve'> & { grow(pages: number): void };
