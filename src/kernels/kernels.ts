/**
 * The hot loops of the index over one linear memory, in WebAssembly SIMD where there is that and in
 * TypeScript elsewhere. Both give the same bits.
 *
 * A caller reserves what it needs, lays its data into `buffer`, and passes offsets; nothing is
 * copied. Offsets count bytes from the start of the memory. A range that ends behind what was
 * reserved is a RangeError, as is any argument outside the bounds stated here.
 */

import { type Kernels, type KernelTarget, PAGE_BYTES, type Routines } from './routines';
import { createTypescriptRoutines } from './typescript-target';
import { createWasmRoutines } from './wasm-target';

export type { Kernels, KernelTarget } from './routines';

/** What one instance can reserve: 1 GiB. */
export const RESERVED_MAX = 1_073_741_824;

/** 2^31 - 1 divided by 128^2: the longest dot product of int8 that an int32 surely holds. */
export const DIMENSIONS_MAX = 131_071;

/** 2^31 - 1 divided by 255 * 8: no weighted count of so long a code is too large for an int32. */
export const CODE_BYTES_MAX = 1_052_688;

export const PLANES_MAX = 8;

/** Kernels read whole steps of 16 bytes, so up to 15 bytes behind the last row. */
const SPARE_BYTES = 16;

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
