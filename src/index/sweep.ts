/** Deleting what no generation names any more. */

import type { KeyValueStore } from '../platform/ports';
import type { DocumentEntry } from './document-table';
import { recordKey } from './keys';
import { deleteKeys, isValueMissing } from './read-values';
import { liveDocuments, loadSegmentDocuments } from './reader';
import { allSegmentKeys, type SegmentDescriptor, segmentKeys } from './segment';

export interface SweepOptions {
  libraryId: string;
  /**
   * Segments as generations that are live no more had them, the oldest first: what a segment had
   * later it had before, and sweeping deletes the document table that both states share.
   */
  retired: readonly SegmentDescriptor[];
  /** Segments of the live generation. */
  current: readonly SegmentDescriptor[];
  /** Documents of the live generation. */
  kept: readonly DocumentEntry[];
}

/**
 * Deletes what retired segments had and the live generation has not: records that no kept document
 * refers to, tombstones and document tables that were replaced, and segments that are gone whole.
 * Liveness is found by marking from `kept` and `current`, never by counting references.
 */
export async function sweep(kv: KeyValueStore, options: SweepOptions): Promise<void> {
  const { libraryId, retired, current, kept } = options;
  const liveRecords = new Set(recordKeysOf(libraryId, kept));
  const liveValues = new Set(current.flatMap((segment) => allSegmentKeys(libraryId, segment)));
  for (const descriptor of retired) {
    if (current.some((live) => isUnchanged(live, descriptor))) continue;
    const values = allSegmentKeys(libraryId, descriptor).filter((key) => !liveValues.has(key));
    const documents = await retiredDocuments(kv, libraryId, descriptor);
    const records = recordKeysOf(libraryId, documents).filter((key) => !liveRecords.has(key));
    // The document table last: as long as it stands, an interrupted sweep can be repeated.
    const tables = new Set(segmentKeys(libraryId, descriptor).documents.map(({ key }) => key));
    await deleteKeys(kv, records);
    await deleteKeys(
      kv,
      values.filter((key) => !tables.has(key)),
    );
    await deleteKeys(
      kv,
      values.filter((key) => tables.has(key)),
    );
  }
}

/** Whether the live generation has the segment with the same documents. */
function isUnchanged(live: SegmentDescriptor, retired: SegmentDescriptor): boolean {
  return (
    live.id === retired.id &&
    live.documentsJob === retired.documentsJob &&
    live.tombstones?.job === retired.tombstones?.job
  );
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

function recordKeysOf(libraryId: string, documents: readonly DocumentEntry[]): string[] {
  return documents.flatMap((document) =>
    document.chunks.map((chunk) => recordKey(libraryId, chunk.job, chunk.record)),
  );
}
