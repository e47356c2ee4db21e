/**
 * The words of a segment, verified: the head against descriptor and document table, every value of
 * postings against the head, and every place against the document table.
 */

import type { LibraryEntry } from './catalogue';
import type { DocumentEntry } from './document-table';
import { openBytes } from './envelope';
import {
  COUNT_MISMATCH,
  type Finding,
  findingOf,
  missingFinding,
  ROWS_MISMATCH,
  SIZE_MISMATCH,
} from './findings';
import { placesKey, postingsKey, segmentPrefix } from './keys';
import type { LexicalHead } from './lexical-head';
import type { FoundValue } from './metered-reader';
import { decodePlaces, type Place, ROWS_PER_PLACES, rowsOfBlock } from './places';
import { decodePostings, findHash, type PostingsValue, rowCountsOf } from './postings-value';
import type { RecordPlace } from './record-runs';
import type { SegmentDescriptor } from './segment';
import { bytesOfClass, NO_VALUE, sizeClassOf } from './size-class';
import type { KeySize } from './stored-item';
import { isTombstoned, type Tombstones } from './tombstones';

/** What was seen of the postings of a segment so far; part of a cursor. */
export interface WordTally {
  postings: number;
  /** Values that could not be read. */
  unreadable: number;
}

export const NO_WORDS_SEEN: WordTally = { postings: 0, unreadable: 0 };

/** A segment of which the head of its words could be read. */
export interface WordCheck {
  library: LibraryEntry;
  descriptor: SegmentDescriptor;
  lexical: LexicalHead;
  /** Undefined where the document table is damaged. */
  documents: readonly DocumentEntry[] | undefined;
  tombstones: Tombstones | undefined;
}

/** A value beside the head, or what stands in the head in its place. */
export interface WordValue extends KeySize {
  kind: 'postings' | 'places';
  number: number;
}

/** Rows of the head that are not of the chunks that the document table has in their place. */
export function checkRows({ library, descriptor, lexical, documents }: WordCheck): Finding[] {
  if (documents === undefined) return [];
  let strange = 0;
  let row = 0;
  while (row < lexical.rows) {
    const ordinal = lexical.documentOfRow[row] as number;
    const first = row;
    while (lexical.documentOfRow[row] === ordinal) row += 1;
    const chunks = documents[ordinal]?.chunks ?? [];
    // Of a document that was taken out of the table nothing can be said.
    if (chunks.length === 0 && descriptor.tombstones !== null) continue;
    if (chunks.length !== row - first) strange += row - first;
    else strange += chunks.filter((chunk, i) => !isRecord(lexical, first + i, chunk)).length;
  }
  if (strange === 0) return [];
  const what = `${strange} of ${lexical.rows} rows are of no chunk of the document table`;
  return [{ code: ROWS_MISMATCH, key: segmentPrefix(library.id, descriptor.id), what }];
}

/** The records of all rows that no tombstone covers. */
export function liveRecords({ lexical, tombstones }: WordCheck): RecordPlace[] {
  return Array.from(lexical.documentOfRow.keys())
    .filter((row) => !isTombstoned(tombstones, lexical.documentOfRow[row] as number))
    .map((row) => lexical.recordOf(row));
}

/** All values beside the head, in the order in which they are checked. */
export function wordValues({ library, descriptor, lexical }: WordCheck): WordValue[] {
  const { bucketSizes, sizes } = lexical.columns;
  const values: WordValue[] = [];
  for (const [number, size] of [...bucketSizes, ...sizes].entries()) {
    if (size === NO_VALUE) continue;
    const key = postingsKey(library.id, descriptor.id, number);
    values.push({ kind: 'postings', number, key, bytes: bytesOfClass(size) });
  }
  for (let number = 0; number < descriptor.lexical.places; number += 1) {
    const key = placesKey(library.id, descriptor.id, number);
    const { bytes } = lexical.placeValueOf(number * ROWS_PER_PLACES);
    values.push({ kind: 'places', number, key, bytes });
  }
  return values;
}

/** Checks one value; gives the tally with its postings. */
export function checkWordValue(
  check: WordCheck,
  value: WordValue,
  found: FoundValue | undefined,
  tally: WordTally,
): { findings: Finding[]; tally: WordTally } {
  const unreadable = { ...tally, unreadable: tally.unreadable + 1 };
  if (found === undefined) return { findings: [missingFinding(value.key)], tally: unreadable };
  try {
    const bytes = openBytes(value.kind, value.key, found.value);
    if (value.kind === 'places') {
      const rows = rowsOfBlock(check.lexical.rows, value.number);
      const places = decodePlaces(value.key, bytes, { rows });
      const first = value.number * ROWS_PER_PLACES;
      return { findings: checkPlaces(check, places, { first, key: value.key }), tally };
    }
    const counts = checkPostings(check, value, bytes);
    const isPlanned = bytesOfClass(sizeClassOf(found.bytes)) === value.bytes;
    const size = `${found.bytes} bytes, readers plan with ${value.bytes}`;
    const sized = isPlanned ? [] : [{ code: SIZE_MISMATCH, key: value.key, what: size }];
    const postings = tally.postings + counts.postings;
    return { findings: [...sized, ...counts.findings], tally: { ...tally, postings } };
  } catch (error) {
    return { findings: [findingOf(error, value.key)], tally: unreadable };
  }
}

