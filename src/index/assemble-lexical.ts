/**
 * From the terms of rows to the lexical values of a segment. A term that stands in many rows has a
 * value of its own, the others share buckets by their hashes, and of a small segment all stands in
 * the head: how a query reads as few bytes as it can, since a batch is rounded to units as a whole.
 */

import { ANALYSIS_VERSION } from '../analysis/terms';
import { GroundworkError } from '../errors';
import { ByteWriter } from './byte-stream';
import type { TermBlock } from './collect-terms';
import type { DocumentEntry } from './document-table';
import { BODY_BYTES_MAX } from './envelope';
import { lexicalKey, placesKey, postingsKey } from './keys';
import { classesOf, LENGTH_BITS } from './length-classes';
import { encodeLexicalColumns, type LexicalColumns } from './lexical-columns';
import { mergeTerms, rowLengthsOf } from './merge-terms';
import { encodePlaces, ROWS_PER_PLACES } from './places';
import { encodePostings, writeList } from './postings-value';
import { runsOf } from './record-runs';
import { BUCKETS_MAX, type LexicalDescriptor, OWN_TERMS_MAX } from './segment';
import { NO_VALUE, sizeClassOf } from './size-class';
import { type StoredItem, toBytesItem } from './stored-item';
import { bucketOf, HASH_BYTES } from './term-hash';

/** Bytes of a list from which a term has a value of its own: 300 characters of base64. */
const OWN_LIST_BYTES_MIN = 225;
/** Bytes of lists that a bucket is to have: with fewer, more envelope than postings is read. */
const BUCKET_BYTES = 200;
/** Bytes of a head with everything in it: two read units with its envelope. */
const INLINE_BYTES_MAX = 14_700;
/** Bytes of a head that is read with five units. */
const HEAD_BYTES_MAX = 37_200;

export interface LexicalParts {
  libraryId: string;
  segmentId: string;
  /** Row r of the segment is the r-th chunk of these. */
  documents: readonly DocumentEntry[];
  /** The terms of all rows, in any order and any number of blocks. */
  terms: readonly TermBlock[];
}

export interface AssembledWords {
  items: StoredItem[];
  lexical: LexicalDescriptor;
}

/** The list of a term, written. */
interface WrittenList {
  hash: number;
  /** Rows that hold the term. */
  frequency: number;
  bytes: Uint8Array;
}

/** What a segment has of words when nobody has the texts of its rows. */
export const NO_WORDS: AssembledWords = {
  items: [],
  lexical: { analysis: 0, headBytes: [], values: 0, places: 0 },
};

/** Errors: `counts_mismatch` when rows and chunks are not as many. */
export function assembleLexical(parts: LexicalParts): AssembledWords {
  const { libraryId, segmentId, documents } = parts;
  const chunks = documents.flatMap((document) => document.chunks);
  expectAllRows(parts, chunks.length);
  const lists: WrittenList[] = [];
  const writer = new ByteWriter();
  for (const { hash, rows, titles } of mergeTerms(parts.terms, documents)) {
    writer.clear();
    writeList(writer, { rows, titles });
    lists.push({ hash, frequency: rows.length, bytes: writer.finish() });
  }
  const columns = {
    rows: chunks.length,
    documents: documents.length,
    postings: lists.reduce((sum, { frequency }) => sum + frequency, 0),
    documentOfRow: Uint32Array.from(
      documents.flatMap((document, ordinal) => document.chunks.map(() => ordinal)),
    ),
    runs: runsOf(chunks),
  };
  const rowLengths = rowLengthsOf(parts.terms, chunks.length);
  const toHead = (rest: HeadRest) => fittingHead({ ...columns, ...rest }, rowLengths);
  const keyOf = (part: number) => lexicalKey(libraryId, segmentId, part);
  const analysis = ANALYSIS_VERSION;

  if (bytesOf(lists) <= INLINE_BYTES_MAX) {
    const postings = lists.length === 0 ? EMPTY : encodePostings(lists);
    const inline = { postings, places: encodePlaces(chunks) };
    const head = toHead({ ...NO_TABLE, rareBelow: 0, inline });
    if (head.length <= INLINE_BYTES_MAX) {
      const item = toBytesItem('lexical', keyOf(0), head);
      const lexical = { analysis, headBytes: [item.bytes], values: 0, places: 0 };
      return { items: [item], lexical };
    }
  }
  const { own, others, buckets } = divide(lists);
  const keyOfValue = (number: number) => postingsKey(libraryId, segmentId, number);
  const bucketItems = buckets.map((bucket, number) =>
    bucket.length === 0
      ? undefined
      : toBytesItem('postings', keyOfValue(number), encodePostings(bucket, buckets.length)),
  );
  const ownItems = own.map((list, number) => {
    const bytes = encodePostings([list]);
    // In so many rows, more than 100,000, a term tells nothing apart: only how many is kept.
    if (bytes.length > BODY_BYTES_MAX) return undefined;
    return toBytesItem('postings', keyOfValue(buckets.length + number), bytes);
  });
  const placesItems: StoredItem[] = [];
  for (let first = 0; first < chunks.length; first += ROWS_PER_PLACES) {
    const key = placesKey(libraryId, segmentId, placesItems.length);
    const block = chunks.slice(first, first + ROWS_PER_PLACES);
    placesItems.push(toBytesItem('places', key, encodePlaces(block)));
  }
  const sizesOf = (items: readonly (StoredItem | undefined)[]) =>
    Uint8Array.from(items, (item) => (item === undefined ? NO_VALUE : sizeClassOf(item.bytes)));
  const head = toHead({
    rareBelow: 1 + others.reduce((most, { frequency }) => Math.max(most, frequency), -1),
    hashes: Float64Array.from(own, ({ hash }) => hash),
    frequencies: Uint32Array.from(own, ({ frequency }) => frequency),
    sizes: sizesOf(ownItems),
    bucketSizes: sizesOf(bucketItems),
    inline: undefined,
  });
  const headItems = partsOf(head).map((bytes, part) => toBytesItem('lexical', keyOf(part), bytes));
  const values = [...bucketItems, ...ownItems].filter((item) => item !== undefined);
  return {
    items: [...values, ...placesItems, ...headItems],
    lexical: {
      analysis,
      headBytes: headItems.map(({ bytes }) => bytes),
      values: buckets.length + own.length,
      places: placesItems.length,
    },
  };
}

