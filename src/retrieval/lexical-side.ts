/** The lexical half of a query in one library: which postings to read, and what they score. */

import type { LexicalHead } from '../index/lexical-head';
import type { TermPostings } from '../index/lexical-postings';
import type { SegmentHead } from '../index/segment-heads';
import { isTombstoned } from '../index/tombstones';
import {
  inverseFrequency,
  type LengthMeans,
  type LexicalScores,
  lengthMeans,
  queryWeight,
  scoreSegment,
} from './bm25';
import { chooseTerms, type TermKnobs } from './choose-terms';
import { addMoments, type Moments, NO_MOMENTS } from './fusion';
import type { QueryTerm, QueryWords } from './query';
import { planRereading, type RereadKnobs, reread, type WeighedTerm } from './reread-words';

/** A segment that has postings. */
export interface LexicalSegment {
  head: SegmentHead;
  lexical: LexicalHead;
}

export interface LexicalKnobs extends TermKnobs, RereadKnobs {
  /** Weight of the document's score against the chunk's. */
  documentWeight: number;
}

export interface LexicalPlan {
  segments: readonly LexicalSegment[];
  /** Terms to read, the heaviest first. */
  terms: readonly QueryTerm[];
  /** What to read, segment by segment. */
  wanted: { head: SegmentHead; term: string }[];
  pairs: QueryWords['pairs'];
  knobs: LexicalKnobs;
}

export function planLexical(
  heads: readonly SegmentHead[],
  { terms, pairs }: QueryWords,
  knobs: LexicalKnobs,
): LexicalPlan {
  const segments = heads.flatMap((head) =>
    head.lexical === undefined ? [] : [{ head, lexical: head.lexical }],
  );
  const chosen = chooseTerms(
    segments.map(({ lexical }) => lexical),
    terms,
    knobs,
  );
  const wanted = segments.flatMap(({ head }) => chosen.map(({ term }) => ({ head, term })));
  return { segments, terms: chosen, wanted, pairs, knobs };
}

/** A row of a segment with what its words score. */
export interface LexicalRow {
  segment: LexicalSegment;
  row: number;
  score: LexicalScore;
}

export interface LexicalScore {
  /** Chunk and document together, as they are ranked. */
  total: number;
  chunk: number;
  /** Of the document, before its weight. */
  document: number;
}

/** A term that a chunk holds, in the query's own word, with its weight in this query. */
export interface MatchedTerm {
  word: string;
  weight: number;
}

export interface LexicalSide {
  /** The best rows that hold a term, best first, ties in stored order; deleted ones left out. */
  best(count: number): LexicalRow[];
  /** Every row that is not deleted, best first. */
  all(): LexicalRow[];
  scoreOf(head: SegmentHead, row: number): LexicalScore;
  matched(head: SegmentHead, row: number): MatchedTerm[];
  /** What its text says beyond the postings, by its terms in order; in units of a total. */
  reread(text: readonly string[]): number;
  /** Of the totals of all rows that are not deleted. */
  moments: Moments;
}

interface ScoredSegment {
  segment: LexicalSegment;
  documentWeight: number;
  scores: LexicalScores;
  postings: readonly { term: QueryTerm; weight: number; postings: TermPostings }[];
}

/** Scores all rows. `postings` are those of `plan.wanted`, in its order. */
export function scoreLexical(plan: LexicalPlan, postings: readonly TermPostings[]): LexicalSide {
  const { segments, terms } = plan;
  const { knobs, pairs } = plan;
  const { documentWeight, querySaturation } = knobs;
  const heads = segments.map(({ lexical }) => lexical);
  const means: LengthMeans = lengthMeans(heads);
  const rows = heads.reduce((sum, head) => sum + head.rows, 0);
  const of = (segment: number, term: number) =>
    postings[segment * terms.length + term] as TermPostings;
  const weighed = terms.map(({ frequency }, t) => {
    const df = segments.reduce((sum, _, s) => sum + of(s, t).documentFrequency, 0);
    const inverse = inverseFrequency(rows, df);
    return { inverse, weight: queryWeight(inverse, frequency, querySaturation) };
  });
  const scored = segments.map((segment, s): ScoredSegment => {
    const own = terms.map((term, t) => {
      return { term, weight: weighed[t]?.weight as number, postings: of(s, t) };
    });
    const scores = scoreSegment(segment.lexical, own, means);
    return { segment, documentWeight, scores, postings: own };
  });
  const known = terms.map(({ term }, t) => [term, weighed[t] as WeighedTerm] as const);
  const rereading = planRereading(new Map(known), pairs, knobs);
  const byHead = new Map(scored.map((one) => [one.segment.head, one]));
  return {
    best: (count) =>
      scored
        .flatMap((one) => liveRows(one, ({ scores }, row) => (scores.chunks[row] as number) > 0))
        .sort((a, b) => b.score.total - a.score.total)
        .slice(0, count),
    all: () =>
      scored
        .flatMap((one) => liveRows(one, () => true))
        .sort((a, b) => b.score.total - a.score.total),
    scoreOf: (head, row) => scoreAt(byHead.get(head), row),
    matched: (head, row) => matchedIn(byHead.get(head), row),
    reread: (text) => reread(rereading, text),
    moments: scored.map(momentsOfSegment).reduce(addMoments, NO_MOMENTS),
  };
}

function isLive({ head, lexical }: LexicalSegment, row: number): boolean {
  return !isTombstoned(head.tombstones, lexical.documentOfRow[row] as number);
}

function liveRows(
  scored: ScoredSegment,
  isWanted: (scored: ScoredSegment, row: number) => boolean,
): LexicalRow[] {
  const { segment } = scored;
  const rows: LexicalRow[] = [];
  for (let row = 0; row < segment.lexical.rows; row += 1) {
    if (!isWanted(scored, row) || !isLive(segment, row)) continue;
    rows.push({ segment, row, score: totalOf(scored, row) });
  }
  return rows;
}

function momentsOfSegment(scored: ScoredSegment): Moments {
  const { segment } = scored;
  let [count, sum, squares] = [0, 0, 0];
  for (let row = 0; row < segment.lexical.rows; row += 1) {
    if (!isLive(segment, row)) continue;
    const { total } = totalOf(scored, row);
    count += 1;
    sum += total;
    squares += total * total;
  }
  return { count, sum, squares };
}

function totalOf({ segment, scores, documentWeight }: ScoredSegment, row: number): LexicalScore {
  const chunk = scores.chunks[row] as number;
  const document = scores.documents[segment.lexical.documentOfRow[row] as number] as number;
  return { total: chunk + documentWeight * document, chunk, document };
}

function scoreAt(scored: ScoredSegment | undefined, row: number): LexicalScore {
  if (scored === undefined) return { total: 0, chunk: 0, document: 0 };
  return totalOf(scored, row);
}

function matchedIn(scored: ScoredSegment | undefined, row: number): MatchedTerm[] {
  return (scored?.postings ?? [])
    .filter(({ postings }) => postings.rows.includes(row))
    .map(({ term, weight }) => ({ word: term.word, weight }))
    .sort((a, b) => b.weight - a.weight);
}
