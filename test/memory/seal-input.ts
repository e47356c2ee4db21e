/** Vectors that parent and child both can make: clusters about seeded centres. */
import { seededRandom } from '../../src/quantization/seeded-random';

export const LIBRARY = '1'.repeat(16);
export const JOB = '2'.repeat(16);
export const CHUNKS_PER_DOCUMENT = 8;
const CENTRES = 200;

/** Float32Array[dimensions] of norm 1: that of a centre and of the row's own noise. */
export function vectorOfRow(row: number, dimensions: number): Float32Array {
  const centre = seededRandom((row >> 3) % CENTRES);
  const own = seededRandom(1_000_003 + row);
  const vector = Float32Array.from(
    { length: dimensions },
    () => centre() + centre() - 1 + 0.8 * (own() + own() - 1),
  );
  let squares = 0;
  for (const component of vector) squares += component * component;
  const scale = 1 / Math.sqrt(squares);
  return vector.map((component) => component * scale);
}
