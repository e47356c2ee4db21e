import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addMoments,
  deviations,
  momentsOf,
  NO_MOMENTS,
  populationOf,
  vectorWeight,
} from '../../src/retrieval/fusion';

const numbers = fc.array(fc.float({ min: -9, max: 9, noNaN: true, noDefaultInfinity: true }), {
  maxLength: 50,
});

describe('a population', () => {
  it('has the mean and the deviation of its values', () => {
    expect(populationOf(momentsOf([1, 3]))).toEqual({ count: 2, mean: 2, deviation: 1 });
    expect(populationOf(momentsOf([5]))).toEqual({ count: 1, mean: 5, deviation: 0 });
    expect(populationOf(NO_MOMENTS)).toEqual({ count: 0, mean: 0, deviation: 0 });
  });

  it('of several is that of all their values together', () => {
    fc.assert(
      fc.property(fc.array(numbers, { maxLength: 5 }), (lists) => {
        const joined = lists.map(momentsOf).reduce(addMoments, NO_MOMENTS);
        const whole = populationOf(momentsOf(lists.flat()));
        const found = populationOf(joined);
        expect(found.count).toBe(whole.count);
        expect(found.mean).toBeCloseTo(whole.mean, 6);
        expect(found.deviation ** 2).toBeCloseTo(whole.deviation ** 2, 6);
      }),
    );
  });
});

describe('deviations', () => {
  it('are counted from the mean', () => {
    const population = { count: 4, mean: 2, deviation: 0.5 };
    expect([1, 2, 3.5].map((value) => deviations(value, population))).toEqual([-2, 0, 3]);
  });

  it('are none where all values are alike', () => {
    expect(deviations(7, { count: 3, mean: 2, deviation: 0 })).toBe(0);
  });
});

describe('the weight of vectors', () => {
  it('is the measured one of the built-in model, and more for any other', () => {
    expect(vectorWeight('builtin')).toBe(0.3);
    expect(vectorWeight('openai')).toBeGreaterThanOrEqual(0.5);
    expect(vectorWeight('openai')).toBeLessThanOrEqual(1);
  });
});
