/**
 * What a query reads of its words: the postings of terms, beside the posting lists of vectors, and
 * then where the texts of rows stand, beside their records. Each is one round trip.
 */

import type { JsonValue, KeyValueStore } from '../platform/ports';
import { openBytes } from './envelope';
import type { LexicalHead } from './lexical-head';
import { decodePlaces, type Place, ROWS_PER_PLACES, rowsOfBlock } from './places';
import { decodePostings, FREQUENCY_MAX, listOf, type PostingsValue } from './postings-value';
import { readValues } from './read-values';
import { type CodeCache, cached, type SegmentHead } from './segment-heads';
import type { KeySize } from './stored-item';
import { bucketOf, hashTerm } from './term-hash';

export interface TermPostings {
  term: string;
  /** Uint32Array[count]: rows that hold the term, ascending. */
  rows: Uint32Array;
  /** Uint8Array[count]: how often, 1 to 4; 4 stands for more too. */
  frequencies: Uint8Array;
  /** Documents whose title or name has the term, and how often. */
  titles: { ordinal: number; frequency: number }[];
  /** Rows that hold the term, those of deleted documents included. */
  documentFrequency: number;
}

export interface WantedTerm {
  head: SegmentHead;
  term: string;
}

/** A row of which it is asked where its text stands. */
export interface WantedPlace {
  head: SegmentHead;
  row: number;
}

/**
 * Postings in the order wanted, in one round trip; a term that no row of its segment has comes
 * back without rows, and so does one that is in so many that no postings are kept.
 * Errors: `value_missing`, `value_corrupt`, `format_newer`.
 */
export async function loadPostings(
  kv: KeyValueStore,
  wanted: readonly WantedTerm[],
  cache?: CodeCache,
): Promise<TermPostings[]> {
  const sized = wanted.map(({ head, term }) => ({ head, term, size: head.lexical?.valueOf(term) }));
  const missing = new Map<string, KeySize>();
  for (const { head, size } of sized) {
    if (size === undefined || head.lexical?.inline !== undefined) continue;
    if (cache?.get(head.library, size.key) === undefined) missing.set(size.key, size);
  }
  const values = await readMap(kv, missing);
  const decoded = new Map<string, PostingsValue>();
  return sized.map(({ head, term, size }) => {
    if (size === undefined) return withoutRows(head, term);
    const value = valueFor(head, term, size.key);
    const list = listOf(size.key, value, hashTerm(term));
    if (list === undefined) return withoutRows(head, term);
    const frequencyOf = (posting: number) => (posting % FREQUENCY_MAX) + 1;
    const numberOf = (posting: number) => Math.floor(posting / FREQUENCY_MAX);
    return {
      term,
      rows: list.rows.map(numberOf),
      frequencies: Uint8Array.from(list.rows, frequencyOf),
      titles: Array.from(list.titles, (posting) => ({
        ordinal: numberOf(posting),
        frequency: frequencyOf(posting),
      })),
      documentFrequency: list.rows.length,
    };
  });

  function valueFor(head: SegmentHead, term: string, key: string): PostingsValue {
    const inline = head.lexical?.inline?.postings;
    if (inline !== undefined) return inline;
    const known = decoded.get(key);
    if (known !== undefined) return known;
    const value = cached(cache, head.library, key, () =>
      decodeValue(head, term, key, values.get(key) as JsonValue),
    );
    decoded.set(key, value);
    return value;
  }
}

/**
 * Where texts of rows stand, in the order wanted, in one round trip.
 * Errors: as `loadPostings`.
 */
export async function loadPlaces(
  kv: KeyValueStore,
  wanted: readonly WantedPlace[],
): Promise<Place[]> {
  const missing = new Map<string, KeySize>();
  const sized = wanted.map(({ head, row }) => {
    const lexical = head.lexical as LexicalHead;
    const size = lexical.placeValueOf(row);
    if (lexical.inline === undefined) missing.set(size.key, size);
    return { lexical, row, size };
  });
  const values = await readMap(kv, missing);
  const decoded = new Map<string, Place[]>();
  return sized.map(({ lexical, row, size: { key } }) => {
    if (lexical.inline !== undefined) return lexical.inline.places[row] as Place;
    const known = decoded.get(key);
    const places = known ?? decodeBlock(lexical, row, key, values.get(key) as JsonValue);
    decoded.set(key, places);
    return places[row % ROWS_PER_PLACES] as Place;
  });
}

function decodeBlock(lexical: LexicalHead, row: number, key: string, value: JsonValue): Place[] {
  const rows = rowsOfBlock(lexical.rows, Math.floor(row / ROWS_PER_PLACES));
  return decodePlaces(key, openBytes('places', key, value), { rows });
}

function decodeValue(
  { lexical, descriptor }: SegmentHead,
  term: string,
  key: string,
  value: JsonValue,
): PostingsValue {
  const { chunks: rows, documents } = descriptor;
  const bytes = openBytes('postings', key, value);
  const { bucketSizes } = (lexical as LexicalHead).columns;
  // A term of the table has its value to itself; whether it is the term's, its hash says.
  const isOwn = (lexical as LexicalHead).documentFrequency(term) !== undefined;
  const buckets = isOwn ? 1 : bucketSizes.length;
  const bucket = isOwn ? 0 : bucketOf(hashTerm(term), buckets);
  return decodePostings(key, bytes, { rows, documents }, { buckets, bucket });
}

function withoutRows({ lexical }: SegmentHead, term: string): TermPostings {
  const documentFrequency = lexical?.documentFrequency(term) ?? 0;
  const [rows, frequencies] = [new Uint32Array(0), new Uint8Array(0)];
  return { term, rows, frequencies, titles: [], documentFrequency };
}

async function readMap(
  kv: KeyValueStore,
  wanted: ReadonlyMap<string, KeySize>,
): Promise<Map<string, JsonValue>> {
  const values = await readValues(kv, [...wanted.values()]);
  return new Map(values.map(({ key, value }) => [key, value]));
}
