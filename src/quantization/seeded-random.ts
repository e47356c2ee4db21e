/**
 * Uniform numbers from a seed, the same on every machine: for rotations and for sampling, never for
 * secrets.
 *
 * Source: sfc32 of C. Doty-Humphrey's PractRand suite; passes its tests to 2^40 bytes and beyond.
 */
const WARM_UP = 12;

/** A generator of numbers in [0, 1). */
export function seededRandom(seed: number): () => number {
  let a = 0;
  let b = seed | 0;
  let c = ~seed;
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < WARM_UP; i += 1) next();
  return next;
}
