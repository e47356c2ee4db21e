/**
 * Whether one setting is better than another on the same items: a paired bootstrap over the items.
 *
 * Source: B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13 (percentile
 * interval); for retrieval T. Sakai, "Evaluating Evaluation Metrics based on the Bootstrap", SIGIR
 * 2006. Items are drawn with replacement, each with both of its scores.
 */

import { seededRandom } from '../quantization/seeded-random';
import { mean } from './scores';

export const RESAMPLES = 10_000;
const SEED = 1;
const LOW = 0.025;
const HIGH = 0.975;

/** A figure with the interval that holds it in 95 of 100 resamples. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
}

export interface PairedComparison {
  items: number;
  /** Mean of the first less that of the second. */
  difference: Estimate;
  /** Mean of the first over that of the second; undefined where the second's mean is 0. */
  ratio: Estimate | undefined;
  /** Share of resamples in which the first is not better. */
  notBetter: number;
}

/**
 * Compares scores of the same items in the same order.
 * Range: at least one item, as many in `second` as in `first`. Deterministic for a seed.
 */
export function comparePaired(
  first: readonly number[],
  second: readonly number[],
  { resamples = RESAMPLES, seed = SEED } = {},
): PairedComparison {
  const items = first.length;
  const random = seededRandom(seed);
  const differences = new Float64Array(resamples);
  const ratios = new Float64Array(resamples);
  let notBetter = 0;
  for (let sample = 0; sample < resamples; sample += 1) {
    let sumFirst = 0;
    let sumSecond = 0;
    for (let draw = 0; draw < items; draw += 1) {
      const item = Math.floor(random() * items);
      sumFirst += first[item] as number;
      sumSecond += second[item] as number;
    }
    differences[sample] = (sumFirst - sumSecond) / items;
    // Nothing over nothing is no change; a first that has something beats a second without end.
    ratios[sample] = sumFirst === sumSecond ? 1 : sumFirst / sumSecond;
    if (sumFirst <= sumSecond) notBetter += 1;
  }
  const [meanFirst, meanSecond] = [mean(first), mean(second)];
  return {
    items,
    difference: estimateOf(meanFirst - meanSecond, differences),
    ratio: meanSecond === 0 ? undefined : estimateOf(meanFirst / meanSecond, ratios),
    notBetter: notBetter / resamples,
  };
}

function estimateOf(value: number, resampled: Float64Array): Estimate {
  const sorted = resampled.sort();
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] as number;
  return { value, low: at(LOW), high: at(HIGH) };
}
