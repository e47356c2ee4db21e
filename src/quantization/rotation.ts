/**
 * A structured pseudo-random rotation: after it, every dimension of a vector carries about the same
 * share, which is what makes one bit a dimension a good code whatever the model does with its axes.
 *
 * Rounds of random signs and a fast Walsh–Hadamard transform of the largest power of two that fits,
 * over the first and over the last dimensions in turn; between rounds the two halves are mixed by
 * butterflies, so that the ends of a vector meet even where the two transforms hardly overlap.
 * Orthogonal for any dimensions; O(d log d) time, no stored matrix.
 *
 * Source: fast Johnson–Lindenstrauss transform, N. Ailon and B. Chazelle, SIAM J. Comput. 39
 * (2009); the sign–Hadamard–mix form for any dimensions follows J. Gao and C. Long, "RaBitQ", SIGMOD 2024
 * (arXiv 2405.12497), section 3.1, and its successors' implementations.
 */

import { assertInvariant } from '../errors';
import { createKernels } from '../kernels/kernels';
import { seededRandom } from './seeded-random';

/** Changing anything below changes every code: the seed is part of the format version. */
const SEED = 0x47726f75;
const ROUNDS = 4;
const DIMENSIONS_MAX = 4_096;
const FLOAT_BYTES = 4;

export interface Rotation {
  readonly dimensions: number;
  /** Rotates `source` (Float32Array[dimensions]) into `target`, which may be the same array. */
  apply(source: Float32Array, target: Float32Array): void;
}

/** The rotation of all codes of so many dimensions, 1 to 4,096. */
export function createRotation(dimensions: number): Rotation {
  assertInvariant(
    Number.isInteger(dimensions) && dimensions >= 1 && dimensions <= DIMENSIONS_MAX,
    `createRotation: ${dimensions} dimensions, expected 1 to ${DIMENSIONS_MAX}`,
  );
  const length = 2 ** Math.floor(Math.log2(dimensions));
  const isWhole = length === dimensions;
  const firstOf = (round: number) => (round % 2 === 0 ? 0 : dimensions - length);
  const random = seededRandom(SEED);
  // Signs of all rounds; where the transform works, with the factor that it leaves out.
  const signs = Float32Array.from({ length: dimensions * ROUNDS }, (_, at) => {
    const i = (at % dimensions) - firstOf(Math.floor(at / dimensions));
    const factor = i >= 0 && i < length ? 1 / Math.sqrt(length) : 1;
    return random() < 0.5 ? -factor : factor;
  });
  const kernels = createKernels();
  kernels.reserve(dimensions * FLOAT_BYTES);
  const scratch = new Float32Array(kernels.buffer, 0, dimensions);
  return {
    dimensions,
    apply(source, target) {
      scratch.set(source);
      for (let round = 0; round < ROUNDS; round += 1) {
        const base = round * dimensions;
        for (let i = 0; i < dimensions; i += 1) {
          scratch[i] = (scratch[i] as number) * (signs[base + i] as number);
        }
        kernels.hadamard(firstOf(round) * FLOAT_BYTES, length);
        if (!isWhole) mixHalves(scratch);
      }
      target.set(scratch);
    },
  };
}

/** Butterflies between the halves, an orthogonal mixing of pairs; an odd middle stays. */
function mixHalves(values: Float32Array): void {
  const half = values.length >>> 1;
  const offset = values.length - half;
  for (let i = 0; i < half; i += 1) {
    const a = values[i] as number;
    const b = values[i + offset] as number;
    values[i] = (a + b) * Math.SQRT1_2;
    values[i + offset] = (a - b) * Math.SQRT1_2;
  }
}
