/**
 * What the text of a candidate says beyond its postings. Candidates are read anyway, so looking
 * closer costs no read unit: how much of the query stands in a chunk at all, and whether words that
 * stand beside each other in the query stand near each other there.
 *
 * Source: D. Metzler, W. B. Croft, "A Markov Random Field Model for Term Dependencies", SIGIR 2005
 * (unordered windows of eight words). The weights were chosen by measurement: docs/tuning.md.
 */

import { analyze } from '../analysis/terms';
import type { ChunkRecord } from '../index/record';
import { BM25, queryWeight } from './bm25';
import type { QueryPair } from './query';

export interface RereadKnobs {
  /** Of a term that stands in the chunk, however often, against its full lexical weight. */
  presenceWeight: number;
  /** Of a pair of terms near each other, against the full weight of a term as rare as both. */
  pairWeight: number;
}

/** A term that was looked up: its inverse frequency, and what it is worth in this query. */
export interface WeighedTerm {
  inverse: number;
  weight: number;
}

/** Terms further apart than this say nothing about each other. */
const WINDOW = 8;

/** The terms of a record's text, kept for as long as the record is. */
export type TermsOfRecord = (record: ChunkRecord) => readonly string[];

export function rememberingTerms(): TermsOfRecord {
  const known = new WeakMap<ChunkRecord, readonly string[]>();
  return (record) => {
    const terms = known.get(record) ?? analyze(record.lead + record.text + record.trail);
    known.set(record, terms);
    return terms;
  };
}

export interface Rereading {
  terms: ReadonlyMap<string, WeighedTerm>;
  pairs: readonly { first: string; second: string; weight: number }[];
  knobs: RereadKnobs;
}

/** Pairs of terms that were not both looked up are left out: nothing is known of their weight. */
export function planRereading(
  terms: ReadonlyMap<string, WeighedTerm>,
  pairs: readonly QueryPair[],
  knobs: RereadKnobs & { querySaturation: number },
): Rereading {
  const weighed = pairs.flatMap(({ first, second, frequency }) => {
    const [a, b] = [terms.get(first), terms.get(second)];
    if (a === undefined || b === undefined) return [];
    const inverse = (a.inverse + b.inverse) / 2;
    return [{ first, second, weight: queryWeight(inverse, frequency, knobs.querySaturation) }];
  });
  return { terms, pairs: weighed, knobs };
}

/** In units of the lexical score, of the terms of a text in order; 0 where none is of the query. */
export function reread({ terms, pairs, knobs }: Rereading, text: readonly string[]): number {
  const places = new Map<string, number[]>();
  for (const [place, term] of text.entries()) {
    if (!terms.has(term)) continue;
    const known = places.get(term);
    if (known === undefined) places.set(term, [place]);
    else known.push(place);
  }
  let present = 0;
  for (const term of places.keys()) present += terms.get(term)?.weight ?? 0;
  let near = 0;
  for (const { first, second, weight } of pairs) {
    const together = countNear(places.get(first), places.get(second));
    if (together > 0) near += (weight * together * (BM25.k1 + 1)) / (together + BM25.k1);
  }
  return knobs.presenceWeight * present + knobs.pairWeight * near;
}

/** How often one of the first and one of the second stand in one window; both are ascending. */
function countNear(first: readonly number[] = [], second: readonly number[] = []): number {
  let count = 0;
  let from = 0;
  for (const place of first) {
    while (from < second.length && (second[from] as number) < place - WINDOW) from += 1;
    for (let i = from; i < second.length && (second[i] as number) <= place + WINDOW; i += 1) {
      count += 1;
    }
  }
  return count;
}
