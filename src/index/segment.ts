/**
 * A segment: the immutable output of one seal. Its posting lists hold the codes of its chunks, a
 * centroid table says which lists there are, and a document table which documents; a head and
 * values of postings say which words its chunks have. It refers to records and does not own them.
 * What changes with time stands beside it under keys of their own: tombstones for documents that
 * are gone, and the document table without their names.
 */

import { sealedBytes } from './envelope';
import {
  centroidsKey,
  documentsKey,
  lexicalKey,
  listKey,
  placesKey,
  postingsKey,
  tombstonesKey,
} from './keys';
import { postingListBytes } from './posting-list';
import type { KeySize } from './stored-item';

/** What a reader must know before it asks: which values there are, and how large they are. */
export interface SegmentDescriptor {
  id: string;
  /** Chunks and documents that were sealed, the tombstoned ones included. */
  chunks: number;
  documents: number;
  /** A flat segment has lists about one centroid and no table: all of them are read. */
  kind: 'flat' | 'clustered';
  /** Posting lists. */
  listCount: number;
  /** Of a flat segment: bytes of key and value of each list. */
  lists: number[];
  /** Of a clustered segment: the table itself in base64, or the bytes of each of its parts. */
  table: string | number[];
  /** How far scores spread about those of their centroids, as calibrated; 0 of a flat segment. */
  spread: number;
  /** The job that last took documents out of the document table; as sealed, the segment's id. */
  documentsJob: string;
  documentBytes: number[];
  lexical: LexicalDescriptor;
  tombstones: TombstonesDescriptor | null;
}

/** Buckets and terms with values of their own that a segment may have. */
export const BUCKETS_MAX = 2_048;
export const OWN_TERMS_MAX = 512;

export interface LexicalDescriptor {
  /** Version of the analysis that gave its terms; those of another version cannot be asked for. */
  analysis: number;
  /** Bytes of each part of its head. */
  headBytes: number[];
  /** Numbers that values of postings may have; 0 where all stand in the head. */
  values: number;
  /** Values that say where texts stand; 0 where that stands in the head. */
  places: number;
}

export interface TombstonesDescriptor {
  /** The job that wrote them. */
  job: string;
  bytes: number;
  /** Documents and chunks they cover. */
  documents: number;
  chunks: number;
}

/** Chunks of a segment that are not tombstoned. */
export function liveChunks(descriptor: Pick<SegmentDescriptor, 'chunks' | 'tombstones'>): number {
  return descriptor.chunks - (descriptor.tombstones?.chunks ?? 0);
}

/** Documents of a segment that are not tombstoned. */
export function liveDocumentCount({ documents, tombstones }: SegmentDescriptor): number {
  return documents - (tombstones?.documents ?? 0);
}

/** Characters of centroid table that stand in the segment's descriptor itself. */
export function inlineCharacters({ table }: Pick<SegmentDescriptor, 'table'>): number {
  return typeof table === 'string' ? table.length : 0;
}

/** The keys of a segment's values with their sizes; of lists, those whose sizes are known. */
export function segmentKeys(
  libraryId: string,
  descriptor: SegmentDescriptor,
): Record<'table' | 'lists' | 'lexical' | 'documents' | 'tombstones', KeySize[]> {
  const { id, table, lexical, tombstones } = descriptor;
  const tableBytes = typeof table === 'string' ? [] : table;
  return {
    table: tableBytes.map((bytes, part) => ({ key: centroidsKey(libraryId, id, part), bytes })),
    lists: descriptor.lists.map((bytes, n) => ({ key: listKey(libraryId, id, n), bytes })),
    lexical: lexical.headBytes.map((bytes, part) => ({
      key: lexicalKey(libraryId, id, part),
      bytes,
    })),
    documents: descriptor.documentBytes.map((bytes, part) => ({
      key: documentsKey(libraryId, descriptor, part),
      bytes,
    })),
    tombstones:
      tombstones === null
        ? []
        : [{ key: tombstonesKey(libraryId, id, tombstones.job), bytes: tombstones.bytes }],
  };
}

/** Key and size of one list of a clustered segment, from its row in the centroid table. */
export function listKeySize(
  libraryId: string,
  segmentId: string,
  list: { number: number; dimensions: number; count: number; runs: number },
): KeySize {
  const key = listKey(libraryId, segmentId, list.number);
  const bytes = postingListBytes(list.dimensions, list.count, list.runs);
  return { key, bytes: key.length + sealedBytes('list', bytes) };
}

/** Equal of two descriptors of a segment when nothing was deleted in it between the two. */
export function segmentState({ id, documentsJob, tombstones }: SegmentDescriptor): string {
  return `${id}:${documentsJob}:${tombstones?.job ?? ''}`;
}

/** Every key that values of a segment may have, for deleting it. */
export function allSegmentKeys(libraryId: string, descriptor: SegmentDescriptor): string[] {
  const { id, listCount, lexical } = descriptor;
  const { table, lexical: head, documents, tombstones } = segmentKeys(libraryId, descriptor);
  const numbered = (count: number, keyOf: typeof listKey) =>
    Array.from({ length: count }, (_, n) => keyOf(libraryId, id, n));
  return [
    ...numbered(listCount, listKey),
    ...numbered(lexical.values, postingsKey),
    ...numbered(lexical.places, placesKey),
    ...[...table, ...head, ...tombstones, ...documents].map(({ key }) => key),
  ];
}
