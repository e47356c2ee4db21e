/** What golden questions come to, worked out by hand from hits. */
import { describe, expect, it } from 'vitest';
import { judge, type QuestionOutcome } from '../../src/evaluation/golden-run';
import { compareGolden, summarizeGolden } from '../../src/evaluation/golden-summary';

const hit = (document: string, text = 'x', applies = true) => ({ document, text, applies });
const question = (text: string, document: string | null, quote: string | null = null) => ({
  ...{ text, document, quote },
});

describe('hits', () => {
  const two = question('q', 'a.md', 'two reviewers');

  it('have the passage above the threshold, below it, or not at all', () => {
    const noise = hit('b.md');
    const passage = (applies: boolean) => hit('a.md', 'By two\nreviewers.', applies);
    expect(judge(two, [noise, passage(true)])).toEqual({
      ...two,
      ...{ verdict: 'found', rank: 2, first: 'b.md', isDocumentKnown: true },
    });
    expect(judge(two, [passage(false)])).toMatchObject({ verdict: 'below_threshold', rank: 1 });
    expect(judge(two, [noise, hit('a.md', 'one')])).toMatchObject({
      verdict: 'missed',
      rank: null,
    });
    expect(judge(two, [])).toMatchObject({ verdict: 'missed', first: null });
  });

  it('have it above the threshold also where an earlier hit of it is below', () => {
    const hits = [hit('a.md', 'x', false), hit('a.md', 'x', true)];
    expect(judge(question('q', 'a.md'), hits)).toMatchObject({ verdict: 'found', rank: 1 });
  });

  it('are right to be below the threshold where nothing applies', () => {
    const none = question('q', null);
    expect(judge(none, [hit('a.md', 'x', false)])).toMatchObject({ verdict: 'rightly_empty' });
    expect(judge(none, [hit('a.md', 'x', true)])).toMatchObject({ verdict: 'wrongly_grounded' });
  });
});

/** An outcome whose passage is at a rank, or that nothing applies to. */
function outcome(text: string, rank: number | null, applies = true): QuestionOutcome {
  const noise = Array.from({ length: (rank ?? 11) - 1 }, () => hit('n.md', 'x', applies));
  return judge(question(text, 'a.md'), [
    ...noise,
    ...(rank === null ? [] : [hit('a.md', 'x', applies)]),
  ]);
}
const empty = (text: string, applies: boolean) =>
  judge(question(text, null), [hit('a.md', 'x', applies)]);

describe('a summary', () => {
  it('is of the questions that expect something, and of the others', () => {
    const missed = { ...outcome('d', null), isDocumentKnown: false };
    const outcomes = [outcome('a', 1), outcome('b', 5, false), outcome('c', 10), missed];
    expect(summarizeGolden([...outcomes, empty('e', true), empty('f', false)])).toEqual({
      ...{ questions: 6, expecting: 4, empty: 2, unknownDocuments: 1 },
      ...{ 'recall@5': 0.5, 'recall@10': 0.75, mrr: 0.325, 'groundedRecall@10': 0.5 },
      falseGrounding: 0.5,
    });
  });

  it('has no share of questions that there are not', () => {
    const nothing = { 'recall@5': null, 'recall@10': null, mrr: null, 'groundedRecall@10': null };
    expect(summarizeGolden([empty('e', true)])).toMatchObject({ ...nothing, falseGrounding: 1 });
    expect(summarizeGolden([outcome('a', 1)])).toMatchObject({ mrr: 1, falseGrounding: null });
    const counts = { questions: 0, expecting: 0, empty: 0, unknownDocuments: 0 };
    expect(summarizeGolden([])).toEqual({ ...counts, ...nothing, falseGrounding: null });
  });
});

describe('a comparison', () => {
  it('pairs questions by their texts, and says which are better and which worse', () => {
    const first = [outcome('same', 2), outcome('up', 4), outcome('down', 1), outcome('gone', 1)];
    const second = [
      outcome('down', 1, false),
      outcome('up', 2),
      outcome('same', 2),
      outcome('new', 1),
    ];
    const found = compareGolden(
      [...first, empty('quiet', true)],
      [...second, empty('quiet', false)],
    );
    expect(found.questions).toBe(4);
    expect(found.better.map(({ text }) => text)).toEqual(['up', 'quiet']);
    expect(found.worse).toEqual([
      {
        text: 'down',
        first: { verdict: 'found', rank: 1 },
        second: { verdict: 'below_threshold', rank: 1 },
      },
    ]);
    expect(found.reciprocalRank?.items).toBe(3);
    expect(found.reciprocalRank?.difference.value).toBeCloseTo(0.25 / 3, 12);
  });

  it('has no ranks to compare where every question expects nothing', () => {
    const quiet = [empty('quiet', false)];
    const comparison = compareGolden(quiet, quiet);
    expect(comparison).toEqual({ questions: 1, better: [], worse: [], reciprocalRank: undefined });
  });
});
