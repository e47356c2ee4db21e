/** Reading a library: its segments decoded, and reads that see one generation, whole. */

import type { KeyValueStore, Platform } from '../platform/ports';
import { type Catalogue, type LibraryEntry, loadCatalogue } from './catalogue';
import { recordKey } from './keys';
import { isValueMissing, readValues } from './read-values';
import { type ChunkRecord, decodeRecord } from './record';
import {
  type ChunkRef,
  type DocumentEntry,
  decodeDocuments,
  decodeVectors,
  type SegmentDescriptor,
  segmentKeys,
  type VectorRows,
} from './segment';

/**
 * Planned size of a record, in bytes: the largest that leaves 25 in a safe batch. A chunk of at
 * most 480 estimated tokens with a vector of 3,072 dimensions is a quarter of it in any script; ten
 * thousand tabs can be more, and then a batch exceeds the safe payload but not the platform's.
 */
const RECORD_BYTES_PLANNED = 36_000;

export interface LoadedSegment {
  vectors: VectorRows;
  documents: DocumentEntry[];
  /** Which document and chunk a row of `vectors` is. */
  rows: { document: DocumentEntry; chunk: ChunkRef }[];
}

/**
 * Runs a read against the live catalogue. When a value is missing because a newer generation was
 * published and the old one swept meanwhile, the catalogue is read again and the read starts over,
 * once; only a value missing from an unchanged generation is an error.
 */
export async function readGeneration<T>(
  platform: Pick<Platform, 'entities'>,
  read: (catalogue: Catalogue) => Promise<T>,
): Promise<T> {
  const catalogue = await loadCatalogue(platform.entities);
  try {
    return await read(catalogue);
  } catch (error) {
    if (!isValueMissing(error)) throw error;
    const newer = await loadCatalogue(platform.entities);
    if (newer.generation === catalogue.generation) throw error;
    return read(newer);
  }
}

/**
 * Reads one segment in one round trip.
 * Errors: `value_missing`, `value_corrupt`, `format_newer`.
 */
export async function loadSegment(
  kv: KeyValueStore,
  library: Pick<LibraryEntry, 'id' | 'fingerprint'>,
  descriptor: SegmentDescriptor,
): Promise<LoadedSegment> {
  const keys = segmentKeys(library.id, descriptor);
  const values = await readValues(kv, [...keys.vectors, ...keys.documents]);
  const vectors = decodeVectors(values.slice(0, keys.vectors.length), {
    count: descriptor.chunks,
    dimensions: library.fingerprint.dimensions,
  });
  const documents = decodeDocuments(values.slice(keys.vectors.length), descriptor.chunks);
  const rows = documents.flatMap((document) =>
    document.chunks.map((chunk) => ({ document, chunk })),
  );
  return { vectors, documents, rows };
}

/** Reads a segment's document table alone. Errors: as `loadSegment`. */
export async function loadDocuments(
  kv: KeyValueStore,
  libraryId: string,
  descriptor: SegmentDescriptor,
): Promise<DocumentEntry[]> {
  const values = await readValues(kv, segmentKeys(libraryId, descriptor).documents);
  return decodeDocuments(values, descriptor.chunks);
}

/** Reads the records of hits, whatever libraries they are of, in one round trip. */
export async function loadRecords(
  kv: KeyValueStore,
  wanted: readonly { library: LibraryEntry; chunk: ChunkRef }[],
): Promise<ChunkRecord[]> {
  const values = await readValues(
    kv,
    wanted.map(({ library, chunk }) => ({
      key: recordKey(library.id, chunk.job, chunk.record),
      bytes: RECORD_BYTES_PLANNED,
    })),
  );
  return values.map(({ key, value }, i) =>
    decodeRecord(
      key,
      value,
      (wanted[i] as { library: LibraryEntry }).library.fingerprint.dimensions,
    ),
  );
}
