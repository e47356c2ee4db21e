/** Seeded vectors for tests: unit norm, as embeddings are. */
import { seededRandom } from './local-app';

/** Standard normal numbers by Box and Muller's method. */
export function normals(seed: number): () => number {
  const random = seededRandom(seed);
  return () => {
    const radius = Math.sqrt(-2 * Math.log(1 - random()));
    return radius * Math.cos(2 * Math.PI * random());
  };
}

export function unit(vector: ArrayLike<number>): Float32Array {
  const norm = Math.hypot(...Array.from(vector));
  return Float32Array.from(vector, (value) => value / norm);
}

/** Float32Array[count] of unit vectors without structure. */
export function randomVectors(count: number, dimensions: number, seed: number): Float32Array[] {
  const next = normals(seed);
  return Array.from({ length: count }, () => unit(Array.from({ length: dimensions }, next)));
}

/** Unit vectors around `clusters` centres, `spread` wide. */
export function clusteredVectors(
  count: number,
  dimensions: number,
  options: { seed: number; clusters: number; spread: number },
): Float32Array[] {
  const { seed, clusters, spread } = options;
  const centres = randomVectors(clusters, dimensions, seed);
  const next = normals(seed + 1);
  return Array.from({ length: count }, (_, i) => {
    const centre = centres[i % clusters] as Float32Array;
    const width = spread / Math.sqrt(dimensions);
    return unit(Array.from(centre, (value) => value + width * next()));
  });
}
