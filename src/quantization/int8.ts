/**
 * Symmetric int8 quantization with one scale per vector.
 *
 * A unit vector x becomes values round(x / scale) with scale = max|x_i| / 127, so that
 * x ≈ scale * values. The dot product of two vectors is then estimated by the dot product of their
 * values times both scales; for unit vectors that is their cosine. Per-vector scales suit text
 * embeddings, whose largest component is 0.1 to 0.4 and whose components have no common range.
 * -128 is never produced, so negating a vector negates its values exactly.
 *
 * Source: scalar quantization as in B. Jacob et al., "Quantization and Training of Neural Networks
 * for Efficient Integer-Arithmetic-Only Inference", CVPR 2018 (arXiv 1712.05877), section 2.1,
 * with zero point 0.
 */

import { assertInvariant } from '../errors';

const VALUE_MAX = 127;
const OFFSET = 128;
const ROUNDING = OFFSET + 0.5;

export interface Int8Vector {
  /** Int8Array[dimensions], each in [-127, 127]. */
  values: Int8Array;
  /** Multiply by it to get back the float; positive, exactly representable as float32. */
  scale: number;
}

/** Quantizes one vector. Errors: `invariant_violated` for a zero or non-finite vector. */
export function quantizeInt8(vector: Float32Array): Int8Vector {
  const values = new Int8Array(vector.length);
  return { values, scale: quantizeInt8Into(vector, values, 0) };
}

/**
 * Writes the values of one vector into `target` from `at` on, and returns their scale.
 * Errors: as `quantizeInt8`.
 */
export function quantizeInt8Into(vector: Float32Array, target: Int8Array, at: number): number {
  let maxAbs = 0;
  for (let i = 0; i < vector.length; i += 1) {
    const abs = Math.abs(vector[i] as number);
    // A NaN fails every comparison, so test for "not known to be fine" instead of for NaN.
    if (!(abs <= Number.MAX_VALUE)) maxAbs = Number.POSITIVE_INFINITY;
    else if (abs > maxAbs) maxAbs = abs;
  }
  const scale = Math.fround(maxAbs / VALUE_MAX);
  // A vector so near to zero that its scale vanishes has no direction left either.
  assertInvariant(
    scale > 0 && Number.isFinite(scale),
    `quantizeInt8: largest component is ${maxAbs}, expected a finite non-zero vector; check the provider's answer before quantizing`,
  );
  for (let i = 0; i < vector.length; i += 1) {
    // Truncating a positive number rounds; a branch on the sign would be mispredicted.
    target[at + i] = (((vector[i] as number) / scale + ROUNDING) | 0) - OFFSET;
  }
  return scale;
}
