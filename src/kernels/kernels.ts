/**
 * The hot loops of the index over one linear memory, in WebAssembly SIMD where there is that and in
 * TypeScript elsewhere. Both give the same bits.
 *
 * A caller reserves what it needs, lays its data into `buffer`, and passes offsets; nothing is
 * copied. Offsets count bytes from the start of the memory. A range that ends behind what was
 * reserved is a RangeError, as is any argument outside the bounds stated here.
 */

import { type KernelTarget, PAGE_BYTES, type Routines } from './routines';
import { createTypescriptRoutines } from './typescript-target';
import { createWasmRoutines } from './wasm-target';

export type { KernelTarget } from './routines';

/** What one instance can reserve: 1 GiB. */
export const RESERVED_MAX = 1_073_741_824;

/** 2^31 - 1 divided by 128^2: the longest dot product of int8 that an int32 surely holds. */
export const DIMENSIONS_MAX = 131_071;

/** 2^31 - 1 divided by 255 * 8: no weighted count of so long a code is too large for an int32. */
export const CODE_BYTES_MAX = 1_052_688;

export const PLANES_MAX = 8;

/** Kernels read whole steps of 16 bytes, so up to 15 bytes behind the last row. */
const SPARE_BYTES = 16;

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

export interface KernelOptions {
  /** Without it: WebAssembly where it can be had, else TypeScript. */
  target?: KernelTarget;
}

/**
 * Kernels with a memory of their own, all zeros, and nothing reserved. The code is compiled once in
 * a process; what one caller leaves in its memory no other can see. Errors: RangeError when
 * WebAssembly is asked for by name and is missing.
 */
export function createKernels(options: KernelOptions = {}): Kernels {
  const routines = routinesFor(options.target);
  let reserved = 0;
  return {
    target: routines.target,
    get buffer() {
      return routines.buffer;
    },
    reserve(bytes) {
      check('reserve', 'bytes', bytes, 0, RESERVED_MAX);
      const pages = Math.ceil((bytes + SPARE_BYTES - routines.buffer.byteLength) / PAGE_BYTES);
      if (pages > 0) routines.grow(pages);
      reserved = Math.max(reserved, bytes);
    },
    dotInt8Rows(query, rows, count, dimensions, out) {
      checkDot('dotInt8Rows', reserved, { query, rows, count, dimensions, out });
      routines.dotInt8Rows(query, rows, count, dimensions, out);
    },
    scanOneBit(planes, planeCount, codes, codeBytes, stride, count, out) {
      const where = 'scanOneBit';
      check(where, 'planeCount', planeCount, 1, PLANES_MAX);
      check(where, 'codeBytes', codeBytes, 1, CODE_BYTES_MAX);
      check(where, 'stride', stride, codeBytes, RESERVED_MAX);
      check(where, 'count', count, 0, RESERVED_MAX);
      checkRange(where, 'planes', planes, planeCount * Math.ceil(codeBytes / 16) * 16, reserved);
      checkRange(where, 'codes', codes, count && (count - 1) * stride + codeBytes, reserved);
      checkAligned(where, 'out', out, count, reserved);
      routines.scanOneBit(planes, planeCount, codes, codeBytes, stride, count, out);
    },
    hadamard(values, length) {
      check('hadamard', 'length', length, 1, RESERVED_MAX);
      checkPowerOfTwo('hadamard', length);
      checkAligned('hadamard', 'values', values, length, reserved);
      routines.hadamard(values, length);
    },
    rotate(values, factors, dimensions, length, rounds) {
      const where = 'rotate';
      check(where, 'dimensions', dimensions, 1, DIMENSIONS_MAX);
      check(where, 'length', length, Math.floor(dimensions / 2) + 1, dimensions);
      check(where, 'rounds', rounds, 0, RESERVED_MAX);
      checkPowerOfTwo(where, length);
      checkAligned(where, 'values', values, dimensions, reserved);
      checkAligned(where, 'factors', factors, rounds * dimensions, reserved);
      routines.rotate(values, factors, dimensions, length, rounds);
    },
    nearestRow(query, rows, count, dimensions, scales, bias, out) {
      check('nearestRow', 'count', count, 1, RESERVED_MAX);
      checkDot('nearestRow', reserved, { query, rows, count, dimensions, out });
      checkAligned('nearestRow', 'scales', scales, count, reserved);
      checkAligned('nearestRow', 'bias', bias, count, reserved);
      return routines.nearestRow(query, rows, count, dimensions, scales, bias, out);
    },
  };
}

function routinesFor(target: KernelTarget | undefined): Routines {
  if (target === 'typescript') return createTypescriptRoutines();
  const routines = createWasmRoutines();
  if (routines !== undefined) return routines;
  if (target === undefined) return createTypescriptRoutines();
  throw new RangeError(
    `createKernels: target is ${target}, but there is no WebAssembly with simd128 here; leave the target out to get the TypeScript kernels`,
  );
}

interface DotArguments {
  query: number;
  rows: number;
  count: number;
  dimensions: number;
  out: number;
}

function checkDot(where: string, reserved: number, given: DotArguments): void {
  const { query, rows, count, dimensions, out } = given;
  check(where, 'count', count, 0, RESERVED_MAX);
  check(where, 'dimensions', dimensions, 1, DIMENSIONS_MAX);
  checkRange(where, 'query', query, dimensions, reserved);
  checkRange(where, 'rows', rows, count * dimensions, reserved);
  checkAligned(where, 'out', out, count, reserved);
}

/** Errors: RangeError unless the value is an integer from min to max. */
function check(where: string, what: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`${where}: ${what} is ${value}, expected an integer from ${min} to ${max}`);
}

function checkPowerOfTwo(where: string, length: number): void {
  if ((length & (length - 1)) === 0) return;
  throw new RangeError(`${where}: length is ${length}, expected a power of two`);
}

function checkRange(
  where: string,
  what: string,
  offset: number,
  bytes: number,
  reserved: number,
): void {
  if (Number.isInteger(offset) && offset >= 0 && offset + bytes <= reserved) return;
  throw new RangeError(
    `${where}: ${what} takes ${bytes} bytes at ${offset}, but ${reserved} are reserved; reserve more before`,
  );
}

/** For 32-bit elements, which typed arrays can only see at multiples of four. */
function checkAligned(
  where: string,
  what: string,
  offset: number,
  count: number,
  reserved: number,
): void {
  checkRange(where, what, offset, 4 * count, reserved);
  if (offset % 4 === 0) return;
  throw new RangeError(`${where}: ${what} is at ${offset}, expected a multiple of 4`);
}
