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
 * (2009); the sign–Hadamard–mix form for any dimensions follows J. Gao and C. Long, "RaBitQ",
 * SIGMOD 2024 (arXiv 2405.12497), section 3.1, and its successors' implementations.
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
  const { length, factors } = factorsFor(dimensions);
  const kernels = createKernels();
  kernels.reserve((1 + ROUNDS) * dimensions * FLOAT_BYTES);
  const values = new Float32Array(kernels.buffer, 0, dimensions);
  const factorsAt = dimensions * FLOAT_BYTES;
  new Float32Array(kernels.buffer, factorsAt, factors.length).set(factors);
  return {
    dimensions,
    apply(source, target) {
      values.set(source);
      kernels.rotate(0, factorsAt, dimensions, length, ROUNDS);
      target.set(values);
    },
  };
}

interface Factors {
  /** Length of the transform: the largest power of two that is not above the dimensions. */
  length: number;
  /** Float32Array[ROUNDS x dimensions]. */
  factors: Float32Array;
}

/** Constants, made once for each number of dimensions: a query would wait for the numbers. */
const MADE = new Map<number, Factors>();

/** Signs of all rounds; where the transform works, with the factor that it leaves out. */
function factorsFor(dimensions: number): Factors {
  const known = MADE.get(dimensions);
  if (known !== undefined) return known;
  const length = 2 ** Math.floor(Math.log2(dimensions));
  const random = seededRandom(SEED);
  const factors = Float32Array.from({ length: dimensions * ROUNDS }, (_, at) => {
    const isEven = Math.floor(at / dimensions) % 2 === 0;
    const i = (at % dimensions) - (isEven ? 0 : dimensions - length);
    const factor = i >= 0 && i < length ? 1 / Math.sqrt(length) : 1;
    return random() < 0.5 ? -factor : factor;
  });
  const made = { length, factors };
  MADE.set(dimensions, made);
  return made;
}
