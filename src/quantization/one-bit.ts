/**
 * One-bit codes with correction terms: the sign of each dimension of the rotated residual r = x - c
 * of a unit vector x against its centroid c.
 *
 * With s the vector of signs, <q, x> is estimated as <q, c> + offset + factor * <s, q>, where
 *   factor = |r|^2 / sum |r_i|         (so that <s, r> * factor = |r|^2: unbiased over rotations)
 *   offset = <r, c> - factor * <s, c>  (takes the estimate of <r, q> about q = c: exact there)
 * The error is about normal, with the deviation that `ESTIMATE_ERROR` gives.
 *
 * Source: J. Gao and C. Long, "RaBitQ: Quantizing High-Dimensional Vectors with a Theoretical Error
 * Bound for Approximate Nearest Neighbor Search", SIGMOD 2024 (arXiv 2405.12497), sections 3.1-3.2.
 */

/** Correction terms of one code. */
export interface CorrectionTerms {
  factor: number;
  offset: number;
  /** Squared norm of the residual. */
  squaredNorm: number;
}

/**
 * Standard deviation of the estimate, as a share of factor * |q - c|. From the paper's theorem 3.2:
 * |r| * |q - c| * sqrt((1 - a^2) / a^2) / sqrt(d - 1), where factor = |r| / (a * sqrt(d)) and a,
 * the cosine of a rotated residual with its signs, concentrates at sqrt(2 / pi), so that
 * sqrt(1 - a^2) = 0.603.
 */
export const ESTIMATE_ERROR = 0.603;

/** Bytes of one code: a bit a dimension. */
export function codeBytes(dimensions: number): number {
  return (dimensions + 7) >> 3;
}

/**
 * Writes the code of a rotated residual into `codes` from byte `at` on, which must be zero there:
 * bit i % 8 of byte i / 8 is set where residual[i] has no minus sign.
 * `residual`, `centroid`: Float32Array[dimensions], both rotated.
 */
export function encodeOneBit(
  residual: Float32Array,
  centroid: Float32Array,
  codes: Uint8Array,
  at: number,
): CorrectionTerms {
  let squaredNorm = 0;
  let sumAbs = 0;
  let withCentroid = 0;
  let signsWithCentroid = 0;
  // Signs are as good as random, so each is computed with: a branch would be mispredicted half the
  // time, at twice the cost of the whole loop.
  const words = new Int32Array(residual.buffer, residual.byteOffset, residual.length);
  for (let i = 0; i < residual.length; i += 1) {
    const r = residual[i] as number;
    const c = centroid[i] as number;
    const isNegative = (words[i] as number) >>> 31;
    squaredNorm += r * r;
    withCentroid += r * c;
    sumAbs += Math.abs(r);
    signsWithCentroid += c - 2 * isNegative * c;
    const byte = at + (i >> 3);
    codes[byte] = (codes[byte] as number) | ((isNegative ^ 1) << (i & 7));
  }
  const factor = sumAbs > 0 ? squaredNorm / sumAbs : 0;
  return { factor, offset: withCentroid - factor * signsWithCentroid, squaredNorm };
}
