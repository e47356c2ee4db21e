/**
 * Posting lists and records, verified: live rows and chunks of the document table are the same, one
 * for one, and every chunk has the record it was embedded from.
 */

import type { LibraryEntry } from './catalogue';
import type { ChunkRef, DocumentEntry } from './document-table';
import { openBytes } from './envelope';
import {
  COUNT_MISMATCH,
  type Finding,
  findingOf,
  missingFinding,
  RECORD_MISMATCH,
  ROWS_MISMATCH,
  SIZE_MISMATCH,
} from './findings';
import { recordKey } from './keys';
import type { ListRow } from './lexical-rows';
import type { FoundValue, MeteredReader } from './metered-reader';
import { decodePostingList, type PostingList } from './posting-list';
import { recordHash } from './prepare-document';
import { decodeRecord, RECORD_BYTES_PLANNED } from './record';
import { rowsOf } from './segment-rows';
import type { KeySize } from './stored-item';
import { isTombstoned } from './tombstones';
import type { SegmentHeadCheck } from './verify-head';

/** Decimal digits by which a checksum, and so a value, may be shorter than planned. */
const CHECKSUM_DIGITS_LESS_MAX = 9;

/** What was seen of the rows of a segment so far; small enough to be part of a cursor. */
export interface RowTally {
  live: number;
  dead: number;
  /** Sum of a hash of each live row's chunk: right only when each chunk has exactly one row. */
  sum: number;
  /** Lists that could not be read. */
  unreadable: number;
}

export const NO_ROWS: RowTally = { live: 0, dead: 0, sum: 0, unreadable: 0 };

/** A live chunk of a segment, its number in the order of the document table. */
export interface Place {
  number: number;
  ordinal: number;
  document: DocumentEntry;
  chunk: ChunkRef;
}

/** The live chunks of a segment by job and record; none where the document table is damaged. */
export function placesOf({ documents, tombstones }: SegmentHeadCheck): Map<string, Place> {
  const places = new Map<string, Place>();
  let number = 0;
  for (const [ordinal, document] of (documents ?? []).entries()) {
    if (isTombstoned(tombstones, ordinal)) continue;
    for (const chunk of document.chunks) {
      places.set(placeName(chunk), { number, ordinal, document, chunk });
      number += 1;
    }
  }
  return places;
}

interface ListCheck {
  library: LibraryEntry;
  head: SegmentHeadCheck;
  places: ReadonlyMap<string, Place>;
  number: number;
  size: KeySize;
  found: FoundValue | undefined;
}

/** Checks one list; gives the tally with its rows, and the live rows themselves. */
export function checkList(
  check: ListCheck,
  tally: RowTally,
): { findings: Finding[]; tally: RowTally; live: ListRow[] } {
  const { library, head, size, found } = check;
  const unreadable = { tally: { ...tally, unreadable: tally.unreadable + 1 }, live: [] };
  if (found === undefined) return { findings: [missingFinding(size.key)], ...unreadable };
  let list: PostingList;
  try {
    const bytes = openBytes('list', size.key, found.value);
    list = decodePostingList(size.key, bytes, library.fingerprint.dimensions);
  } catch (error) {
    return { findings: [findingOf(error, size.key)], ...unreadable };
  }
  const findings = listFindings(check, list, found.bytes);
  const next = { ...tally };
  const live: ListRow[] = [];
  let strange = 0;
  for (const row of rowsOf(list)) {
    if (isTombstoned(head.tombstones, row.ordinal)) {
      next.dead += 1;
      continue;
    }
    live.push(row);
    next.live += 1;
    const place = check.places.get(placeName(row));
    if (place !== undefined && isSamePlace(place, row)) next.sum += hashOf(place.number);
    else strange += 1;
  }
  if (strange > 0 && head.documents !== undefined) {
    const what = `${strange} of ${list.count} rows are of no chunk of the document table`;
    findings.push({ code: ROWS_MISMATCH, key: size.key, what });
  }
  return { findings, tally: next, live };
}

