/** What a library of so many vectors stores and reads, reckoned from the layout of its values. */

import { INLINE_CHARACTERS_MAX } from '../../src/index/assemble-lists';
import { listsFor } from '../../src/index/build-segment';
import { encodeCentroidTable } from '../../src/index/centroid-table';
import { encodeDocuments } from '../../src/index/document-table';
import { sealedBytes } from '../../src/index/envelope';
import { centroidsKey, documentsKey, recordKey } from '../../src/index/keys';
import { codeBytes } from '../../src/index/posting-list';
import { DEFAULT_SEAL_KNOBS } from '../../src/index/seal-knobs';
import { listKeySize } from '../../src/index/segment';
import { type KeySize, toItem } from '../../src/index/stored-item';
import { KVS_UNIT_BYTES } from '../../src/platform/limits';
import { documentsOf, JOB_ID, LIBRARY_ID } from '../vectors/library';
import { bytesOfItems, recordBytesOf, unitsOfItems } from '../vectors/read-units';

/** Catalogue and index manifest, in figures measured once. */
const ENTITY_VALUES = 2;
const ENTITY_BYTES = 1_400;
const PUBLISH_UNITS = 4;
const CATALOGUE_BYTES = 600;
/** A request is rounded up to whole units: half a unit on average. */
const ROUNDING_UNITS = 0.5;

export interface LibrarySize {
  n: number;
  dims: number;
}

export interface Stored {
  values: number;
  bytes: number;
  writeUnits: number;
}

export interface ColdQuery {
  units: number;
  bytes: number;
  roundTrips: number;
}

/** A library written at once. */
export function storedOf(size: LibrarySize): Stored {
  const { table } = tableOf(size);
  const items = [recordsOf(size), listsOf(size), table, documentPartsOf(size)];
  const units = items.map(unitsOfItems).reduce((sum, each) => sum + each, 0);
  const bytes = items.map(bytesOfItems).reduce((sum, each) => sum + each, 0);
  return {
    values: ENTITY_VALUES + items.reduce((sum, each) => sum + each.length, 0),
    bytes: ENTITY_BYTES + bytes,
    writeUnits: PUBLISH_UNITS + units,
  };
}

/** The mean query that reads so many lists and records. */
export function coldQueryOf(
  size: LibrarySize,
  { lists, records }: { lists: number; records: number },
): ColdQuery {
  const { table, inlineBytes } = tableOf(size);
  const listBytes = lists * meanBytes(listsOf(size));
  const recordBytes = records * recordBytesOf(size.dims);
  const catalogueBytes = CATALOGUE_BYTES + inlineBytes;
  return {
    units:
      Math.ceil(catalogueBytes / KVS_UNIT_BYTES) +
      unitsOfItems(table) +
      unitsOnAverage(listBytes) +
      unitsOnAverage(recordBytes),
    bytes: catalogueBytes + bytesOfItems(table) + listBytes + recordBytes,
    roundTrips: table.length > 0 ? 4 : 3,
  };
}

function unitsOnAverage(bytes: number): number {
  return Math.max(1, bytes / KVS_UNIT_BYTES + ROUNDING_UNITS);
}

function recordsOf({ n, dims }: LibrarySize): KeySize[] {
  const bytes = recordBytesOf(dims);
  return Array.from({ length: n }, (_, row) => ({
    key: recordKey(LIBRARY_ID, JOB_ID, row),
    bytes,
  }));
}

/** Lists of equal length, whose rows are of one job. */
function listsOf({ n, dims }: LibrarySize): KeySize[] {
  const lists = listsFor(n);
  const count = Math.ceil(n / lists);
  return Array.from({ length: lists }, (_, number) =>
    listKeySize(LIBRARY_ID, JOB_ID, { number, dimensions: dims, count, runs: 1 }),
  );
}

/** The values of the centroid table, or the bytes that it adds to the catalogue. */
function tableOf({ n, dims }: LibrarySize): { table: KeySize[]; inlineBytes: number } {
  const lists = listsFor(n);
  const bits = codeBytes(Math.min(dims, DEFAULT_SEAL_KNOBS.tableBitsMax)) * 8;
  const parts = encodeCentroidTable({
    dimensions: dims,
    bits,
    lists,
    codes: new Uint8Array((lists * bits) / 8),
    scales: new Float32Array(lists),
    radii: new Float32Array(lists),
    counts: new Uint32Array(lists).fill(1),
    runs: new Uint32Array(lists).fill(1),
  });
  const [first] = parts;
  const characters = Math.ceil((first?.length ?? 0) / 3) * 4;
  if (parts.length === 1 && characters <= INLINE_CHARACTERS_MAX) {
    return { table: [], inlineBytes: characters };
  }
  const table = parts.map(({ length }, part) => {
    const key = centroidsKey(LIBRARY_ID, JOB_ID, part);
    return { key, bytes: key.length + sealedBytes('centroids', length) };
  });
  return { table, inlineBytes: 0 };
}

function documentPartsOf({ n }: LibrarySize): KeySize[] {
  const segment = { id: JOB_ID, documentsJob: JOB_ID };
  return encodeDocuments(documentsOf(n)).map((body, part) =>
    toItem('documents', documentsKey(LIBRARY_ID, segment, part), body),
  );
}

function meanBytes(items: readonly KeySize[]): number {
  return bytesOfItems(items) / items.length;
}