function expectAllRows({ segmentId, terms }: LexicalParts, chunks: number): void {
  const rows = terms.reduce((sum, block) => sum + block.rows.length, 0);
  if (rows === chunks) return;
  throw new GroundworkError({
    code: 'counts_mismatch',
    message: `segment ${segmentId}: terms of ${rows} rows for ${chunks} chunks; nothing was published. Index again`,
    facts: { rows, chunks },
  });
}

const EMPTY = new Uint8Array(0);
const NO_TABLE = {
  hashes: new Float64Array(0),
  frequencies: new Uint32Array(0),
  sizes: EMPTY,
  bucketSizes: EMPTY,
};

type HeadRest = Pick<LexicalColumns, keyof typeof NO_TABLE | 'rareBelow' | 'inline'>;

/** The head with the most exact lengths that it can have at five units. */
function fittingHead(columns: Omit<LexicalColumns, 'lengths'>, rowLengths: Uint32Array) {
  let head: Uint8Array = EMPTY;
  for (const bits of LENGTH_BITS) {
    head = encodeLexicalColumns({ ...columns, lengths: classesOf(rowLengths, bits) });
    if (head.length <= HEAD_BYTES_MAX) break;
  }
  return head;
}

/** Terms with values of their own, and the others by buckets; all by ascending hash. */
function divide(lists: readonly WrittenList[]): {
  own: WrittenList[];
  others: WrittenList[];
  buckets: WrittenList[][];
} {
  const heavy = lists
    .filter(({ bytes }) => bytes.length > OWN_LIST_BYTES_MIN)
    .sort((a, b) => b.bytes.length - a.bytes.length || a.hash - b.hash)
    .slice(0, OWN_TERMS_MAX);
  const isOwn = new Set(heavy.map(({ hash }) => hash));
  const others = lists.filter(({ hash }) => !isOwn.has(hash));
  const wanted = Math.max(1, bytesOf(others) / BUCKET_BYTES);
  const count = Math.min(BUCKETS_MAX, 2 ** Math.round(Math.log2(wanted)));
  const buckets: WrittenList[][] = Array.from({ length: count }, () => []);
  for (const list of others) buckets[bucketOf(list.hash, count)]?.push(list);
  return { own: heavy.sort((a, b) => a.hash - b.hash), others, buckets };
}

function bytesOf(lists: readonly WrittenList[]): number {
  return lists.reduce((sum, { bytes }) => sum + HASH_BYTES + bytes.length, 0);
}

/** Slices that each fit one value. */
function partsOf(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let first = 0; first === 0 || first < bytes.length; first += BODY_BYTES_MAX) {
    parts.push(bytes.subarray(first, first + BODY_BYTES_MAX));
  }
  return parts;
}