/** What all rows of a segment together leave amiss, once all its lists were seen. */
export function checkTally(
  head: SegmentHeadCheck,
  places: ReadonlyMap<string, Place>,
  { tally, key }: { tally: RowTally; key: string },
): Finding[] {
  // Whatever is amiss then is because of the lists that are reported already.
  if (tally.unreadable > 0) return [];
  const { descriptor, documents, isLivenessKnown } = head;
  const total = tally.live + tally.dead;
  const findings: Finding[] = [];
  const add = (code: string, what: string) => findings.push({ code, key, what });
  if (total !== descriptor.chunks) {
    add(COUNT_MISMATCH, `${total} rows in its lists, the descriptor says ${descriptor.chunks}`);
  }
  const dead = descriptor.tombstones?.chunks ?? 0;
  if (isLivenessKnown && tally.dead !== dead) {
    add(COUNT_MISMATCH, `${tally.dead} rows of deleted documents, the descriptor says ${dead}`);
  }
  let expected = 0;
  for (const { number } of places.values()) expected += hashOf(number);
  const isOneForOne = tally.live === places.size && tally.sum === expected;
  if (documents !== undefined && !isOneForOne) {
    add(ROWS_MISMATCH, `${tally.live} live rows are not those of ${places.size} chunks`);
  }
  return findings;
}

/** A chunk whose record is to be checked; less is known where its document table is damaged. */
export interface WantedRecord {
  job: string;
  record: number;
  document?: string;
  hash?: string;
}

/** Reads and checks records, side by side as batches allow. Errors: of the store. */
export async function checkRecords(
  reader: MeteredReader,
  library: LibraryEntry,
  wanted: readonly WantedRecord[],
): Promise<Finding[]> {
  const keyOf = ({ job, record }: WantedRecord) => recordKey(library.id, job, record);
  const sizes = wanted.map((one) => ({ key: keyOf(one), bytes: RECORD_BYTES_PLANNED }));
  const distinct = [...new Map(sizes.map((size) => [size.key, size])).values()];
  const found = await reader.read(distinct);
  return wanted.flatMap((one) => {
    const finding = checkRecord(library, one, keyOf(one), found.get(keyOf(one)));
    return finding === undefined ? [] : [finding];
  });
}

function checkRecord(
  { fingerprint }: LibraryEntry,
  { document, hash }: WantedRecord,
  key: string,
  found: FoundValue | undefined,
): Finding | undefined {
  if (found === undefined) return missingFinding(key, document);
  try {
    const record = decodeRecord(key, found.value, fingerprint.dimensions);
    const { scale } = record.vector;
    const isOther =
      (document !== undefined && record.document !== document) ||
      (hash !== undefined && recordHash(record) !== hash);
    const what = isOther
      ? 'its text is not that of the chunk that refers to it'
      : `a vector of scale ${scale}`;
    if (!isOther && Number.isFinite(scale) && scale > 0) return undefined;
    return { code: RECORD_MISMATCH, key, what, ...(document === undefined ? {} : { document }) };
  } catch (error) {
    return findingOf(error, key, document);
  }
}

function listFindings(
  { head, number, size }: ListCheck,
  list: PostingList,
  bytes: number,
): Finding[] {
  const { descriptor, table, documents } = head;
  const { key } = size;
  const findings: Finding[] = [];
  const isExact = descriptor.kind === 'flat';
  const isPlanned = bytes <= size.bytes && bytes >= size.bytes - CHECKSUM_DIGITS_LESS_MAX;
  // Without the table of a clustered segment nothing says how large its lists are.
  const isSizeKnown = isExact || table !== undefined;
  if (isSizeKnown && (isExact ? bytes !== size.bytes : !isPlanned)) {
    const what = `${bytes} bytes, readers plan with ${size.bytes}`;
    findings.push({ code: SIZE_MISMATCH, key, what });
  }
  const [count, runs] = [
    table?.counts[number] ?? list.count,
    table?.runs[number] ?? list.runs.length,
  ];
  if (count !== list.count || runs !== list.runs.length) {
    const what = `${list.count} rows in ${list.runs.length} runs, the centroid table says ${count} in ${runs}`;
    findings.push({ code: COUNT_MISMATCH, key, what });
  }
  const ordinals = documents?.length ?? descriptor.documents;
  const beyond = list.documents.find((ordinal) => ordinal >= ordinals);
  if (beyond !== undefined) {
    findings.push({ code: ROWS_MISMATCH, key, what: `document ${beyond} of ${ordinals}` });
  }
  return findings;
}

function isSamePlace({ ordinal, chunk }: Place, row: ListRow): boolean {
  return ordinal === row.ordinal && chunk.start === row.start && chunk.end === row.end;
}

function placeName({ job, record }: { job: string; record: number }): string {
  return `${job}:${record}`;
}

/** 32 well mixed bits of a number (murmur3's last step), so that sums of different sets differ. */
function hashOf(number: number): number {
  let mixed = Math.imul(number ^ (number >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
