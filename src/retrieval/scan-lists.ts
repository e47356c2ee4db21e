/**
 * The vector half of a query before any record is read: which posting lists to read, and what
 * their rows are estimated to score.
 */

import type { LibraryEntry } from '../index/catalogue';
import { chooseLists } from '../index/choose-lists';
import type { CoarseQuery, CoarseScanner } from '../index/coarse-scan';
import type { PostingList } from '../index/posting-list';
import { listBytes, type SegmentHead, type WantedList } from '../index/segment-heads';
import { isTombstoned } from '../index/tombstones';
import type { SearchKnobs } from './knobs';

/** A row of a posting list that may be among the best. */
export interface Candidate {
  library: LibraryEntry;
  head: SegmentHead;
  /** Ordinal of its document in the segment. */
  document: number;
  chunk: { job: string; record: number };
  start: number;
  end: number;
}

/** A query made ready for the segments of one library. */
export interface PreparedQuery {
  heads: readonly SegmentHead[];
  scanner: CoarseScanner;
  coarse: CoarseQuery;
}

export interface ReadList {
  head: SegmentHead;
  list: PostingList;
  /** Its number in the centroid table; undefined of a flat segment. */
  number?: number;
}

/** All rows of the lists read, one list after the other. */
export interface ScannedLists {
  lists: readonly ReadList[];
  /** Estimated cosines; -Infinity for a row whose document is deleted or filtered out. */
  estimates: Float32Array;
  /** Standard errors of the estimates. */
  errors: Float32Array;
  /** Position of each list's first row. */
  firstRow: number[];
}

/** The lists to read of each clustered segment; a tombstoned row counts as any other. */
export function listsToRead(
  { heads, scanner, coarse }: PreparedQuery,
  { k, knobs }: { k: number; knobs: Pick<SearchKnobs, 'coverage'> },
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

export function scanLists(
  { scanner, coarse }: Pick<PreparedQuery, 'scanner' | 'coarse'>,
  lists: readonly ReadList[],
): ScannedLists {
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
  return { lists, estimates, errors, firstRow };
}

/** The chunk of a row, by its position among all rows scanned. */
export function candidateAt({ lists, firstRow }: ScannedLists, position: number): Candidate {
  const number = lastNotAbove(firstRow, position);
  const { head, list } = lists[number] as ReadList;
  const row = position - (firstRow[number] as number);
  const start = list.starts[row] as number;
  const end = start + (list.lengths[row] as number);
  const chunk = { job: jobOf(list, row), record: list.records[row] as number };
  const document = list.documents[row] as number;
  return { library: head.library, head, document, chunk, start, end };
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
