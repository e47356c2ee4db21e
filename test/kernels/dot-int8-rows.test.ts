import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKernels, DIMENSIONS_MAX, type Kernels } from '../../src/kernels/kernels';
import { seededRandom } from '../support/local-app';
import { bytesOf, layOut, randomInt8, resultsOf } from './arena';

const DIMENSIONS = [
  ...Array.from({ length: 200 }, (_, i) => i + 1),
  ...[384, 512, 768, 1000, 1024, 1536, 3072, 4096],
];

const targets = [
  createKernels({ target: 'typescript' }),
  createKernels({ target: 'wasm-simd128' }),
] as const;

interface DotCase {
  query: Int8Array;
  rows: Int8Array;
  count: number;
  queryAt?: number;
  rowsAt?: number;
}

/** The oracle: one product after the other. */
function naiveDots({ query, rows, count }: DotCase): number[] {
  return Array.from({ length: count }, (_, row) =>
    query.reduce((sum, value, i) => sum + value * (rows[row * query.length + i] as number), 0),
  );
}

/** Results are laid between the operands, so that the rows end where the reserved bytes end. */
function runDots(kernels: Kernels, { query, rows, count, queryAt = 0, rowsAt = 0 }: DotCase) {
  const arena = layOut(kernels, [
    { bytes: bytesOf(query), misalignment: queryAt },
    resultsOf(count),
    { bytes: bytesOf(rows), misalignment: rowsAt },
  ]);
  const [queryOffset, out, rowsOffset] = arena.offsets as [number, number, number];
  kernels.dotInt8Rows(queryOffset, rowsOffset, count, query.length, out);
  expect(arena.isUntouched()).toBe(true);
  return [...new Int32Array(kernels.buffer, out, count)];
}

function expectExact(given: DotCase) {
  const expected = naiveDots(given);
  for (const kernels of targets) {
    expect(runDots(kernels, given), kernels.target).toEqual(expected);
  }
}

describe('dotInt8Rows on both targets', () => {
  it('equals a naive loop at every length', () => {
    for (const dimensions of DIMENSIONS) {
      const random = seededRandom(dimensions);
      const count = dimensions % 11;
      const query = randomInt8(dimensions, random);
      expectExact({ query, rows: randomInt8(count * dimensions, random), count });
    }
  });

  it('equals a naive loop for any rows at any offsets', () => {
    const shape = {
      dimensions: fc.integer({ min: 1, max: 300 }),
      count: fc.nat({ max: 13 }),
      seed: fc.nat(),
      queryAt: fc.nat({ max: 15 }),
      rowsAt: fc.nat({ max: 15 }),
    };
    fc.assert(
      fc.property(fc.record(shape), ({ dimensions, count, seed, queryAt, rowsAt }) => {
        const random = seededRandom(seed);
        const query = randomInt8(dimensions, random);
        const rows = randomInt8(count * dimensions, random);
        expectExact({ query, rows, count, queryAt, rowsAt });
      }),
    );
  });

  it.each([0, 1, 2, 3, 4, 5, 7, 8, 9, 1000])('writes %i results and nothing else', (count) => {
    const random = seededRandom(count);
    expectExact({ query: randomInt8(100, random), rows: randomInt8(100 * count, random), count });
  });

  it.each([
    [127, 127],
    [-128, -128],
    [127, -128],
    [-127, 127],
  ])('is exact at the greatest length where every component is %i times %i', (x, y) => {
    const query = new Int8Array(DIMENSIONS_MAX).fill(x);
    const rows = new Int8Array(5 * DIMENSIONS_MAX).fill(y);
    const expected = new Array<number>(5).fill(DIMENSIONS_MAX * x * y);
    for (const kernels of targets) {
      expect(runDots(kernels, { query, rows, count: 5 }), kernels.target).toEqual(expected);
    }
  });
});
