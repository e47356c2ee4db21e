import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChunkRecord } from '../../src/index/record';
import { queryWords } from '../../src/retrieval/query';
import { planRereading, rememberingTerms, reread } from '../../src/retrieval/reread-words';

const KNOBS = { presenceWeight: 0.2, pairWeight: 0.4, querySaturation: 0.5 };

/** Terms by name, each with an inverse frequency that is its weight. */
const known = (weights: Record<string, number>) =>
  new Map(Object.entries(weights).map(([term, weight]) => [term, { inverse: weight, weight }]));

const pair = (first: string, second: string, frequency = 1) => ({ first, second, frequency });

describe('rereading a candidate', () => {
  it('counts each term that stands there once, by its weight', () => {
    const plan = planRereading(known({ refund: 3, owner: 2 }), [], KNOBS);
    expect(reread(plan, ['refund', 'refund', 'order'])).toBeCloseTo(0.2 * 3);
    expect(reread(plan, ['owner', 'refund'])).toBeCloseTo(0.2 * 5);
    expect(reread(plan, ['order'])).toBe(0);
  });

  it('counts pairs within eight words of each other, in any order', () => {
    const plan = planRereading(known({ a: 2, b: 4 }), [pair('a', 'b')], {
      ...KNOBS,
      presenceWeight: 0,
    });
    const apart = (words: number) => ['a', ...Array<string>(words - 1).fill('x'), 'b'];
    // The mean of both inverse frequencies; one occurrence has a factor of 1.
    expect(reread(plan, apart(1))).toBeCloseTo(0.4 * 3);
    expect(reread(plan, apart(8).reverse())).toBeCloseTo(0.4 * 3);
    expect(reread(plan, apart(9))).toBe(0);
    // Twice near: saturated as a term of frequency 2 is.
    expect(reread(plan, ['a', 'b', 'a'])).toBeCloseTo((0.4 * 3 * 2 * 2.2) / 3.2);
  });

  it('leaves out pairs of which one was not looked up', () => {
    const plan = planRereading(known({ a: 2 }), [pair('a', 'b')], KNOBS);
    expect(plan.pairs).toEqual([]);
  });

  it('never takes away, and gives more the more of the query stands there', () => {
    const term = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const plan = planRereading(
      known({ a: 1, b: 2, c: 3, d: 4 }),
      [pair('a', 'b'), pair('b', 'c', 3), pair('c', 'd')],
      KNOBS,
    );
    fc.assert(
      fc.property(fc.array(term), fc.array(term), (text, more) => {
        expect(reread(plan, text)).toBeGreaterThanOrEqual(0);
        expect(reread(plan, [...text, ...more])).toBeGreaterThanOrEqual(reread(plan, text) - 1e-9);
      }),
    );
  });
});

describe('the pairs of a query', () => {
  it('are terms beside each other, stop words left out, by the weight of their part', () => {
    const parts = [
      { text: 'Refund of orders', weight: 2 },
      { text: 'The order is the refund; refund, refund', weight: 1 },
    ];
    expect(queryWords({ text: '', parts }).pairs).toEqual([
      { first: 'order', second: 'refund', frequency: 3 },
    ]);
  });

  it('do not reach from one part into the next', () => {
    const parts = ['refund', 'orders'].map((text) => ({ text, weight: 1 }));
    expect(queryWords({ text: '', parts }).pairs).toEqual([]);
  });
});

it('the terms of a record are those of what is shown of it, and found once', () => {
  const record = { lead: 'Header\n', text: 'two reviewers', trail: '\nEnd' } as ChunkRecord;
  const termsOf = rememberingTerms();
  expect(termsOf(record)).toEqual(['header', 'two', 'review', 'end']);
  expect(termsOf(record)).toBe(termsOf(record));
});
