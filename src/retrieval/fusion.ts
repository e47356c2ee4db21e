/**
 * Lexical score and cosine on one scale: standard deviations above what a chunk of the libraries
 * searched gets for this query by chance. A ranking that tells chunks apart weighs more than one
 * that does not, which ranks hide (docs/tried.md). The scale is common to libraries too.
 */

export interface Population {
  count: number;
  mean: number;
  deviation: number;
}

/**
 * Weight of the cosine's deviations against the lexical ones, by provider. Of the built-in model
 * measured, flat from 0.1 to 0.7 (docs/tuning.md). A stronger model deserves more; how much has
 * not been measured.
 */
const VECTOR_WEIGHTS: Readonly<Record<string, number>> = { builtin: 0.3 };
const VECTOR_WEIGHT_DEFAULT = 0.7;

export function vectorWeight(embedder: string): number {
  return VECTOR_WEIGHTS[embedder] ?? VECTOR_WEIGHT_DEFAULT;
}

/** Sums of a population, so that several become one. */
export interface Moments {
  count: number;
  sum: number;
  squares: number;
}

export const NO_MOMENTS: Readonly<Moments> = { count: 0, sum: 0, squares: 0 };

export function addMoments(a: Moments, b: Moments): Moments {
  return { count: a.count + b.count, sum: a.sum + b.sum, squares: a.squares + b.squares };
}

export function momentsOf(values: Iterable<number>): Moments {
  let [count, sum, squares] = [0, 0, 0];
  for (const value of values) {
    count += 1;
    sum += value;
    squares += value * value;
  }
  return { count, sum, squares };
}

export function populationOf({ count, sum, squares }: Moments): Population {
  if (count === 0) return { count, mean: 0, deviation: 0 };
  const mean = sum / count;
  return { count, mean, deviation: Math.sqrt(Math.max(0, squares / count - mean * mean)) };
}

/** Deviations above the mean; 0 where all are alike, to the precision of their sums. */
export function deviations(value: number, { mean, deviation }: Population): number {
  return deviation > 1e-6 ? (value - mean) / deviation : 0;
}
