/**
 * From texts to the terms of rows: an inverted list of some rows of a segment, in typed arrays as
 * there may be millions of postings.
 */

import { analyze } from '../analysis/terms';
import { assertInvariant } from '../errors';
import type { DocumentEntry } from './document-table';
import { packPosting } from './postings-value';
import type { ChunkRecord } from './record';
import { hashTerm } from './term-hash';

/** Chunks at the beginning of a document whose first heading may be its title. */
const TITLE_CHUNKS_MAX = 2;

/** The terms of some rows of a segment. */
export interface TermBlock {
  /** Uint32Array[rows]: numbers of the rows, ascending, and how many terms each has. */
  rows: Uint32Array;
  lengths: Uint32Array;
  /** Float64Array[terms]: ascending. */
  hashes: Float64Array;
  /** Uint32Array[terms + 1]: where the postings of each term begin. */
  starts: Uint32Array;
  /** Packed postings of rows, ascending within each term. */
  postings: Uint32Array;
  titles: TitleTerms[];
}

/** The terms of a heading that may be the title of the document that the row is of. */
export interface TitleTerms {
  row: number;
  /** Repeated as they occur. */
  hashes: number[];
}

export interface TermCollector {
  /** Takes a row's text; rows are given in ascending order. */
  add(row: number, record: Pick<ChunkRecord, 'headings' | 'lead' | 'text' | 'trail'>): void;
  finish(): TermBlock;
}

/** Collects terms of rows of these documents: row r is the r-th of their chunks. */
export function createTermCollector(documents: readonly DocumentEntry[]): TermCollector {
  const isFirst = firstRows(documents, 1);
  const isNearTop = firstRows(documents, TITLE_CHUNKS_MAX);
  const rows = new GrowingColumn();
  const lengths = new GrowingColumn();
  // Of each posting in the order of its row: the term's number, and the posting itself.
  const terms = new GrowingColumn();
  const postings = new GrowingColumn();
  const numbers = new Map<string, number>();
  const numbersByHash = new Map<number, number>();
  const titles: TitleTerms[] = [];

  function numberOf(term: string): number {
    const known = numbers.get(term);
    if (known !== undefined) return known;
    const hash = hashTerm(term);
    const number = numbersByHash.get(hash) ?? numbersByHash.size;
    numbersByHash.set(hash, number);
    numbers.set(term, number);
    return number;
  }

  return {
    add(row, { headings, lead, text, trail }) {
      const last = rows.view().at(-1) ?? -1;
      assertInvariant(row > last, `terms: row ${row} after row ${last}`);
      const found = analyze(`${lead}${text}${trail}`);
      const ofTitle = isNearTop(row) ? analyze(headings[0] ?? '') : [];
      if (isFirst(row)) found.push(...missingIn(found, ofTitle));
      const frequencies = new Map<number, number>();
      for (const term of found) {
        const number = numberOf(term);
        frequencies.set(number, (frequencies.get(number) ?? 0) + 1);
      }
      for (const [number, frequency] of frequencies) {
        terms.push(number);
        postings.push(packPosting(row, frequency));
      }
      rows.push(row);
      lengths.push(found.length);
      if (headings.length > 0 && isNearTop(row)) {
        titles.push({ row, hashes: ofTitle.map(hashTerm) });
      }
    },
    finish() {
      const inverted = invert([...numbersByHash.keys()], terms.view(), postings.view());
      return { rows: rows.view(), lengths: lengths.view(), ...inverted, titles };
    },
  };
}

/** Sorts postings by their terms' hashes, keeping the order of rows: one counting pass. */
function invert(
  hashOf: readonly number[],
  terms: Uint32Array,
  postings: Uint32Array,
): Pick<TermBlock, 'hashes' | 'starts' | 'postings'> {
  const order = Uint32Array.from(hashOf.keys()).sort(
    (a, b) => (hashOf[a] as number) - (hashOf[b] as number),
  );
  const hashes = Float64Array.from(order, (number) => hashOf[number] as number);
  const counts = new Uint32Array(hashOf.length);
  for (const number of terms) counts[number] = (counts[number] as number) + 1;
  const starts = new Uint32Array(hashOf.length + 1);
  const next = new Uint32Array(hashOf.length);
  for (const [place, number] of order.entries()) {
    next[number] = starts[place] as number;
    starts[place + 1] = (starts[place] as number) + (counts[number] as number);
  }
  const sorted = new Uint32Array(postings.length);
  for (const [i, number] of terms.entries()) {
    const at = next[number] as number;
    sorted[at] = postings[i] as number;
    next[number] = at + 1;
  }
  return { hashes, starts, postings: sorted };
}

/**
 * What a document's first chunk takes over from its title, which may stand beside its text (front
 * matter, `<title>`): only chunks that hold a word are found by it.
 */
function missingIn(terms: readonly string[], title: readonly string[]): Set<string> {
  const missing = new Set(title);
  for (const term of terms) missing.delete(term);
  return missing;
}

/** Whether a row is one of the first chunks of its document, at most `count` of each. */
function firstRows(documents: readonly DocumentEntry[], count: number): (row: number) => boolean {
  const rows = new Set<number>();
  let first = 0;
  for (const { chunks } of documents) {
    for (let i = 0; i < Math.min(chunks.length, count); i += 1) rows.add(first + i);
    first += chunks.length;
  }
  return (row) => rows.has(row);
}

class GrowingColumn {
  private values = new Uint32Array(1_024);
  private length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const grown = new Uint32Array(2 * this.length);
      grown.set(this.values);
      this.values = grown;
    }
    this.values[this.length] = value;
    this.length += 1;
  }

  view(): Uint32Array {
    return this.values.subarray(0, this.length);
  }
}
