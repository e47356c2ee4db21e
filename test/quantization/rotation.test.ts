import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createRotation } from '../../src/quantization/rotation';
import { seededRandom } from '../../src/quantization/seeded-random';
import { codeThrownBy } from '../support/error-code';
import { ROOT } from '../support/project-files';
import { randomVectors } from '../support/random-vectors';

const DIMENSIONS = [64, 65, 100, 127, 384, 1_000, 1_536, 4_096];

/** CRC-32 of the bytes that a rotation makes of these numbers, by dimensions. */
const CHECKSUMS: Record<number, number> = {
  64: 1_194_982_975,
  65: 3_914_415_836,
  100: 1_299_131_600,
  127: 3_915_456_468,
  384: 344_229_006,
  1000: 3_073_162_932,
  1536: 1_714_570_304,
  4096: 9_346_198,
};

function rotated(vector: Float32Array): Float32Array {
  const target = new Float32Array(vector.length);
  createRotation(vector.length).apply(vector, target);
  return target;
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Numbers that take no function whose last bit differs from one machine to the next. */
function uniform(dimensions: number): Float32Array {
  const random = seededRandom(dimensions);
  return Float32Array.from({ length: dimensions }, () => random() - 0.5);
}

function oneHot(dimensions: number, at: number): Float32Array {
  const vector = new Float32Array(dimensions);
  vector[at] = 1;
  return vector;
}

describe('the rotation', () => {
  it.each(DIMENSIONS)('keeps norms and dot products in %i dimensions', (dimensions) => {
    const vectors = randomVectors(12, dimensions, dimensions);
    const after = vectors.map(rotated);
    for (const [i, a] of vectors.entries()) {
      for (const [j, b] of vectors.entries()) {
        const found = dot(after[i] as Float32Array, after[j] as Float32Array);
        expect(Math.abs(found - dot(a, b))).toBeLessThan(3e-6);
      }
    }
  });

  it.each([1, 2, 3, 64, 65, 100, 127])('is orthogonal in %i dimensions', (dimensions) => {
    const rows = Array.from({ length: dimensions }, (_, i) => rotated(oneHot(dimensions, i)));
    let worst = 0;
    for (const [i, a] of rows.entries()) {
      for (const [j, b] of rows.entries()) {
        worst = Math.max(worst, Math.abs(dot(a, b) - (i === j ? 1 : 0)));
      }
    }
    expect(worst).toBeLessThan(2e-6);
  });

  it.each(DIMENSIONS)('spreads a single component over all %i dimensions', (dimensions) => {
    for (const at of [0, 1, dimensions >> 1, dimensions - 1]) {
      const spread = rotated(oneHot(dimensions, at));
      const largest = Math.max(...spread.map(Math.abs)) * Math.sqrt(dimensions);
      // Of so many normal numbers the largest is some 3 to 4.5.
      expect(largest).toBeLessThan(6);
      const positive = spread.filter((value) => value >= 0).length / dimensions;
      expect(Math.abs(positive - 0.5)).toBeLessThan(3 / Math.sqrt(dimensions));
    }
  });

  it('takes one array for source and target, and is not disturbed by another rotation', () => {
    for (const dimensions of [65, 384]) {
      const rotation = createRotation(dimensions);
      const vector = uniform(dimensions);
      const expected = rotated(vector);
      const other = createRotation(1_536);
      other.apply(uniform(1_536), new Float32Array(1_536));
      const inPlace = vector.slice();
      rotation.apply(inPlace, inPlace);
      expect(inPlace).toEqual(expected);
      rotation.apply(vector, inPlace);
      expect(inPlace).toEqual(expected);
      expect(vector).toEqual(uniform(dimensions));
    }
  });

  it.each(DIMENSIONS)('is the one of format 0 in %i dimensions', (dimensions) => {
    const { buffer } = rotated(uniform(dimensions));
    expect(crc32(new Uint8Array(buffer))).toBe(CHECKSUMS[dimensions]);
  });

  it.each([[[]], [['--jitless']]])('is the same in another process, also with %j', (flags) => {
    const script = join(import.meta.dirname, 'print-rotation.ts');
    const command = [...flags, '--import', 'tsx', script, ...DIMENSIONS.map(String)];
    const said = execFileSync(process.execPath, command, { cwd: ROOT, stdio: 'pipe' });
    const checksums = JSON.parse(said.toString()) as Record<number, number>;
    expect(checksums).toEqual(CHECKSUMS);
  });

  it.each([0, -1, 1.5, 4_097, Number.NaN])('is not made for %d dimensions', (dimensions) => {
    expect(codeThrownBy(() => createRotation(dimensions))).toBe('invariant_violated');
  });
});
