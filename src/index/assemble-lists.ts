/**
 * From coded rows to posting lists in order of their centroids, and the centroid table that says
 * which there are.
 */

import { GroundworkError } from '../errors';
import type { FourBitVector } from '../quantization/four-bit';
import { calibrateSpread, type Probes } from './calibrate-spread';
import { decodeCentroidTable, encodeCentroidTable } from './centroid-table';
import type { DocumentEntry } from './document-table';
import type { Clustering, EncodedRows } from './encode-rows';
import { centroidsKey, listKey } from './keys';
import { codeBytes, encodePostingList, type PostingList, postingListRowsMax } from './posting-list';
import type { SealKnobs } from './seal-knobs';
import type { SegmentDescriptor } from './segment';
import { type StoredItem, toBase64, toBytesItem, toItem } from './stored-item';
import { type FilledList, tableOf } from './table-of-lists';

/** A table this small stands in the catalogue: a round trip and a value less. */
export const INLINE_CHARACTERS_MAX = 12_000;

export interface ListParts {
  libraryId: string;
  segmentId: string;
  clustering: Clustering;
  /** What the spread of a clustered segment is calibrated with. */
  probes: Probes;
  /** The codes of all rows of the segment, in any order and any number of blocks. */
  encoded: readonly EncodedRows[];
  /** Row r of the segment is the r-th chunk of these. */
  documents: readonly DocumentEntry[];
  /** Characters of centroid table that the catalogue still has room for. */
  inlineCharactersMax: number;
  knobs?: SealKnobs;
}

export interface AssembledLists {
  items: StoredItem[];
  descriptor: Pick<SegmentDescriptor, 'kind' | 'listCount' | 'lists' | 'table' | 'spread'>;
}

/** What a segment has in the place of lists when its chunks have no vectors. */
export const NO_LISTS: AssembledLists = {
  items: [],
  descriptor: { kind: 'flat', listCount: 0, lists: [], table: [], spread: 0 },
};

/** Errors: `counts_mismatch` when codes and chunks are not as many. */
export function assembleLists(parts: ListParts): AssembledLists {
  const { libraryId, segmentId, clustering } = parts;
  const places = placesOf(parts.documents);
  const rows = parts.encoded.reduce((sum, { count }) => sum + count, 0);
  if (rows !== places.count) {
    throw new GroundworkError({
      code: 'counts_mismatch',
      message: `segment ${segmentId}: ${rows} codes for ${places.count} chunks; nothing was published. Index again`,
      facts: { codes: rows, chunks: places.count },
    });
  }
  const lists = groupRows(parts, places);
  const listItems = lists.map(({ list }, number) =>
    toBytesItem('list', listKey(libraryId, segmentId, number), encodePostingList(list)),
  );
  const listCount = lists.length;
  if (clustering.count === 1) {
    const sizes = listItems.map(({ bytes }) => bytes);
    return {
      items: listItems,
      descriptor: { kind: 'flat', listCount, lists: sizes, table: [], spread: 0 },
    };
  }
  const encodedTable = encodeCentroidTable(tableOf(clustering, lists, parts.knobs));
  const spread = calibrate(parts, lists, encodedTable, listItems);
  const { items, table } = tableItems(parts, encodedTable);
  return {
    items: [...listItems, ...items],
    descriptor: { kind: 'clustered', listCount, lists: [], table, spread },
  };
}

/** The table for the descriptor where it is small, and in values of its own where it is not. */
function tableItems(
  { libraryId, segmentId, inlineCharactersMax }: ListParts,
  encoded: readonly Uint8Array[],
): { items: StoredItem[]; table: string | number[] } {
  const bodies = encoded.map(toBase64);
  const inlineMax = Math.min(INLINE_CHARACTERS_MAX, inlineCharactersMax);
  const [only] = bodies;
  if (bodies.length === 1 && only !== undefined && only.length <= inlineMax) {
    return { items: [], table: only };
  }
  const items = bodies.map((body, part) =>
    toItem('centroids', centroidsKey(libraryId, segmentId, part), body),
  );
  return { items, table: items.map(({ bytes }) => bytes) };
}

/** Calibrates with the table as readers will decode it. */
function calibrate(
  { clustering, probes }: ListParts,
  lists: readonly FilledList[],
  table: readonly Uint8Array[],
  listItems: readonly StoredItem[],
): number {
  const { dimensions } = clustering;
  const chunks = lists.reduce((sum, { list }) => sum + list.count, 0);
  const parts = table.map((bytes, part) => ({ key: `part ${part}`, bytes: Buffer.from(bytes) }));
  const listOf = new Uint32Array(chunks);
  for (const [number, { rows }] of lists.entries()) for (const row of rows) listOf[row] = number;
  const bytesOf = (list: number) => listItems[list]?.bytes ?? 0;
  const decoded = decodeCentroidTable(parts, { dimensions, chunks });
  return calibrateSpread(decoded, probes, listOf, bytesOf);
}

