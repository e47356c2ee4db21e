import { describe, expect, it } from 'vitest';
import { inverseFrequency, lengthMeans, queryWeight, scoreSegment } from '../../src/retrieval/bm25';
import { wordsOf } from '../support/lexical-segment';

/** The formulas written out for one term, without the tables of the product. */
function byHand(options: {
  weight: number;
  frequency: number;
  length: number;
  mean: number;
  k1: number;
  b: number;
}): number {
  const { weight, frequency, length, mean, k1, b } = options;
  const normalized = frequency / (1 - b + (b * length) / mean);
  return (weight * normalized * (k1 + 1)) / (normalized + k1);
}

describe('weights of terms', () => {
  it('are above nothing for any frequency, and fall with it', () => {
    const inverses = [1, 2, 10, 99, 100].map((df) => inverseFrequency(100, df));
    expect(inverses).toEqual([...inverses].sort((a, b) => b - a));
    expect(inverses.at(-1)).toBeGreaterThan(0);
    expect(inverseFrequency(100, 3)).toBeCloseTo(Math.log(1 + 97.5 / 3.5), 12);
  });

  it('hardly grow when a query repeats a term', () => {
    expect(queryWeight(2, 1, 0.5)).toBeCloseTo(2, 12);
    expect(queryWeight(2, 2, 0.5)).toBeCloseTo((2 * 2 * 1.5) / 2.5, 12);
    expect(queryWeight(2, 1_000, 0.5)).toBeLessThan(3);
  });
});

describe('a segment', () => {
  const { head, postings } = wordsOf(
    [
      ['rollback plan written', 'metrics dashboards alerts thresholds'],
      ['rollback rollback drill'],
      ['coffee machine'],
    ],
    ['', 'Rollback', ''],
  );
  const means = lengthMeans([head as never]);
  const [term] = ['rollback'];
  const terms = [{ weight: 2, postings: postings(term as string) }];

  it('scores a chunk by its own words and their number', () => {
    const { chunks } = scoreSegment(head as never, terms, means);
    const expected = [
      byHand({ weight: 2, frequency: 1, length: 3, mean: 3, k1: 1.2, b: 0.75 }),
      0,
      byHand({ weight: 2, frequency: 2, length: 3, mean: 3, k1: 1.2, b: 0.75 }),
      0,
    ];
    for (const [row, score] of expected.entries()) expect(chunks[row]).toBeCloseTo(score, 5);
  });

  it('scores a document by all its words, and those of title and name three times', () => {
    const { documents } = scoreSegment(head as never, terms, means);
    const mean = (7 + 3 + 2) / 3;
    const expected = [
      byHand({ weight: 2, frequency: 1, length: 7, mean, k1: 10, b: 0.9 }),
      byHand({ weight: 2, frequency: 2 + 3, length: 3, mean, k1: 10, b: 0.9 }),
      0,
    ];
    for (const [i, score] of expected.entries()) expect(documents[i]).toBeCloseTo(score, 5);
  });

  it('adds what several terms score', () => {
    const of = (words: string[]) =>
      scoreSegment(
        head as never,
        words.map((word) => ({ weight: 1, postings: postings(word) })),
        means,
      ).chunks[0] as number;
    expect(of(['rollback', 'plan'])).toBeCloseTo(of(['rollback']) + of(['plan']), 5);
  });

  it('of several segments are measured by the means of all', () => {
    const other = wordsOf([['a much longer text about entirely different machines and engines']]);
    const both = lengthMeans([head as never, other.head as never]);
    const rows = head.rows + 1;
    expect(both.row).toBeCloseTo((12 + (other.head.rowLengths[0] as number)) / rows, 5);
    expect(lengthMeans([])).toEqual({ row: 1, document: 1 });
  });
});
