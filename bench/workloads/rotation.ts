/**
 * The rotation that hides the axes of the synthetic workloads. Not the one the index uses: that is
 * part of the product and may change, this one is part of the checksums.
 */

import { GroundworkError } from '../../src/errors';
import { uniformNumbers } from './random-numbers';

const ROUNDS = 3;

/**
 * An orthogonal pseudo-random rotation that works in place, for 2^k or 3 * 2^k dimensions. Each
 * round flips signs and applies a Walsh-Hadamard transform; where the dimensions are three blocks
 * of 2^k, a reflection then mixes the blocks.
 */
export function seededRotation(dims: number, seed: number): (x: Float32Array) => void {
  const blocks = dims % 3 === 0 ? 3 : 1;
  const size = dims / blocks;
  if (!Number.isInteger(Math.log2(size))) {
    throw new GroundworkError({
      code: 'workload_dims',
      message: `Synthetic workloads have 2^k or 3 * 2^k dimensions, found ${dims}; choose such a number.`,
      facts: { dims },
    });
  }
  const uniform = uniformNumbers(seed);
  const signs = Array.from({ length: ROUNDS }, () =>
    Float32Array.from({ length: dims }, () => (uniform() < 0.5 ? -1 : 1)),
  );
  return (x) => {
    for (const sign of signs) {
      for (let i = 0; i < dims; i += 1) x[i] = at(x, i) * at(sign, i);
      for (let start = 0; start < dims; start += size) hadamard(x, start, size);
      if (blocks === 3) reflectThirds(x, size);
    }
  };
}

/** Orthonormal Walsh-Hadamard transform of x[start .. start + size), size a power of two. */
function hadamard(x: Float32Array, start: number, size: number): void {
  const end = start + size;
  for (let half = 1; half < size; half *= 2) {
    for (let pair = start; pair < end; pair += 2 * half) {
      for (let i = pair; i < pair + half; i += 1) {
        const upper = at(x, i);
        const lower = at(x, i + half);
        x[i] = upper + lower;
        x[i + half] = upper - lower;
      }
    }
  }
  const scale = 1 / Math.sqrt(size);
  for (let i = start; i < end; i += 1) x[i] = at(x, i) * scale;
}

/** Householder reflection across the three blocks, by the vector (1, 1, 1) / sqrt(3). */
function reflectThirds(x: Float32Array, size: number): void {
  for (let i = 0; i < size; i += 1) {
    const shared = ((at(x, i) + at(x, i + size) + at(x, i + 2 * size)) * 2) / 3;
    x[i] = at(x, i) - shared;
    x[i + size] = at(x, i + size) - shared;
    x[i + 2 * size] = at(x, i + 2 * size) - shared;
  }
}

function at(x: Float32Array, i: number): number {
  return x[i] as number;
}
