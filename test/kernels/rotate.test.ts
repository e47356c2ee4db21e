import { describe, expect, it } from 'vitest';
import { createKernels, type Kernels } from '../../src/kernels/kernels';
import { normals } from '../support/random-vectors';
import { bytesOf, layOut } from './arena';

const typescript = createKernels({ target: 'typescript' });
const wasm = createKernels({ target: 'wasm-simd128' });

const DIMENSIONS = [1, 2, 3, 4, 5, 7, 8, 11, 64, 65, 100, 127, 384, 1000, 1536, 3072, 4096];

interface Rotated {
  values: Float32Array;
  factors: Float32Array;
  length: number;
  rounds: number;
}

function run(kernels: Kernels, { values, factors, length, rounds }: Rotated): Float32Array {
  const arena = layOut(kernels, [
    { bytes: bytesOf(values), misalignment: 4 },
    { bytes: bytesOf(factors), misalignment: 8 },
  ]);
  const [valuesAt, factorsAt] = arena.offsets as [number, number];
  kernels.rotate(valuesAt, factorsAt, values.length, length, rounds);
  expect(arena.isUntouched()).toBe(true);
  return new Float32Array(kernels.buffer, valuesAt, values.length).slice();
}

function example(dimensions: number, rounds: number): Rotated {
  const next = normals(dimensions + rounds);
  const draw = (length: number) => Float32Array.from({ length }, next);
  const length = 2 ** Math.floor(Math.log2(dimensions));
  return { values: draw(dimensions), factors: draw(rounds * dimensions), length, rounds };
}

/** The oracle: matrices, in double precision. */
function naive({ values, factors, length, rounds }: Rotated): number[] {
  const dimensions = values.length;
  const isOdd = (word: number) => word.toString(2).replaceAll('0', '').length % 2 === 1;
  let current = [...values];
  for (let round = 0; round < rounds; round += 1) {
    current = current.map((value, i) => value * (factors[round * dimensions + i] as number));
    const first = round % 2 === 0 ? 0 : dimensions - length;
    const part = current.slice(first, first + length);
    const transformed = part.map((_, i) =>
      part.reduce((sum, value, j) => sum + (isOdd(i & j) ? -value : value), 0),
    );
    current.splice(first, length, ...transformed);
    if (length === dimensions) continue;
    const half = dimensions >> 1;
    for (let i = 0; i < half; i += 1) {
      const j = i + dimensions - half;
      const [a, b] = [current[i] as number, current[j] as number];
      current[i] = (a + b) * Math.SQRT1_2;
      current[j] = (a - b) * Math.SQRT1_2;
    }
  }
  return current;
}

describe('rotate', () => {
  it.each(DIMENSIONS)('gives the same bits on both targets, %i dimensions', (dimensions) => {
    for (const rounds of [0, 1, 2, 4]) {
      const given = example(dimensions, rounds);
      const bits = (values: Float32Array) => [...new Uint32Array(values.buffer)];
      expect(bits(run(wasm, given))).toEqual(bits(run(typescript, given)));
    }
  });

  it.each(DIMENSIONS.filter((dimensions) => dimensions <= 127))(
    'is factors, transform and mixing in turn, %i dimensions',
    (dimensions) => {
      const given = example(dimensions, 3);
      const expected = naive(given);
      const scale = Math.hypot(...expected);
      for (const kernels of [typescript, wasm]) {
        for (const [i, value] of run(kernels, given).entries()) {
          expect(Math.abs(value - (expected[i] as number))).toBeLessThan(1e-5 * scale + 1e-12);
        }
      }
    },
  );

  it.each([
    ['a length that is no power of two', 12, 12, 'power of two'],
    ['a length of half the dimensions', 8, 4, 'length is 4'],
    ['a length above the dimensions', 8, 16, 'length is 16'],
  ])('refuses %s', (_, dimensions, length, message) => {
    wasm.reserve(4096);
    expect(() => wasm.rotate(0, 1024, dimensions, length, 1)).toThrow(message);
  });
});
