/** Deleting what no generation names any more. */

import type { KeyValueStore } from '../platform/ports';
import type { DocumentEntry } from './document-table';
import { isDamage } from './envelope';
import { recordKey } from './keys';
import { deleteKeys, isValueMissing } from './read-values';
import { liveDocuments, loadSegmentDocuments } from './reader';
import { allSegmentKeys, type SegmentDescriptor, segmentKeys, segmentState } from './segment';
import { readRows } from './segment-rows';

export interface SweepOptions {
  libraryId: string;
  /** Segments as generations had them that nobody may read any more. */
  retired: readonly SegmentDescriptor[];
  /** Segments as generations have them that are live, can be restored, or may be read still. */
  current: readonly SegmentDescriptor[];
  /** Documents of those. */
  kept: readonly DocumentEntry[];
}

/** A segment too damaged to say which records it had; its values are left as they are. */
export interface UnsweptSegment {
  descriptor: SegmentDescriptor;
  error: unknown;
}

/**
 * Deletes what retired segments had and current ones have not: records that no kept document refers
 * to, tombstones and document tables that were replaced, and segments that are gone whole. Liveness
 * is found by marking from `kept` and `current`, never by counting references. Repeating it is
 * harmless.
 */
export async function sweep(kv: KeyValueStore, options: SweepOptions): Promise<UnsweptSegment[]> {
  const { libraryId, current, kept } = options;
  const currentStates = new Set(current.map(segmentState));
  const retired = options.retired.filter((segment) => !currentStates.has(segmentState(segment)));
  const unswept: UnsweptSegment[] = [];
  const records = new Set<string>();
  for (const descriptor of retired) {
    try {
      for (const key of await retiredRecords(kv, libraryId, descriptor)) records.add(key);
    } catch (error) {
      if (!isDamage(error)) throw error;
      unswept.push({ descriptor, error });
    }
  }
  // Segments of several generations share their documents.
  for (const key of recordKeysOf(libraryId, new Set(kept))) records.delete(key);
  const left = [...current, ...unswept.map(({ descriptor }) => descriptor)];
  const leftValues = new Set(left.flatMap((segment) => allSegmentKeys(libraryId, segment)));
  const valuesOf = (segment: SegmentDescriptor) =>
    allSegmentKeys(libraryId, segment).filter((key) => !leftValues.has(key));
  const values = new Set(retired.flatMap(valuesOf));
  const tables = new Set(
    retired.flatMap((segment) => segmentKeys(libraryId, segment).documents.map(({ key }) => key)),
  );
  // The document tables last: as long as they stand, an interrupted sweep can be repeated. And not
  // before the records of all segments are gone, as states of one segment may share a table.
  await deleteKeys(kv, [...records]);
  await deleteKeys(
    kv,
    [...values].filter((key) => !tables.has(key)),
  );
  await deleteKeys(
    kv,
    [...values].filter((key) => tables.has(key)),
  );
  return unswept;
}

/** Keys of the records that a segment may be the last to name. */
async function retiredRecords(
  kv: KeyValueStore,
  libraryId: string,
  descriptor: SegmentDescriptor,
): Promise<Iterable<string>> {
  try {
    return recordKeysOf(
      libraryId,
      liveDocuments(await loadSegmentDocuments(kv, libraryId, [descriptor])),
    );
  } catch (error) {
    if (!isDamage(error) && !isValueMissing(error)) throw error;
    // Its posting lists name the same records, and those of documents deleted before.
    const keys: string[] = [];
    try {
      for await (const { job, record } of readRows(kv, libraryId, descriptor)) {
        keys.push(recordKey(libraryId, job, record));
      }
    } catch (worse) {
      // Swept before: records went first, then lists, the table last.
      if (isValueMissing(error) && isValueMissing(worse)) return [];
      throw isDamage(error) && isValueMissing(worse) ? error : worse;
    }
    return keys;
  }
}

/** The live documents of a segment that may have been swept; none when it has. */
export async function retiredDocuments(
  kv: KeyValueStore,
  libraryId: string,
  descriptor: SegmentDescriptor,
): Promise<DocumentEntry[]> {
  try {
    return liveDocuments(await loadSegmentDocuments(kv, libraryId, [descriptor]));
  } catch (error) {
    // Swept before: the table went last, so its records are gone too.
    if (isValueMissing(error)) return [];
    throw error;
  }
}

function* recordKeysOf(libraryId: string, documents: Iterable<DocumentEntry>): Iterable<string> {
  for (const { chunks } of documents) {
    for (const { job, record } of chunks) yield recordKey(libraryId, job, record);
  }
}
