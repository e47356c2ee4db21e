import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKernels, type Kernels } from '../../src/kernels/kernels';
import { normals } from '../support/random-vectors';
import { bytesOf, layOut } from './arena';

const typescript = createKernels({ target: 'typescript' });
const wasm = createKernels({ target: 'wasm-simd128' });

const LENGTHS = Array.from({ length: 15 }, (_, i) => 2 ** i);

function transform(kernels: Kernels, values: Float32Array, misalignment = 0): Float32Array {
  const arena = layOut(kernels, [{ bytes: bytesOf(values), misalignment }]);
  const [offset] = arena.offsets as [number];
  kernels.hadamard(offset, values.length);
  expect(arena.isUntouched()).toBe(true);
  return new Float32Array(kernels.buffer, offset, values.length).slice();
}

/** The oracle: the matrix whose entry (i, j) is -1 to the number of bits common to i and j. */
function naiveTransform(values: Float32Array): Float32Array {
  const isOdd = (word: number) => word.toString(2).replaceAll('0', '').length % 2 === 1;
  return values.map((_, i) => values.reduce((sum, x, j) => sum + (isOdd(i & j) ? -x : x), 0));
}

/** Not the zero with a sign, which a sum of zeros loses. */
const smallInteger = (next: () => number) => Math.round(100 * next()) + 0;

const bits = (values: Float32Array) => [...new Uint32Array(values.buffer)];

describe('hadamard', () => {
  it.each(LENGTHS.filter((length) => length <= 512))('is the matrix of order %i', (length) => {
    const next = normals(length);
    // Integers this small add up without rounding, so that the order of additions cannot matter.
    const values = Float32Array.from({ length }, () => smallInteger(next));
    const expected = [...naiveTransform(values)];
    for (const kernels of [typescript, wasm]) {
      expect([...transform(kernels, values)], kernels.target).toEqual(expected);
    }
  });

  it.each(LENGTHS)('gives the same bits on both targets at length %i', (length) => {
    const next = normals(length + 1);
    const values = Float32Array.from({ length }, next);
    for (const misalignment of [0, 4, 8, 12]) {
      const expected = bits(transform(typescript, values, misalignment));
      expect(bits(transform(wasm, values, misalignment))).toEqual(expected);
    }
  });

  it('gives the same bits for any finite values: tiny, huge, and zeros of both signs', () => {
    const value = fc.float({ noNaN: true, min: -(2 ** 100), max: 2 ** 100 });
    const values = fc
      .constantFrom(...LENGTHS.slice(0, 8))
      .chain((length) => fc.array(value, { minLength: length, maxLength: length }));
    fc.assert(
      fc.property(values, (array) => {
        const given = Float32Array.from(array);
        expect(bits(transform(wasm, given))).toEqual(bits(transform(typescript, given)));
      }),
    );
  });

  it('applied twice multiplies by the length', () => {
    const next = normals(7);
    const values = Float32Array.from({ length: 2048 }, () => smallInteger(next));
    expect([...transform(wasm, transform(wasm, values))]).toEqual(
      [...values].map((value) => 2048 * value),
    );
  });
});
