/**
 * Which terms of a query are read: the heaviest, until a budget of bytes is spent. The rarest alone
 * would be the wrong ones: an item's rare words are names, what it is about are words of one chunk
 * in a hundred to one in five, so a long item needs some forty terms.
 */

import type { LexicalHead } from '../index/lexical-head';
import { inverseFrequency, queryWeight } from './bm25';
import type { QueryTerm } from './query';

export interface TermKnobs {
  /** Bytes of postings read for one library, heads not counted. */
  postingBytesMax: number;
  /** A term that more than this share of the rows hold is left out, 0 to 1. */
  frequencyShareMax: number;
  /** How soon a term that the query repeats counts no more; near 0 every term counts once. */
  querySaturation: number;
}

/** Below so many rows a term costs nothing, and a share says little. */
const ROWS_MIN_FOR_SHARE = 300;
/** So many terms are looked up however frequent they are, lest a short question go without. */
const TERMS_MIN = 3;

/** The terms to read, the heaviest first; those of equal weight in the order of the query. */
export function chooseTerms(
  heads: readonly LexicalHead[],
  terms: readonly QueryTerm[],
  { postingBytesMax, frequencyShareMax, querySaturation }: TermKnobs,
): QueryTerm[] {
  const rows = heads.reduce((sum, head) => sum + head.rows, 0);
  const frequencyMax = rows < ROWS_MIN_FOR_SHARE ? rows : frequencyShareMax * rows;
  const weighed = terms
    .map((term) => ({ term, frequency: likelyFrequency(heads, term.term) }))
    .filter(({ term }) => hasValue(heads, term.term))
    .map(({ term, frequency }) => {
      const inverse = inverseFrequency(rows, Math.min(rows, frequency));
      return { term, frequency, weight: queryWeight(inverse, term.frequency, querySaturation) };
    })
    .sort((a, b) => b.weight - a.weight)
    .filter(({ frequency }, i) => i < TERMS_MIN || frequency <= frequencyMax);
  const paid = new Set<string>();
  let bytes = 0;
  return weighed.flatMap(({ term }) => {
    const values = heads.flatMap((head) => head.valueOf(term.term) ?? []);
    const unpaid = values.filter(({ key }) => !paid.has(key));
    const more = unpaid.reduce((sum, value) => sum + value.bytes, 0);
    if (bytes + more > postingBytesMax) return [];
    bytes += more;
    for (const { key } of unpaid) paid.add(key);
    return [term];
  });
}

/**
 * Rows that hold the term: as the heads know it of the frequent ones, and of a rare one by guess,
 * between one row and the rarest that is known.
 */
function likelyFrequency(heads: readonly LexicalHead[], term: string): number {
  return heads.reduce((sum, head) => {
    const guess = head.valueOf(term) === undefined ? 0 : Math.sqrt(head.rareBelow);
    return sum + (head.documentFrequency(term) ?? guess);
  }, 0);
}

function hasValue(heads: readonly LexicalHead[], term: string): boolean {
  return heads.some((head) => head.valueOf(term) !== undefined);
}
