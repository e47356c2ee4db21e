import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dotInt8 } from '../../src/kernels/dot-int8';
import { seededRandom } from '../support/local-app';

/** The oracle: one product after the other, in arbitrary precision. */
function naiveDot(a: Int8Array, b: Int8Array): number {
  let sum = 0n;
  for (const [i, value] of a.entries()) sum += BigInt(value) * BigInt(b[i] as number);
  return Number(sum);
}

function randomRow(length: number, random: () => number): Int8Array {
  return Int8Array.from({ length }, () => Math.floor(random() * 256) - 128);
}

describe('dotInt8', () => {
  it.each([0, 1, 2, 3, 4, 5, 7, 8, 384, 1535, 1536, 4095, 4096])(
    'equals a naive loop exactly at %i dimensions',
    (dimensions) => {
      const random = seededRandom(dimensions + 1);
      for (let round = 0; round < 20; round += 1) {
        const a = randomRow(dimensions, random);
        const b = randomRow(dimensions, random);
        expect(dotInt8(a, 0, b, 0, dimensions)).toBe(naiveDot(a, b));
      }
    },
  );

  it('equals a naive loop for any rows at any offsets', () => {
    const values = fc.int8Array({ minLength: 0, maxLength: 70 });
    const offset = fc.nat({ max: 9 });
    fc.assert(
      fc.property(values, values, offset, offset, (left, right, aStart, bStart) => {
        const dimensions = Math.min(left.length, right.length);
        const a = Int8Array.from([...new Array(aStart).fill(99), ...left, 77]);
        const b = Int8Array.from([...new Array(bStart).fill(-99), ...right, -77]);
        const expected = naiveDot(left.slice(0, dimensions), right.slice(0, dimensions));
        expect(dotInt8(a, aStart, b, bStart, dimensions)).toBe(expected);
      }),
    );
  });

  it.each([
    [127, 127],
    [-128, -128],
    [127, -128],
    [-127, 127],
  ])('is exact where every component is %i times %i', (x, y) => {
    const a = new Int8Array(4096).fill(x);
    const b = new Int8Array(4096).fill(y);
    expect(dotInt8(a, 0, b, 0, 4096)).toBe(4096 * x * y);
  });
});
