/**
 * The chunks nearest a query, of several libraries at once: choose posting lists by their
 * centroids, read them, estimate every row from its code, read the records of those that may be
 * among the best, and score these by their int8 vectors. Three dependent reads, however many
 * libraries.
 */

import type { LibraryEntry } from '../index/catalogue';
import { chooseLists } from '../index/choose-lists';
import { type CoarseQuery, type CoarseScanner, createCoarseScanner } from '../index/coarse-scan';
import type { PostingList } from '../index/posting-list';
import { loadRecords } from '../index/reader';
import type { ChunkRecord } from '../index/record';
import {
  type CodeCache,
  listBytes,
  loadLists,
  type SegmentHead,
  type WantedList,
} from '../index/segment-heads';
import { isTombstoned } from '../index/tombstones';
import type { KeyValueStore } from '../platform/ports';
import { chooseCandidates } from './choose-candidates';
import type { SearchKnobs } from './knobs';
import { createRescorer, type Rescorer } from './rescoring';

export interface ScoredChunk {
  library: LibraryEntry;
  record: ChunkRecord;
  /** [start, end) of the record's text in its document, in UTF-16 units. */
  start: number;
  end: number;
  /** Cosine of query and chunk, up to the rounding of int8. */
  score: number;
}

export interface NearestQuery {
  /** Heads of the libraries' segments. */
  heads: readonly SegmentHead[];
  libraries: readonly LibraryEntry[];
  /** The embedded query of a library's model, Float32Array[dimensions] of norm 1. */
  vectorOf: (library: LibraryEntry) => Float32Array;
  k: number;
  knobs: SearchKnobs;
  cache?: CodeCache | undefined;
}

/** A row of a posting list that may be among the best. */
export interface Candidate {
  library: LibraryEntry;
  chunk: { job: string; record: number };
  start: number;
  end: number;
}

/**
 * The k best chunks of each library, best first; equal scores in order of document name and start.
 * Errors: `value_missing`, `value_corrupt`, `format_newer`.
 */
export async function nearestChunks(
  kv: KeyValueStore,
  query: NearestQuery,
): Promise<ScoredChunk[][]> {
  const scorers = new Map<number, Scorers>();
  const prepared = query.libraries.map((library) => {
    const { dimensions } = library.fingerprint;
    const { scanner, rescorer } = scorers.get(dimensions) ?? createScorers(dimensions);
    scorers.set(dimensions, { scanner, rescorer });
    const heads = query.heads.filter((head) => head.library === library);
    const vector = query.vectorOf(library);
    return { scanner, rescorer, heads, vector, coarse: scanner.prepare(vector) };
  });
  const wanted = prepared.map((one) => listsToRead(one, query));
  const loaded = await loadLists(kv, wanted.flat(), query.cache);
  let at = 0;
  const candidates = prepared.map((one, i) => {
    const chosen = (wanted[i] as WantedList[]).map(({ head }) => {
      const list = loaded[at] as PostingList;
      at += 1;
      return { head, list };
    });
    const flat = one.heads.flatMap((head) => head.lists.map((list) => ({ head, list })));
    return findCandidates(one, [...flat, ...chosen], query);
  });
  const records = await loadRecords(kv, candidates.flat());
  at = 0;
  return candidates.map((ofLibrary, i) => {
    const { rescorer, vector } = prepared[i] as (typeof prepared)[number];
    const read = records.slice(at, at + ofLibrary.length);
    at += ofLibrary.length;
    const scores = rescorer.score(
      vector,
      read.map((record) => record.vector),
    );
    const scored = ofLibrary.map(({ library, start, end }, j) => {
      const record = read[j] as ChunkRecord;
      return { library, record, start, end, score: scores[j] as number };
    });
    return scored.sort(byScore).slice(0, query.k);
  });
}

/** What scores vectors of so many dimensions, with memory of its own. */
interface Scorers {
  scanner: CoarseScanner;
  rescorer: Rescorer;
}

function createScorers(dimensions: number): Scorers {
  return { scanner: createCoarseScanner(dimensions), rescorer: createRescorer(dimensions) };
}

/** A query made ready for the segments of one library. */
export interface PreparedQuery {
  heads: readonly SegmentHead[];
  scanner: CoarseScanner;
  coarse: CoarseQuery;
}

/** The lists to read of each clustered segment; a tombstoned row counts as any other. */
export function listsToRead(
  { heads, scanner, coarse }: PreparedQuery,
  { k, knobs }: Pick<NearestQuery, 'k' | 'knobs'>,
): WantedList[] {
  return heads.flatMap((head) => {
    const { table } = head;
    if (table === undefined) return [];
    const statistics = {
      dimensions: table.dimensions,
      scores: scanner.scoreCentroids(coarse, table),
      radii: table.radii,
      counts: table.counts,
      bytes: (number: number) => listBytes(table, number),
    };
    const { coverage } = knobs;
    const { spread } = head.descriptor;
    return chooseLists(statistics, k, { coverage, spread }).map((number) => ({ head, number }));
  });
}

/** The rows of these lists that may be among the k best by the errors of their codes. */
export function findCandidates(
  { scanner, coarse }: Pick<PreparedQuery, 'scanner' | 'coarse'>,
  lists: readonly { head: SegmentHead; list: PostingList }[],
  { k, knobs }: Pick<NearestQuery, 'k' | 'knobs'>,
): Candidate[] {
  const rows = lists.reduce((sum, { list }) => sum + list.count, 0);
  const estimates = new Float32Array(rows);
  const errors = new Float32Array(rows);
  const firstRow: number[] = [];
  let at = 0;
  for (const { head, list } of lists) {
    const scores = scanner.scoreList(coarse, list);
    if (head.tombstones !== undefined) {
      for (let row = 0; row < list.count; row += 1) {
        const isGone = isTombstoned(head.tombstones, list.documents[row] as number);
        if (isGone) scores.estimates[row] = Number.NEGATIVE_INFINITY;
      }
    }
    estimates.set(scores.estimates, at);
    errors.set(scores.errors, at);
    firstRow.push(at);
    at += list.count;
  }
  return chooseCandidates({ estimates, errors }, k, knobs).map((position) => {
    const number = lastNotAbove(firstRow, position);
    const { head, list } = lists[number] as { head: SegmentHead; list: PostingList };
    return toCandidate(head.library, list, position - (firstRow[number] as number));
  });
}

function toCandidate(library: LibraryEntry, list: PostingList, row: number): Candidate {
  const start = list.starts[row] as number;
  const record = list.records[row] as number;
  const end = start + (list.lengths[row] as number);
  return { library, chunk: { job: jobOf(list, row), record }, start, end };
}

function jobOf(list: PostingList, row: number): string {
  let end = 0;
  for (const { job, rows } of list.runs) {
    end += rows;
    if (row < end) return job;
  }
  return '';
}

/** Position of the last number that is not above the value; the first is 0. */
function lastNotAbove(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] as number) <= value) low = middle;
    else high = middle;
  }
  return low;
}

function byScore(a: ScoredChunk, b: ScoredChunk): number {
  if (a.score !== b.score) return b.score - a.score;
  if (a.record.document !== b.record.document)
    return a.record.document < b.record.document ? -1 : 1;
  return a.start - b.start;
}
