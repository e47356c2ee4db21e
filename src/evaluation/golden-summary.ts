/** What the outcomes of golden questions come to, and what differs between two runs. Pure. */

import { comparePaired, type PairedComparison } from './bootstrap';
import type { QuestionOutcome } from './golden-run';
import { meanOrNull } from './scores';

export interface GoldenSummary {
  questions: number;
  /** Questions that expect a passage, and those to which nothing applies. */
  expecting: number;
  empty: number;
  /** Share of the former whose passage is among the first five, and ten; null of none. */
  'recall@5': number | null;
  'recall@10': number | null;
  mrr: number | null;
  /** Share of them whose passage would get into a prompt. */
  'groundedRecall@10': number | null;
  /** Share of the others for which something reached the threshold; null of none. */
  falseGrounding: number | null;
  /** Questions whose document is not in the generation. */
  unknownDocuments: number;
}

export function summarizeGolden(outcomes: readonly QuestionOutcome[]): GoldenSummary {
  const expecting = outcomes.filter(({ document }) => document !== null);
  const empty = outcomes.filter(({ document }) => document === null);
  const share = (of: readonly QuestionOutcome[], holds: (one: QuestionOutcome) => boolean) =>
    meanOrNull(of.map((outcome) => (holds(outcome) ? 1 : 0)));
  const within = (k: number) => share(expecting, ({ rank }) => rank !== null && rank <= k);
  return {
    questions: outcomes.length,
    expecting: expecting.length,
    empty: empty.length,
    'recall@5': within(5),
    'recall@10': within(10),
    mrr: meanOrNull(expecting.map(reciprocalRank)),
    'groundedRecall@10': share(expecting, ({ verdict }) => verdict === 'found'),
    falseGrounding: share(empty, ({ verdict }) => verdict === 'wrongly_grounded'),
    unknownDocuments: outcomes.filter(({ isDocumentKnown }) => !isDocumentKnown).length,
  };
}

/** A question with another outcome in the second run than in the first. */
export interface ChangedQuestion {
  text: string;
  first: Pick<QuestionOutcome, 'verdict' | 'rank'>;
  second: Pick<QuestionOutcome, 'verdict' | 'rank'>;
}

export interface GoldenComparison {
  /** Questions that both runs asked. */
  questions: number;
  better: ChangedQuestion[];
  worse: ChangedQuestion[];
  /** Of the questions that expect a passage; undefined when there is none. Second less first. */
  reciprocalRank: PairedComparison | undefined;
}

/** How the second run differs from the first. Questions are paired by their texts. */
export function compareGolden(
  first: readonly QuestionOutcome[],
  second: readonly QuestionOutcome[],
): GoldenComparison {
  const bySecond = new Map(second.map((outcome) => [outcome.text, outcome]));
  const pairs = first.flatMap((one) => {
    const other = bySecond.get(one.text);
    return other === undefined ? [] : [[one, other] as const];
  });
  const changed = (sign: 1 | -1) =>
    pairs
      .filter(([a, b]) => Math.sign(worth(b) - worth(a)) === sign)
      .map(([a, b]) => ({ text: a.text, first: placeOf(a), second: placeOf(b) }));
  const expecting = pairs.filter(([{ document }]) => document !== null);
  const ranks = (at: 0 | 1) => expecting.map((pair) => reciprocalRank(pair[at]));
  return {
    questions: pairs.length,
    better: changed(1),
    worse: changed(-1),
    reciprocalRank: expecting.length === 0 ? undefined : comparePaired(ranks(1), ranks(0)),
  };
}

function placeOf({ verdict, rank }: QuestionOutcome) {
  return { verdict, rank };
}

/** Above all whether the passage would get into a prompt, then its rank. */
function worth(outcome: QuestionOutcome): number {
  const isRight = outcome.verdict === 'found' || outcome.verdict === 'rightly_empty';
  return (isRight ? 1 : 0) + reciprocalRank(outcome);
}

function reciprocalRank({ rank }: QuestionOutcome): number {
  return rank === null ? 0 : 1 / rank;
}
