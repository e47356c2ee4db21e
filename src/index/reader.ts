/** Reading a library: what a query and a job need of its segments, one generation of it, whole. */

import type { JsonValue, KeyValueStore, Platform } from '../platform/ports';
import { type Catalogue, type LibraryEntry, loadCatalogue } from './catalogue';
import { type ChunkRef, type DocumentEntry, decodeDocuments } from './document-table';
import { openBytes } from './envelope';
import { recordKey } from './keys';
import { isValueMissing, readValues } from './read-values';
import { type ChunkRecord, decodeRecord, RECORD_BYTES_PLANNED } from './record';
import { liveChunks, type SegmentDescriptor, segmentKeys } from './segment';
import type { KeySize } from './stored-item';
import { decodeTombstones, isTombstoned, type Tombstones } from './tombstones';

/** A segment as a job sees it: which documents it was sealed with, and which of them are gone. */
export interface SegmentDocuments {
  descriptor: SegmentDescriptor;
  /** In the order of their ordinals. */
  documents: DocumentEntry[];
  tombstones: Tombstones | undefined;
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
 * Reads the document tables and tombstones of segments, in one round trip. Descriptors of the same
 * segment share what they have in common.
 * Errors: `value_missing`, `value_corrupt`, `format_newer`.
 */
export async function loadSegmentDocuments(
  kv: KeyValueStore,
  libraryId: string,
  descriptors: readonly SegmentDescriptor[],
): Promise<SegmentDocuments[]> {
  const keys = descriptors.map((descriptor) => segmentKeys(libraryId, descriptor));
  const values = new Map<string, { key: string; value: JsonValue }>();
  // States of one segment may share a table, and a batch takes each key once.
  const wanted = keys.flatMap(({ documents, tombstones }) => [...documents, ...tombstones]);
  const distinct = [...new Map(wanted.map((item) => [item.key, item])).values()];
  for (const item of await readValues(kv, distinct)) values.set(item.key, item);
  const read = ({ key }: KeySize) => values.get(key) as { key: string; value: JsonValue };
  const tables = new Map<string, DocumentEntry[]>();
  return descriptors.map((descriptor, i) => {
    const { documents: parts, tombstones: marks } = keys[i] as (typeof keys)[number];
    const { chunks, documents: count } = descriptor;
    const expected = { documents: count, chunks, liveChunks: liveChunks(descriptor) };
    const table = `${descriptor.id}:${descriptor.documentsJob}`;
    const documents = tables.get(table) ?? decodeDocuments(parts.map(read), expected);
    tables.set(table, documents);
    const [stored] = marks.map(read);
    const tombstones =
      stored &&
      decodeTombstones(stored.key, openBytes('tombstones', stored.key, stored.value), {
        documents: count,
      });
    return { descriptor, documents, tombstones };
  });
}

/** The documents of segments that no tombstone covers. */
export function liveDocuments(segments: readonly SegmentDocuments[]): DocumentEntry[] {
  return segments.flatMap(({ documents, tombstones }) =>
    documents.filter((_, ordinal) => !isTombstoned(tombstones, ordinal)),
  );
}

/** Reads the records of hits, whatever libraries they are of, in one round trip. */
export async function loadRecords(
  kv: KeyValueStore,
  wanted: readonly { library: LibraryEntry; chunk: Pick<ChunkRef, 'job' | 'record'> }[],
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
