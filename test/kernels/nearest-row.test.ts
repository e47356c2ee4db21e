import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKernels, type Kernels } from '../../src/kernels/kernels';
import { seededRandom } from '../support/local-app';
import { bytesOf, layOut, randomInt8, resultsOf } from './arena';

const targets = [
  createKernels({ target: 'typescript' }),
  createKernels({ target: 'wasm-simd128' }),
] as const;

interface NearestCase {
  query: Int8Array;
  rows: Int8Array;
  scales: Float32Array;
  bias: Float32Array;
}

/** The oracle, in the operations the kernel promises: one rounding to float32 after each. */
function naiveNearest({ query, rows, scales, bias }: NearestCase) {
  const dots = [...scales].map((_, row) =>
    query.reduce((sum, value, i) => sum + value * (rows[row * query.length + i] as number), 0),
  );
  const scores = dots.map((dot, row) => {
    const product = Math.fround(Math.fround(dot) * (scales[row] as number));
    return Math.fround(product + (bias[row] as number));
  });
  const row = scores.reduce((best, score, i) => {
    const greatest = scores[best] as number;
    return score > greatest || (Number.isNaN(greatest) && !Number.isNaN(score)) ? i : best;
  }, 0);
  return { dots, row: scores.every(Number.isNaN) ? 0 : row };
}

function runNearest(kernels: Kernels, { query, rows, scales, bias }: NearestCase) {
  const arena = layOut(kernels, [
    { bytes: bytesOf(query), misalignment: 3 },
    { bytes: bytesOf(scales), misalignment: 4 },
    { bytes: bytesOf(bias), misalignment: 8 },
    resultsOf(scales.length),
    { bytes: bytesOf(rows), misalignment: 5 },
  ]);
  const [q, s, b, out, r] = arena.offsets as [number, number, number, number, number];
  const row = kernels.nearestRow(q, r, scales.length, query.length, s, b, out);
  expect(arena.isUntouched()).toBe(true);
  return { dots: [...new Int32Array(kernels.buffer, out, scales.length)], row };
}

function expectExact(given: NearestCase) {
  const expected = naiveNearest(given);
  for (const kernels of targets) {
    expect(runNearest(kernels, given), kernels.target).toEqual(expected);
  }
  return expected.row;
}

describe('nearestRow on both targets', () => {
  it('equals a naive loop for any rows, scales and biases', () => {
    const shape = {
      dimensions: fc.integer({ min: 1, max: 80 }),
      count: fc.integer({ min: 1, max: 40 }),
      seed: fc.nat(),
    };
    fc.assert(
      fc.property(fc.record(shape), ({ dimensions, count, seed }) => {
        const random = seededRandom(seed);
        expectExact({
          query: randomInt8(dimensions, random),
          rows: randomInt8(count * dimensions, random),
          scales: Float32Array.from({ length: count }, () => random() / 64),
          bias: Float32Array.from({ length: count }, () => 20 * random() - 10),
        });
      }),
    );
  });

  it('rounds a dot product that float32 does not hold, as long vectors have', () => {
    const random = seededRandom(5);
    const query = new Int8Array(4096).fill(127);
    const rows = Int8Array.from({ length: 64 * 4096 }, () => 127 - Math.floor(random() * 2));
    const scales = new Float32Array(64).fill(0.1);
    const dots = naiveNearest({ query, rows, scales, bias: new Float32Array(64) }).dots;
    expect(dots.some((dot) => Math.fround(dot) !== dot)).toBe(true);
    expectExact({ query, rows, scales, bias: Float32Array.from(scales, random) });
  });

  it('takes the lowest of equal rows', () => {
    const rows = Int8Array.of(1, 2, 5, 6, 5, 6, 5, 6, 0, 0);
    const scales = new Float32Array(5).fill(1);
    const bias = new Float32Array(5);
    expect(expectExact({ query: Int8Array.of(1, 1), rows, scales, bias })).toBe(1);
  });

  it.each([
    ['passes over a score that is not a number', [Number.NaN, 1, Number.NaN, 2], 3],
    ['takes row 0 when no score is a number', [Number.NaN, Number.NaN], 0],
    ['takes row 0 when every score is minus infinity', [-Infinity, -Infinity], 0],
    ['takes the first infinity', [0, Infinity, Infinity], 1],
  ])('%s', (_, bias, row) => {
    const given = {
      query: Int8Array.of(0),
      rows: new Int8Array(bias.length),
      scales: new Float32Array(bias.length).fill(1),
      bias: Float32Array.from(bias),
    };
    expect(expectExact(given)).toBe(row);
  });
});
