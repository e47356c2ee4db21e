import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GroundworkError } from '../../src/errors';
import { dotInt8 } from '../../src/kernels/dot-int8';
import { quantizeInt8 } from '../../src/quantization/int8';
import { randomVectors } from '../support/random-vectors';

const component = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1, max: 1 });
const vectors = fc
  .array(component, { minLength: 1, maxLength: 300 })
  .map((values) => Float32Array.from(values))
  .filter((vector) => vector.some((value) => Math.abs(value) > 1e-30));

describe('int8 quantization', () => {
  it('gives back each component to within half a step', () => {
    fc.assert(
      fc.property(vectors, (vector) => {
        const { values, scale } = quantizeInt8(vector);
        for (const [i, value] of vector.entries()) {
          const error = Math.abs(value - (values[i] as number) * scale);
          expect(error).toBeLessThanOrEqual(scale * 0.5 * (1 + 1e-4));
        }
      }),
    );
  });

  it('uses the whole range on the largest component and never -128', () => {
    fc.assert(
      fc.property(vectors, (vector) => {
        const { values, scale } = quantizeInt8(vector);
        expect(Math.max(...values.map(Math.abs))).toBe(127);
        expect(values).not.toContain(-128);
        expect(Math.fround(scale)).toBe(scale);
        expect(scale).toBeGreaterThan(0);
      }),
    );
  });

  it('negates the values of a negated vector and keeps its scale', () => {
    for (const vector of randomVectors(50, 97, 3)) {
      const plus = quantizeInt8(vector);
      const minus = quantizeInt8(vector.map((value) => -value));
      expect(minus.scale).toBe(plus.scale);
      // Halves round up on both sides, so they alone may differ; random components have none.
      expect([...minus.values]).toEqual(
        [...plus.values].map((value) => (value === 0 ? 0 : -value)),
      );
    }
  });

  it.each([
    ['zero', [0, 0, 0]],
    ['so small that its scale vanishes', [1e-44, 0, 0]],
    ['NaN in one component', [0.5, Number.NaN, 0.1]],
    ['NaN in the first component', [Number.NaN, 0.5]],
    ['infinite', [0.5, Number.POSITIVE_INFINITY]],
    ['infinite and negative', [Number.NEGATIVE_INFINITY, 0.5]],
    ['without components', []],
  ])('refuses a vector that is %s', (_, values) => {
    let thrown: unknown;
    try {
      quantizeInt8(Float32Array.from(values));
    } catch (error) {
      thrown = error;
    }
    expect(GroundworkError.isInstance(thrown) && thrown.code).toBe('invariant_violated');
  });

  it('estimates cosines of unit vectors to within 0.01 at 384 dimensions', () => {
    const list = randomVectors(60, 384, 11);
    let worst = 0;
    for (const a of list) {
      for (const b of list) {
        const exact = a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
        const [qa, qb] = [quantizeInt8(a), quantizeInt8(b)];
        const dot = dotInt8(qa.values, 0, qb.values, 0, 384);
        worst = Math.max(worst, Math.abs(exact - dot * qa.scale * qb.scale));
      }
    }
    expect(worst).toBeLessThan(0.01);
    expect(worst).toBeGreaterThan(0);
  });
});
