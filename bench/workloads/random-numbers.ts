/**
 * Seeded random numbers of the synthetic workloads. Every workload's checksum depends on the order
 * of draws here: a change of this file is a change of all of them.
 */

/** Numbers drawn and thrown away at the start, until the seed has spread over the whole state. */
const WARM_UP_DRAWS = 16;

/** Uniform numbers in [0, 1) by sfc32 (Doty-Humphrey's small fast counter, 128 bits of state). */
export function uniformNumbers(seed: number): () => number {
  let a = 0x9e3779b9 ^ seed;
  let b = (0x243f6a88 + seed) | 0;
  let c = 0xb7e15162 ^ (seed << 7);
  let counter = 1;
  const draw = () => {
    const mixed = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + mixed) | 0;
    return (mixed >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < WARM_UP_DRAWS; i += 1) draw();
  return draw;
}

/** Standard normal numbers by Marsaglia's polar method, two for each accepted pair. */
export function normalNumbers(uniform: () => number): () => number {
  let held = Number.NaN;
  return () => {
    if (!Number.isNaN(held)) {
      const value = held;
      held = Number.NaN;
      return value;
    }
    let x: number;
    let y: number;
    let squared: number;
    do {
      x = uniform() * 2 - 1;
      y = uniform() * 2 - 1;
      squared = x * x + y * y;
    } while (squared >= 1 || squared === 0);
    const factor = Math.sqrt((-2 * Math.log(squared)) / squared);
    held = y * factor;
    return x * factor;
  };
}
