import { describe, expect, it } from 'vitest';
import { comparePaired, RESAMPLES } from '../../src/evaluation/bootstrap';

const repeated = (values: readonly number[], times: number) =>
  Array.from({ length: times }, () => values).flat();

describe('a paired comparison', () => {
  it('says how far apart the means are, and by which factor', () => {
    const { items, difference, ratio } = comparePaired([0.5, 1, 0], [0.25, 0.5, 0]);
    expect(items).toBe(3);
    expect(difference.value).toBeCloseTo(0.25, 12);
    expect(ratio?.value).toBeCloseTo(2, 12);
    // Every item doubles, so every resample does that has anything to double; else 1.
    expect(ratio?.high).toBeCloseTo(2, 12);
  });

  it('is the same for the same seed, and about the same for another', () => {
    const first = repeated([1, 0, 0.5, 1, 0.25], 9);
    const second = repeated([0.5, 0.5, 0.5, 0, 0], 9);
    const one = comparePaired(first, second);
    expect(comparePaired(first, second)).toEqual(one);
    const other = comparePaired(first, second, { seed: 2 });
    expect(other).not.toEqual(one);
    expect(other.difference.low).toBeCloseTo(one.difference.low, 1);
    expect(other.difference.high).toBeCloseTo(one.difference.high, 1);
  });

  it('keeps items together: a constant gain is certain, however much items differ', () => {
    const second = [0, 0.2, 0.9, 0.4];
    const first = second.map((value) => value + 0.1);
    const { difference, notBetter } = comparePaired(first, second);
    expect(difference.low).toBeCloseTo(0.1, 12);
    expect(difference.high).toBeCloseTo(0.1, 12);
    expect(notBetter).toBe(0);
  });

  it('has the interval of the normal approximation where that holds', () => {
    // 400 differences of 1 or 0, a quarter of them 1: standard error sqrt(0.25 * 0.75 / 400).
    const first = repeated([1, 0, 0, 0], 100);
    const { difference } = comparePaired(
      first,
      first.map(() => 0),
    );
    const half = 1.96 * Math.sqrt((0.25 * 0.75) / 400);
    expect(difference.low).toBeCloseTo(0.25 - half, 2);
    expect(difference.high).toBeCloseTo(0.25 + half, 2);
  });

  it('finds no difference of a run and itself', () => {
    const same = [0.1, 0.9, 0.4];
    const { difference, ratio, notBetter } = comparePaired(same, same);
    expect(difference).toEqual({ value: 0, low: 0, high: 0 });
    expect(ratio).toEqual({ value: 1, low: 1, high: 1 });
    expect(notBetter).toBe(1);
  });

  it('has no ratio to nothing', () => {
    expect(comparePaired([1, 0], [0, 0]).ratio).toBeUndefined();
  });

  it('counts the share of resamples that show no gain', () => {
    // Of two items drawn from two, a gain is missing only when the other is drawn twice.
    const { notBetter } = comparePaired([1, 0], [0, 0]);
    expect(notBetter).toBeCloseTo(0.25, 1);
    expect(notBetter * RESAMPLES).toBe(Math.round(notBetter * RESAMPLES));
  });
});
