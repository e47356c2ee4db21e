import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFourBit, encodeFourBit, nibbleBytes } from '../../src/quantization/four-bit';
import { createRotation } from '../../src/quantization/rotation';
import { randomVectors } from '../support/random-vectors';

const vectors = fc
  .array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1, max: 1 }), {
    minLength: 1,
    maxLength: 130,
  })
  .map((values) => Float32Array.from(values))
  .filter((vector) => vector.some((value) => Math.abs(value) > 1e-15));

function decoded(vector: Float32Array): { values: Float32Array; scale: number } {
  const encoded = encodeFourBit(vector);
  const values = new Float32Array(vector.length);
  decodeFourBit(encoded, values);
  return { values, scale: encoded.scale };
}

describe('four bits a dimension', () => {
  it('give back each component within half a step, or the end of the scale', () => {
    fc.assert(
      fc.property(vectors, (vector) => {
        const { values, scale } = decoded(vector);
        for (const [i, value] of vector.entries()) {
          const end = 7.5 * scale;
          const clipped = Math.max(-end, Math.min(end, value));
          const error = Math.abs((values[i] as number) - clipped);
          expect(error).toBeLessThanOrEqual(0.5 * scale * (1 + 1e-5));
        }
      }),
    );
  });

  it.each([64, 100, 384, 1_536])('lose about 1.15 % of the squared norm in %i', (dimensions) => {
    const rotation = createRotation(dimensions);
    let [lost, whole] = [0, 0];
    for (const vector of randomVectors(100, dimensions, dimensions)) {
      rotation.apply(vector, vector);
      const { values } = decoded(vector);
      for (const [i, value] of vector.entries()) {
        lost += (value - (values[i] as number)) ** 2;
        whole += value ** 2;
      }
    }
    // Max (1960): 0.01154 for normal components.
    expect(lost / whole).toBeGreaterThan(0.0105);
    expect(lost / whole).toBeLessThan(0.0125);
  });

  it('stand two to a byte, the low nibble first, and leave an odd last one 0', () => {
    const vector = new Float32Array(99).fill(0.001);
    vector.set([1, -1, -1, 1]);
    // The four are beyond the ends of the scale, the others just above its middle.
    const { nibbles } = encodeFourBit(vector);
    expect(nibbles).toHaveLength(50);
    expect([...nibbles.subarray(0, 3)]).toEqual([0x0f, 0xf0, 0x88]);
    expect(nibbles[49]).toBe(0x08);
    expect([1, 2, 3, 64, 65].map(nibbleBytes)).toEqual([1, 1, 2, 32, 33]);
  });

  it('have a scale that a float32 holds', () => {
    fc.assert(
      fc.property(vectors, (vector) => {
        const { scale } = encodeFourBit(vector);
        expect(Math.fround(scale)).toBe(scale);
        expect(scale).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('of a zero vector decode to zero', () => {
    const { values, scale } = decoded(new Float32Array(65));
    expect(scale).toBe(0);
    expect([...values].every((value) => value === 0)).toBe(true);
  });

  it('turn with the vector: the negated one decodes to the negated', () => {
    for (const vector of randomVectors(20, 97, 3)) {
      const plus = decoded(vector);
      const negated = decoded(vector.map((value) => -value));
      expect(negated.scale).toBe(plus.scale);
      expect(negated.values).toEqual(plus.values.map((value) => -value));
    }
  });
});
