/**
 * The kernels in plain TypeScript: what the WebAssembly ones must equal bit for bit, and what runs
 * where there is no WebAssembly with simd128.
 */

import { dotInt8 } from './dot-int8';
import { PAGE_BYTES, type Routines } from './routines';

/** The kernels over a fresh memory of one page. */
export function createTypescriptRoutines(): Routines {
  let buffer = new ArrayBuffer(PAGE_BYTES);
  return {
    target: 'typescript',
    get buffer() {
      return buffer;
    },
    grow(pages) {
      const grown = new ArrayBuffer(buffer.byteLength + pages * PAGE_BYTES);
      new Uint8Array(grown).set(new Uint8Array(buffer));
      buffer = grown;
    },
    dotInt8Rows: (query, rows, count, dimensions, out) =>
      dotInt8Rows(buffer, query, rows, count, dimensions, out),
    scanOneBit: (planes, planeCount, codes, codeBytes, stride, count, out) => {
      const code = { start: codes, bytes: codeBytes, stride, count };
      scanOneBit(buffer, planes, planeCount, code, out);
    },
    hadamard: (values, length) => hadamard(new Float32Array(buffer, values, length)),
    rotate: (values, factors, dimensions, length, rounds) =>
      rotate(
        new Float32Array(buffer, values, dimensions),
        new Float32Array(buffer, factors, rounds * dimensions),
        { length, rounds },
      ),
    nearestRow: (query, rows, count, dimensions, scales, bias, out) => {
      dotInt8Rows(buffer, query, rows, count, dimensions, out);
      return greatestScore(
        new Int32Array(buffer, out, count),
        new Float32Array(buffer, scales, count),
        new Float32Array(buffer, bias, count),
      );
    },
  };
}

/**
 * out[row] = sum over i < dimensions of query[i] * rows[row * dimensions + i]. Accumulator and safe
 * length are those of `dotInt8`: exact in an int32 up to 131,071 dimensions.
 */
function dotInt8Rows(
  buffer: ArrayBuffer,
  query: number,
  rows: number,
  count: number,
  dimensions: number,
  out: number,
): void {
  const bytes = new Int8Array(buffer);
  const sums = new Int32Array(buffer, out, count);
  for (let row = 0; row < count; row += 1) {
    sums[row] = dotInt8(bytes, query, bytes, rows + row * dimensions, dimensions);
  }
}

interface Codes {
  start: number;
  bytes: number;
  stride: number;
  count: number;
}

/**
 * out[row] = sum over planes b of 2^b * popcount(code[row] AND plane[b]), the last plane negative,
 * from the heaviest down. Accumulator: a double holding an integer of at most 128 * 8 * codes.bytes
 * in size, which fits the int32 it is stored in for all of the 1,052,688 bytes a code may have.
 */
function scanOneBit(
  buffer: ArrayBuffer,
  planes: number,
  planeCount: number,
  codes: Codes,
  out: number,
): void {
  const view = new DataView(buffer);
  const sums = new Int32Array(buffer, out, codes.count);
  const planeBytes = Math.ceil(codes.bytes / 16) * 16;
  for (let row = 0; row < codes.count; row += 1) {
    const code = codes.start + row * codes.stride;
    const heaviest = planeCount - 1;
    let sum = -popcountAnd(view, code, planes + heaviest * planeBytes, codes.bytes);
    for (let b = heaviest - 1; b >= 0; b -= 1) {
      sum = 2 * sum + popcountAnd(view, code, planes + b * planeBytes, codes.bytes);
    }
    sums[row] = sum;
  }
}

/** The number of bits set in both of two byte strings; at most 8 * bytes. */
function popcountAnd(view: DataView, a: number, b: number, bytes: number): number {
  let count = 0;
  const wordsEnd = bytes - (bytes & 3);
  for (let i = 0; i < wordsEnd; i += 4) {
    count += popcount32(view.getInt32(a + i, true) & view.getInt32(b + i, true));
  }
  for (let i = wordsEnd; i < bytes; i += 1) {
    count += popcount32(view.getUint8(a + i) & view.getUint8(b + i));
  }
  return count;
}

/**
 * The number of bits set in 32, by sums of neighbouring fields of 1, 2, 4 and 8 bits.
 *
 * Source: H. S. Warren, "Hacker's Delight", 2nd edition, section 5-1.
 */
function popcount32(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  const bytes = (nibbles + (nibbles >>> 4)) & 0x0f0f0f0f;
  return Math.imul(bytes, 0x01010101) >>> 24;
}

/**
 * The fast Walsh–Hadamard transform in place, without a factor: for half = 1, 2, 4, ... every pair
 * (a, b) that lies half apart in a block of 2 * half becomes (a + b, a - b). Each sum is rounded to
 * float32 when it is stored. Any length that is a power of two.
 */
function hadamard(values: Float32Array): void {
  for (let half = 1; half < values.length; half *= 2) {
    for (let block = 0; block < values.length; block += 2 * half) {
      for (let i = block; i < block + half; i += 1) {
        const a = values[i]!;
        const b = values[i + half]!;
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
}

/**
 * Rounds of factors, transform and mixing; see `Kernels.rotate`. Each product and sum is rounded to
 * float32, the mixing's sums before they are multiplied.
 */
function rotate(
  values: Float32Array,
  factors: Float32Array,
  { length, rounds }: { length: number; rounds: number },
): void {
  const dimensions = values.length;
  const half = dimensions >>> 1;
  const offset = dimensions - half;
  const factor = Math.fround(Math.SQRT1_2);
  for (let round = 0; round < rounds; round += 1) {
    const base = round * dimensions;
    for (let i = 0; i < dimensions; i += 1) values[i] = values[i]! * factors[base + i]!;
    const first = round % 2 === 0 ? 0 : dimensions - length;
    hadamard(values.subarray(first, first + length));
    if (length === dimensions) continue;
    for (let i = 0; i < half; i += 1) {
      const a = values[i]!;
      const b = values[i + offset]!;
      values[i] = Math.fround(a + b) * factor;
      values[i + offset] = Math.fround(a - b) * factor;
    }
  }
}

/**
 * The first index of the greatest dots[i] * scales[i] + bias[i]. The integer, the product and the
 * sum are each rounded to float32. A score that is not a number never wins; 0 when none wins.
 */
function greatestScore(dots: Int32Array, scales: Float32Array, bias: Float32Array): number {
  let best = 0;
  let greatest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < dots.length; i += 1) {
    const product = Math.fround(Math.fround(dots[i]!) * scales[i]!);
    const score = Math.fround(product + bias[i]!);
    if (score > greatest) {
      greatest = score;
      best = i;
    }
  }
  return best;
}