/** What all values together leave amiss, once all were seen; of a small segment the head itself. */
export function checkWordTally(check: WordCheck, tally: WordTally): Finding[] {
  const { library, descriptor, lexical } = check;
  const { columns, inline } = lexical;
  const key = segmentPrefix(library.id, descriptor.id);
  const findings = inline === undefined ? [] : checkPlaces(check, inline.places, { first: 0, key });
  // Whatever is amiss then is because of the values that are reported already.
  if (tally.unreadable > 0) return findings;
  let postings = tally.postings;
  if (inline?.postings !== undefined) postings += sum(rowCountsOf(inline.postings));
  // Of a term in very many rows no postings are kept.
  for (const [i, size] of columns.sizes.entries()) {
    if (size === NO_VALUE) postings += columns.frequencies[i] as number;
  }
  if (postings === columns.postings) return findings;
  const what = `${postings} postings in its values, their head says ${columns.postings}`;
  return [...findings, { code: COUNT_MISMATCH, key, what }];
}

function checkPostings(
  { lexical }: WordCheck,
  { key, number }: WordValue,
  bytes: Buffer,
): { findings: Finding[]; postings: number } {
  const { rows, documents, bucketSizes, hashes, frequencies, rareBelow } = lexical.columns;
  const buckets = bucketSizes.length;
  const limits = { rows, documents };
  const isBucket = number < buckets;
  const place = isBucket ? { buckets, bucket: number } : undefined;
  const value = decodePostings(key, bytes, limits, place);
  const counts = rowCountsOf(value);
  const postings = sum(counts);
  const what = isBucket
    ? bucketAmiss(value, counts, { hashes, rareBelow })
    : ownAmiss(value, postings, {
        hash: hashes[number - buckets] as number,
        frequency: frequencies[number - buckets] as number,
      });
  const findings = what === undefined ? [] : [{ code: COUNT_MISMATCH, key, what }];
  return { findings, postings };
}

function bucketAmiss(
  value: PostingsValue,
  counts: Uint32Array,
  { hashes, rareBelow }: { hashes: Float64Array; rareBelow: number },
): string | undefined {
  const most = counts.reduce((a, b) => Math.max(a, b), 0);
  if (most >= rareBelow) return `a term in ${most} rows, their head says below ${rareBelow}`;
  const isOwn = value.hashes.some((hash) => findHash(hashes, hash) !== undefined);
  return isOwn ? 'a term that has a value of its own' : undefined;
}

function ownAmiss(
  value: PostingsValue,
  postings: number,
  { hash, frequency }: { hash: number; frequency: number },
): string | undefined {
  if (value.hashes.length !== 1 || value.hashes[0] !== hash) return 'of another term';
  if (postings === frequency) return undefined;
  return `a term in ${postings} rows, their head says ${frequency}`;
}

/** Places of live rows that the document table has otherwise. */
function checkPlaces(
  { lexical, documents, tombstones }: WordCheck,
  places: readonly Place[],
  { first, key }: { first: number; key: string },
): Finding[] {
  if (documents === undefined) return [];
  const strange = places.filter(({ start, end }, i) => {
    const ordinal = lexical.documentOfRow[first + i] as number;
    if (isTombstoned(tombstones, ordinal)) return false;
    const firstRow = firstRowOf(lexical, ordinal);
    const chunk = documents[ordinal]?.chunks[first + i - firstRow];
    return chunk?.start !== start || chunk.end !== end;
  });
  if (strange.length === 0) return [];
  const what = `${strange.length} of ${places.length} places are not those of the document table`;
  return [{ code: ROWS_MISMATCH, key, what }];
}

function firstRowOf({ documentOfRow }: LexicalHead, ordinal: number): number {
  let low = 0;
  let high = documentOfRow.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((documentOfRow[middle] as number) < ordinal) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isRecord(
  lexical: LexicalHead,
  row: number,
  chunk: { job: string; record: number },
): boolean {
  const { job, record } = lexical.recordOf(row);
  return job === chunk.job && record === chunk.record;
}

function sum(counts: Uint32Array): number {
  return counts.reduce((total, count) => total + count, 0);
}
