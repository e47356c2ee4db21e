import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKernels } from '../../src/kernels/kernels';
import { codeBytes } from '../../src/quantization/one-bit';
import { PLANES, planeBytes, toQueryPlanes } from '../../src/quantization/query-planes';
import { seededRandom } from '../../src/quantization/seeded-random';
import { randomVectors } from '../support/random-vectors';
import { clearSpareBits } from '../support/stored-values';

const DIMENSIONS = [1, 8, 64, 65, 100, 127, 128, 384, 1_000, 1_536, 4_096];

const queries = fc
  .array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1, max: 1 }), {
    minLength: 1,
    maxLength: 300,
  })
  .map((values) => Float32Array.from(values));

/** The levels that the planes hold, in two's complement. */
function levelsOf(planes: Uint8Array, dimensions: number): number[] {
  const bytes = planeBytes(dimensions);
  return Array.from({ length: dimensions }, (_, i) => {
    let level = 0;
    for (let plane = 0; plane < PLANES; plane += 1) {
      const bit = ((planes[plane * bytes + (i >> 3)] as number) >> (i & 7)) & 1;
      level += bit * (plane === PLANES - 1 ? -(2 ** plane) : 2 ** plane);
    }
    return level;
  });
}

describe('a query in planes', () => {
  it('gives back each component within half a step, by levels from -31 to 31', () => {
    fc.assert(
      fc.property(queries, (query) => {
        const { planes, step, sum } = toQueryPlanes(query);
        const levels = levelsOf(planes, query.length);
        for (const [i, value] of query.entries()) {
          expect(Math.abs((levels[i] as number) * step - value)).toBeLessThanOrEqual(
            0.5 * step * (1 + 1e-6),
          );
        }
        expect(Math.max(...levels.map(Math.abs))).toBeLessThanOrEqual(31);
        expect(sum).toBe(levels.reduce((total, level) => total + level, 0));
      }),
    );
  });

  it.each(DIMENSIONS)(
    'has no bit beyond %i dimensions, and planes of whole 16 bytes',
    (dimensions) => {
      const [query] = randomVectors(1, dimensions, dimensions) as [Float32Array];
      const { planes } = toQueryPlanes(query);
      const bytes = planeBytes(dimensions);
      expect(bytes % 16).toBe(0);
      expect(bytes).toBeGreaterThanOrEqual(codeBytes(dimensions));
      expect(planes).toHaveLength(PLANES * bytes);
      for (let plane = 0; plane < PLANES; plane += 1) {
        for (let bit = dimensions; bit < 8 * bytes; bit += 1) {
          const byte = planes[plane * bytes + (bit >> 3)] as number;
          expect((byte >> (bit & 7)) & 1).toBe(0);
        }
      }
    },
  );

  it.each(DIMENSIONS)('scans to the sums of its levels over the set bits in %i', (dimensions) => {
    const [query] = randomVectors(1, dimensions, dimensions + 1) as [Float32Array];
    const { planes } = toQueryPlanes(query);
    const levels = levelsOf(planes, dimensions);
    const size = codeBytes(dimensions);
    const random = seededRandom(dimensions);
    const count = 20;
    const codes = clearSpareBits(
      Uint8Array.from({ length: count * size }, () => Math.floor(random() * 256)),
      dimensions,
    );
    const expected = Array.from({ length: count }, (_, row) =>
      levels.reduce((sum, level, i) => {
        const bit = ((codes[row * size + (i >> 3)] as number) >> (i & 7)) & 1;
        return sum + bit * level;
      }, 0),
    );
    for (const target of ['typescript', 'wasm-simd128'] as const) {
      const kernels = createKernels({ target });
      const outAt = Math.ceil((planes.length + codes.length) / 4) * 4;
      kernels.reserve(outAt + 4 * count);
      const memory = new Uint8Array(kernels.buffer);
      memory.set(planes);
      memory.set(codes, planes.length);
      kernels.scanOneBit(0, PLANES, planes.length, size, size, count, outAt);
      expect([...new Int32Array(kernels.buffer, outAt, count)], target).toEqual(expected);
    }
  });

  it('of zero has no step and no bit', () => {
    const { planes, step, sum } = toQueryPlanes(new Float32Array(100));
    expect([step, sum]).toEqual([0, 0]);
    expect(planes.every((byte) => byte === 0)).toBe(true);
  });

  it('takes the largest component for the end of its scale, whatever its sign', () => {
    const up = toQueryPlanes(Float32Array.of(0.5, 0.25, -0.1));
    const down = toQueryPlanes(Float32Array.of(-0.5, -0.25, 0.1));
    expect(levelsOf(up.planes, 3)).toEqual([31, 16, -6]);
    expect(levelsOf(down.planes, 3)).toEqual([-31, -15, 6]);
    expect(down.step).toBe(up.step);
  });
});