/** Where each row's chunk lies, column by column. */
interface Places {
  count: number;
  documents: Uint32Array;
  jobs: string[];
  /** Index into `jobs`. */
  jobOf: Uint32Array;
  records: Uint32Array;
  starts: Uint32Array;
  lengths: Uint32Array;
}

function placesOf(documents: readonly DocumentEntry[]): Places {
  const count = documents.reduce((sum, document) => sum + document.chunks.length, 0);
  const column = () => new Uint32Array(count);
  const places: Places = {
    count,
    documents: column(),
    jobs: [],
    jobOf: column(),
    records: column(),
    starts: column(),
    lengths: column(),
  };
  const numbers = new Map<string, number>();
  let row = 0;
  for (const [ordinal, document] of documents.entries()) {
    for (const { start, end, job, record } of document.chunks) {
      let number = numbers.get(job);
      if (number === undefined) {
        number = places.jobs.push(job) - 1;
        numbers.set(job, number);
      }
      places.documents[row] = ordinal;
      places.jobOf[row] = number;
      places.records[row] = record;
      places.starts[row] = start;
      places.lengths[row] = end - start;
      row += 1;
    }
  }
  return places;
}

/** Rows by centroid, each group cut so that a list is one value; ordered by job and record. */
function groupRows({ clustering, encoded }: ListParts, places: Places): FilledList[] {
  const groups: GroupedRow[][] = Array.from({ length: clustering.count }, () => []);
  for (const block of encoded) {
    for (let at = 0; at < block.count; at += 1) {
      groups[block.lists[at] as number]?.push({ block, at });
    }
  }
  const orderOf = ({ block, at }: GroupedRow) => {
    const row = block.rows[at] as number;
    return (places.jobOf[row] as number) * 2 ** 24 + (places.records[row] as number);
  };
  return groups.flatMap((group, centroid) => {
    group.sort((a, b) => orderOf(a) - orderOf(b));
    return cut(group, clustering.dimensions, places).map((rows) => {
      const list = fill(rows, clustering, centroid, places);
      let squares = 0;
      for (const { block, at } of rows) squares += block.squaredNorms[at] as number;
      const numbers = Uint32Array.from(rows, ({ block, at }) => block.rows[at] as number);
      return { list, rows: numbers, centroid, radius: Math.sqrt(squares / rows.length) };
    });
  });
}

interface GroupedRow {
  block: EncodedRows;
  at: number;
}

/** The group in slices that each fit one value. */
function cut(group: readonly GroupedRow[], dimensions: number, places: Places): GroupedRow[][] {
  const slices: GroupedRow[][] = [];
  let slice: GroupedRow[] = [];
  let runs = 0;
  let rowsMax = 0;
  let lastJob = -1;
  for (const row of group) {
    const job = places.jobOf[row.block.rows[row.at] as number] as number;
    if (job !== lastJob) {
      runs += 1;
      rowsMax = postingListRowsMax(dimensions, runs);
    }
    if (slice.length >= rowsMax) {
      slices.push(slice);
      slice = [];
      runs = 1;
      rowsMax = postingListRowsMax(dimensions, runs);
    }
    slice.push(row);
    lastJob = job;
  }
  if (slice.length > 0) slices.push(slice);
  return slices;
}

function fill(
  rows: readonly GroupedRow[],
  clustering: Clustering,
  centroid: number,
  places: Places,
): PostingList {
  const { dimensions } = clustering;
  const count = rows.length;
  const stride = codeBytes(dimensions);
  const column = () => new Uint32Array(count);
  const list: PostingList = {
    dimensions,
    count,
    centroid: clustering.centroids[centroid] as FourBitVector,
    runs: [],
    codes: new Uint8Array(count * stride),
    factors: new Float32Array(count),
    offsets: new Float32Array(count),
    documents: column(),
    records: column(),
    starts: column(),
    lengths: column(),
  };
  for (const [i, { block, at }] of rows.entries()) {
    const row = block.rows[at] as number;
    list.codes.set(block.codes.subarray(at * stride, (at + 1) * stride), i * stride);
    list.factors[i] = block.factors[at] as number;
    list.offsets[i] = block.offsets[at] as number;
    list.documents[i] = places.documents[row] as number;
    list.records[i] = places.records[row] as number;
    list.starts[i] = places.starts[row] as number;
    list.lengths[i] = places.lengths[row] as number;
    const job = places.jobs[places.jobOf[row] as number] as string;
    const last = list.runs.at(-1);
    if (last?.job === job) last.rows += 1;
    else list.runs.push({ job, rows: 1 });
  }
  return list;
}
