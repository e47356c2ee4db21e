/**
 * The segments of the next generation: those there are, less what was replaced or deleted, and one
 * new segment of what was added and of whatever compaction merges. Records are neither rewritten
 * nor embedded again; merged rows come from them.
 */

import type { KeyValueStore } from '../platform/ports';
import { planCompaction } from './compaction';
import { type DocumentEntry, documentItems, ERASED_DOCUMENT } from './document-table';
import { tombstonesKey } from './keys';
import { liveDocuments, type SegmentDocuments } from './reader';
import { recordSource } from './row-source';
import { type SealedSegment, sealSegment } from './seal-segment';
import { inlineCharacters, type SegmentDescriptor } from './segment';
import { type StoredItem, toBytesItem } from './stored-item';
import { encodeTombstones, isTombstoned, withTombstones } from './tombstones';

export interface SegmentChange {
  libraryId: string;
  /** The job that makes the change; the new segment, if there is one, has its id. */
  jobId: string;
  dimensions: number;
  /** Names of documents that are replaced or deleted. */
  removed: ReadonlySet<string>;
  /** Documents that are new or replace others; the records of their chunks are stored. */
  added: readonly DocumentEntry[];
  /** Also take the names of what is removed out of the document tables. */
  erase: boolean;
  /** Characters of centroid table that the catalogue has room for. */
  inlineCharactersMax: number;
  /** Leave compaction to a later job: for callers who have no time to read and seal segments. */
  mergesNothing?: boolean;
  /** Called between the steps of a long seal; what it throws ends this one, to be gone on with. */
  betweenSteps?: () => void;
  /** Ids of segments that are sealed again from their records, whatever compaction says. */
  sealAgain?: ReadonlySet<string>;
}

export interface NextSegments {
  /** Values to write before the publish. */
  items: StoredItem[];
  segments: SegmentDescriptor[];
  /** Every document of the next generation. */
  documents: DocumentEntry[];
  /** Deletes what the steps of a long seal left, once the values are written. */
  drop: () => Promise<void>;
}

/** Errors: those of `sealSegment`. */
export async function nextSegments(
  kv: KeyValueStore,
  present: readonly SegmentDocuments[],
  change: SegmentChange,
): Promise<NextSegments> {
  const retained = present
    .map((segment) => withoutRemoved(segment, change))
    .filter(({ segment }) => liveDocuments([segment]).length > 0);
  const addedChunks = change.added.reduce((sum, { chunks }) => sum + chunks.length, 0);
  const sizes = retained.map(({ segment }) => segment.descriptor);
  const added = addedChunks > 0 ? [{ chunks: addedChunks, tombstones: null }] : [];
  const merged = new Set(change.mergesNothing ? [] : planCompaction([...sizes, ...added]));
  for (const [i, { id }] of sizes.entries()) if (change.sealAgain?.has(id)) merged.add(i);
  const mergedSegments = retained.filter((_, i) => merged.has(i)).map(({ segment }) => segment);
  const staying = retained.filter((_, i) => !merged.has(i));
  const items = staying.flatMap((segment) => segment.items);
  const segments = staying.map(({ segment }) => segment.descriptor);
  const moved = liveDocuments(mergedSegments);
  let drop = async (): Promise<void> => undefined;
  if (addedChunks > 0 || moved.length > 0) {
    const inlined = segments.reduce((sum, segment) => sum + inlineCharacters(segment), 0);
    const inlineCharactersMax = Math.max(0, change.inlineCharactersMax - inlined);
    const sealed = await sealDocuments(kv, { ...change, inlineCharactersMax }, moved);
    items.push(...sealed.items);
    segments.push(sealed.descriptor);
    drop = sealed.drop;
  }
  const kept = liveDocuments(staying.map(({ segment }) => segment));
  return { items, segments, documents: [...kept, ...moved, ...change.added], drop };
}

/** A segment as the next generation has it, and the values that are new in it. */
function withoutRemoved(
  segment: SegmentDocuments,
  change: SegmentChange,
): { segment: SegmentDocuments; items: StoredItem[] } {
  const { descriptor, documents, tombstones } = segment;
  const { libraryId, jobId } = change;
  const gone = documents.flatMap((document, ordinal) =>
    change.removed.has(document.name) && !isTombstoned(tombstones, ordinal) ? [ordinal] : [],
  );
  if (gone.length === 0) {
    // A name that an edit left behind goes too, once the document itself is deleted.
    const isNamed = documents.some(({ name }) => change.removed.has(name));
    return change.erase && isNamed ? withErased(segment, change) : { segment, items: [] };
  }
  const next = withTombstones(tombstones, documents.length, gone);
  const covered = documents.filter((_, ordinal) => isTombstoned(next, ordinal));
  const goneChunks = gone.reduce((sum, i) => sum + (documents[i]?.chunks.length ?? 0), 0);
  const item = toBytesItem(
    'tombstones',
    tombstonesKey(libraryId, descriptor.id, jobId),
    encodeTombstones(next),
  );
  const changed: SegmentDescriptor = {
    ...descriptor,
    tombstones: {
      job: jobId,
      bytes: item.bytes,
      documents: covered.length,
      chunks: (descriptor.tombstones?.chunks ?? 0) + goneChunks,
    },
  };
  const result = { descriptor: changed, documents, tombstones: next };
  if (!change.erase) return { segment: result, items: [item] };
  const erased = withErased(result, change);
  return { segment: erased.segment, items: [item, ...erased.items] };
}

/** The same with a document table that no longer names what is gone. */
function withErased(
  segment: SegmentDocuments,
  { libraryId, jobId: documentsJob }: SegmentChange,
): { segment: SegmentDocuments; items: StoredItem[] } {
  const documents = segment.documents.map((document, ordinal) =>
    isTombstoned(segment.tombstones, ordinal) ? ERASED_DOCUMENT : document,
  );
  const { id } = segment.descriptor;
  const items = documentItems(libraryId, { id, documentsJob }, documents);
  const documentBytes = items.map(({ bytes }) => bytes);
  const descriptor = { ...segment.descriptor, documentsJob, documentBytes };
  return { segment: { ...segment, descriptor, documents }, items };
}

/** Seals added and moved documents as one segment. */
function sealDocuments(
  kv: KeyValueStore,
  change: SegmentChange,
  moved: readonly DocumentEntry[],
): Promise<SealedSegment> {
  const { libraryId, jobId: segmentId, dimensions, inlineCharactersMax } = change;
  const documents = [...change.added, ...moved];
  const plan = { libraryId, segmentId, dimensions, documents, inlineCharactersMax };
  const source = recordSource(kv, { libraryId, dimensions, documents });
  const { betweenSteps } = change;
  return sealSegment(kv, plan, source, betweenSteps === undefined ? {} : { betweenSteps });
}
