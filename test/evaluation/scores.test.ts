/** The figures of an evaluation, against values worked out by hand. */
import { describe, expect, it } from 'vitest';
import {
  firstHit,
  mean,
  percentile,
  type RankedChunk,
  rounded,
  scoreRanking,
  tokensOfTen,
} from '../../src/evaluation/scores';

const chunk = (document: string, text: string, applies = true): RankedChunk => ({
  ...{ document, text, applies, tokensEstimate: 10 },
});
const noise = (count: number) =>
  Array.from({ length: count }, (_, i) => chunk('n.md', `noise ${i}`));
const must = (document: string, quote?: string) => ({
  document,
  grade: 2 as const,
  ...(quote && { quote }),
});
const helps = (document: string, quote?: string) => ({
  ...{ document, grade: 1 as const },
  ...(quote && { quote }),
});

describe('recall', () => {
  it('is the share of required passages within the depth', () => {
    const ranking = [
      ...noise(4),
      chunk('a.md', 'one'),
      ...noise(4),
      chunk('b.md', 'two'),
      ...noise(9),
    ];
    ranking.push(chunk('c.md', 'three'));
    const scores = scoreRanking(ranking, [must('a.md'), must('b.md'), must('c.md'), must('d.md')]);
    expect(scores).toMatchObject({ recallAt5: 0.25, recallAt10: 0.5, recallAt20: 0.75 });
  });

  it('leaves passages that only help aside, unless there are no others', () => {
    const ranking = [chunk('a.md', 'one')];
    expect(scoreRanking(ranking, [helps('a.md'), must('b.md')]).recallAt10).toBe(0);
    expect(scoreRanking(ranking, [helps('a.md'), helps('b.md')]).recallAt10).toBe(0.5);
  });

  it('counts a chunk for every passage it holds, and a passage once', () => {
    const ranking = [chunk('a.md', 'one two'), chunk('a.md', 'one')];
    const scores = scoreRanking(ranking, [must('a.md', 'one'), must('a.md', 'two')]);
    expect(scores.recallAt5).toBe(1);
  });

  it('grounded, leaves out what is below the threshold and what is beyond ten', () => {
    const ranking = [
      chunk('a.md', 'x', false),
      chunk('b.md', 'x'),
      ...noise(8),
      chunk('c.md', 'x'),
    ];
    const scores = scoreRanking(ranking, [must('a.md'), must('b.md'), must('c.md')]);
    expect(scores.groundedRecallAt10).toBeCloseTo(1 / 3, 12);
    expect(scores.recallAt10).toBeCloseTo(2 / 3, 12);
  });
});

describe('a quote', () => {
  const recall = (text: string, quote?: string, document = 'a.md') =>
    scoreRanking([chunk(document, text)], [must('a.md', quote)]).recallAt5;

  it('is found whatever the white space in either', () => {
    expect(recall('Two\n  reviewers\tapprove.', 'Two reviewers approve.')).toBe(1);
    expect(recall('Two reviewers approve.', 'Two\n\nreviewers   approve.')).toBe(1);
  });

  it('counts only in its own file and in full', () => {
    expect(recall('Two reviewers', 'Two reviewers', 'b.md')).toBe(0);
    expect(recall('Two reviewers', 'Two reviewers approve')).toBe(0);
    expect(recall('two reviewers', 'Two reviewers')).toBe(0);
  });

  it('may be missing: then any chunk of the file counts', () => {
    expect(recall('anything')).toBe(1);
    expect(recall('anything', undefined, 'b.md')).toBe(0);
  });
});

describe('nDCG at 10', () => {
  const log2 = Math.log2;

  it('weighs a required passage 3 and a helping one 1', () => {
    const relevant = [must('a.md'), helps('b.md')];
    const ranking = [chunk('b.md', 'x'), chunk('a.md', 'x')];
    const expected = (1 + 3 / log2(3)) / (3 + 1 / log2(3));
    expect(scoreRanking(ranking, relevant).ndcgAt10).toBeCloseTo(expected, 12);
    expect(scoreRanking([...ranking].reverse(), relevant).ndcgAt10).toBeCloseTo(1, 12);
  });

  it('gives a chunk of several passages its highest gain, and then counts all of them', () => {
    const relevant = [must('a.md', 'one'), helps('a.md', 'two'), must('b.md')];
    const ranking = [chunk('a.md', 'one two'), chunk('a.md', 'two'), chunk('b.md', 'x')];
    // The second chunk brings nothing new; the ideal has one passage a rank: 3, 3, 1.
    const expected = (3 + 3 / log2(4)) / (3 + 3 / log2(3) + 1 / log2(4));
    expect(scoreRanking(ranking, relevant).ndcgAt10).toBeCloseTo(expected, 12);
  });

  it('takes the first chunk of a passage and stops at ten', () => {
    const once = scoreRanking([chunk('a.md', 'x'), chunk('a.md', 'x')], [must('a.md')]);
    expect(once.ndcgAt10).toBe(1);
    expect(scoreRanking([...noise(10), chunk('a.md', 'x')], [must('a.md')]).ndcgAt10).toBe(0);
    const tenth = scoreRanking([...noise(9), chunk('a.md', 'x')], [must('a.md')]);
    expect(tenth.ndcgAt10).toBeCloseTo(1 / log2(11), 12);
  });

  it('of nothing found is 0', () => {
    expect(scoreRanking([], [must('a.md')])).toEqual({
      ...{ recallAt5: 0, recallAt10: 0, recallAt20: 0, groundedRecallAt10: 0 },
      ...{ ndcgAt10: 0, reciprocalRank: 0 },
    });
  });
});

describe('reciprocal rank', () => {
  it('is that of the first chunk which holds any passage', () => {
    const relevant = [must('a.md'), helps('b.md')];
    const ranking = [...noise(3), chunk('b.md', 'x'), chunk('a.md', 'x')];
    expect(scoreRanking(ranking, relevant).reciprocalRank).toBe(0.25);
  });
});

describe('mean and percentile', () => {
  it('are those of the values, and 0 of none', () => {
    expect(mean([1, 2, 6])).toBe(3);
    expect(mean([])).toBe(0);
    expect(percentile([], 0.5)).toBe(0);
  });

  it('percentile is by nearest rank, whatever the order', () => {
    const values = [5, 1, 4, 2, 3];
    expect([0.5, 0.95, 0.2, 0.21, 1].map((share) => percentile(values, share))).toEqual([
      3, 5, 1, 2, 5,
    ]);
    expect(values).toEqual([5, 1, 4, 2, 3]);
  });
});

describe('what stands beside recall', () => {
  it('is the size of the first ten chunks', () => {
    expect(tokensOfTen(noise(12))).toBe(100);
    expect(tokensOfTen([])).toBe(0);
  });

  it('is the rank of the first hit, where there is one', () => {
    const ranking = [...noise(2), chunk('a.md', 'x')];
    expect(firstHit(ranking, [must('b.md'), must('a.md')])).toBe(3);
    expect(firstHit(ranking, [must('b.md')])).toBeUndefined();
  });

  it('is given to four decimals', () => {
    expect(rounded(2 / 3)).toBe(0.6667);
  });
});
