/**
 * Four bits a dimension: how a posting list keeps the centroid that its residuals are taken from.
 *
 * Component i is (nibble - 7.5) * scale: sixteen even steps about zero, with the step that has the
 * least mean squared error for normal components, which those of a rotated vector are. Residuals
 * are taken from the decoded centroid, so its error (1 % of its squared norm) only makes residuals
 * a little longer and no estimate wrong.
 *
 * Source: J. Max, "Quantizing for Minimum Distortion", IRE Transactions on Information Theory 6
 * (1960), table II: step 0.3352 standard deviations for 16 equal levels.
 */

const STEP_PER_DEVIATION = 0.3352;
const MIDDLE = 7.5;
const NIBBLE_MAX = 15;

export interface FourBitVector {
  scale: number;
  /** Uint8Array[ceil(dimensions / 2)], two dimensions a byte, the low nibble first. */
  nibbles: Uint8Array;
}

export function nibbleBytes(dimensions: number): number {
  return (dimensions + 1) >> 1;
}

/** Encodes a rotated vector, Float32Array[dimensions]. A zero vector has scale 0. */
export function encodeFourBit(vector: Float32Array): FourBitVector {
  let squaredNorm = 0;
  for (const component of vector) squaredNorm += component * component;
  const deviation = Math.sqrt(squaredNorm / vector.length);
  const scale = Math.fround(deviation * STEP_PER_DEVIATION);
  const nibbles = new Uint8Array(nibbleBytes(vector.length));
  for (let i = 0; i < vector.length; i += 1) {
    const level = scale > 0 ? Math.round((vector[i] as number) / scale + MIDDLE) : 0;
    const nibble = Math.max(0, Math.min(NIBBLE_MAX, level));
    nibbles[i >> 1] = (nibbles[i >> 1] as number) | (nibble << ((i & 1) * 4));
  }
  return { scale, nibbles };
}

/** Writes the decoded components into `target`, Float32Array[dimensions]. */
export function decodeFourBit({ scale, nibbles }: FourBitVector, target: Float32Array): void {
  for (let i = 0; i < target.length; i += 1) {
    const nibble = ((nibbles[i >> 1] as number) >> ((i & 1) * 4)) & NIBBLE_MAX;
    target[i] = (nibble - MIDDLE) * scale;
  }
}

/** Sum of the squares of both components of a byte of nibbles, in units of the scale. */
const SQUARES = Float64Array.from(
  { length: 256 },
  (_, byte) => ((byte & 15) - MIDDLE) ** 2 + ((byte >> 4) - MIDDLE) ** 2,
);

/**
 * Dot product of a rotated vector with an encoded one, and the squared norm of the latter.
 * `total`: sum of the components of `rotated`.
 */
export function fourBitProducts(
  { rotated, total }: { rotated: Float32Array; total: number },
  { scale, nibbles }: FourBitVector,
): { dot: number; squaredNorm: number } {
  const pairs = rotated.length >> 1;
  let low = 0;
  let high = 0;
  let squares = 0;
  for (let i = 0; i < pairs; i += 1) {
    const byte = nibbles[i] as number;
    low += (byte & 15) * (rotated[2 * i] as number);
    high += (byte >> 4) * (rotated[2 * i + 1] as number);
    squares += SQUARES[byte] as number;
  }
  if (rotated.length % 2 === 1) {
    // The high nibble of the last byte belongs to no dimension.
    const nibble = nibbles[pairs] as number;
    low += nibble * (rotated[2 * pairs] as number);
    squares += (nibble - MIDDLE) ** 2;
  }
  const dot = scale * (low + high - MIDDLE * total);
  return { dot, squaredNorm: squares * scale * scale };
}
