/**
 * Whether a library says anything to an item. Cosines and lexical scores of unrelated texts differ
 * from model to model and from library to library, and both grow with the text's length, so no
 * number is a threshold for all. What is known is how well texts of other walks of life do in this
 * very library with this very model (`foreign-items.ts`): an item must do better than these do by
 * chance.
 */

import type { Calibration, Line } from '../index/calibration';

/**
 * What a query found: its distinct terms, and means over the best by words and the best by vectors,
 * which need not be the same: a library has something to say if either is far from chance.
 */
export interface Evidence {
  terms: number;
  /** ln(1 + lexical score); undefined without lexical search, and where no word was found. */
  lexical: number | undefined;
  /** Undefined without vectors. */
  cosine: number | undefined;
}

/** Chunks whose means are the evidence: a question is answered by few. */
export const EVIDENCE_HITS = 2;
/** First chunks of the ranking that these are of: what would be shown, no chance likeness. */
export const EVIDENCE_DEPTH = 10;

/**
 * Deviations above chance from which a library applies: 1.64 for a short question, which one
 * foreign text in twenty reaches, 3.09 for a long item, which one in a thousand does. A long item
 * of a company's own says many of its words whether or not a rule is about it; no foreign text
 * does.
 * Chosen with judged items in sight (docs/decisions/0010-hybrid-ranking.md).
 */
export const SIGNIFICANCE = { short: 1.64, long: 3.09 } as const;

/** Distinct terms of a short query, and of a long one; between them the level grows. */
const TERMS = { short: 8, long: 32 } as const;

/** The level for a query of so many distinct terms; grows with their logarithm. */
export function significanceLevel(terms: number): number {
  const [from, to] = [lengthOf(TERMS.short), lengthOf(TERMS.long)];
  const share = Math.min(1, Math.max(0, (lengthOf(terms) - from) / (to - from)));
  return SIGNIFICANCE.short + share * (SIGNIFICANCE.long - SIGNIFICANCE.short);
}

/**
 * By words alone the two kinds of items are not told apart (docs/quality.md), so all that does
 * better than the usual foreign text is shown, with a note that it was matched by words only.
 */
export const SIGNIFICANCE_BY_WORDS = 0;

/** Fewer texts say nothing about a deviation. */
const TEXTS_MIN = 8;
/** Of a signal that most foreign texts lack, the others do not tell the spread. */
const PRESENT_SHARE_MIN = 0.5;
const DEVIATION_MIN = 1e-6;

/** Fits the lines through what the foreign texts found. */
export function fitCalibration(
  foreign: readonly Evidence[],
): Pick<Calibration, 'lexical' | 'cosine' | 'both'> {
  const lexical = fitLine(foreign, (one) => one.lexical);
  const cosine = fitLine(foreign, (one) => one.cosine);
  if (lexical === null || cosine === null) return { lexical, cosine, both: null };
  const both = fitLine(foreign, ({ terms, lexical: words, cosine: near }) =>
    words === undefined || near === undefined
      ? undefined
      : above(lexical, terms, words) + above(cosine, terms, near),
  );
  return { lexical, cosine, both };
}

/** Deviations above chance; undefined where the calibration lacks what the query found. */
export function significance(
  { lexical, cosine, both }: Pick<Calibration, 'lexical' | 'cosine' | 'both'>,
  evidence: Evidence,
): number | undefined {
  const { terms } = evidence;
  const words =
    lexical === null || evidence.lexical === undefined
      ? undefined
      : above(lexical, terms, evidence.lexical);
  const near =
    cosine === null || evidence.cosine === undefined
      ? undefined
      : above(cosine, terms, evidence.cosine);
  if (words !== undefined && near !== undefined && both !== null) {
    return above(both, terms, words + near);
  }
  return near ?? words;
}

function above({ offset, slope, deviation }: Line, terms: number, value: number): number {
  return (value - offset - slope * lengthOf(terms)) / deviation;
}

function lengthOf(terms: number): number {
  return Math.log2(1 + terms);
}

/** Least squares; a slope below 0 is chance and taken as 0. Null where there is too little. */
function fitLine(
  foreign: readonly Evidence[],
  signal: (one: Evidence) => number | undefined,
): Line | null {
  const points = foreign.flatMap((one) => {
    const y = signal(one);
    return y === undefined ? [] : [{ x: lengthOf(one.terms), y }];
  });
  const wanted = Math.max(TEXTS_MIN, PRESENT_SHARE_MIN * foreign.length);
  if (points.length < wanted) return null;
  const meanX = mean(points.map(({ x }) => x));
  const meanY = mean(points.map(({ y }) => y));
  const covariance = mean(points.map(({ x, y }) => (x - meanX) * (y - meanY)));
  const variance = mean(points.map(({ x }) => (x - meanX) ** 2));
  const slope = variance > 0 ? Math.max(0, covariance / variance) : 0;
  const offset = meanY - slope * meanX;
  const squares = points.reduce((sum, { x, y }) => sum + (y - offset - slope * x) ** 2, 0);
  const deviation = Math.max(Math.sqrt(squares / (points.length - 2)), DEVIATION_MIN);
  return { offset, slope, deviation };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
