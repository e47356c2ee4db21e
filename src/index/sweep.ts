/** Deleting what no generation names any more. */

import type { KeyValueStore } from '../platform/ports';
import { recordKey } from './keys';
import { deleteKeys, isValueMissing } from './read-values';
import { loadDocuments } from './reader';
import { type DocumentEntry, type SegmentDescriptor, segmentKeys } from './segment';

/**
 * Deletes retired segments, and their records unless a kept document still refers to them. Liveness
 * is found by marking from `kept` (the document tables of every generation that stays), never by
 * counting references.
 */
export async function sweep(
  kv: KeyValueStore,
  options: {
    libraryId: string;
    retired: readonly SegmentDescriptor[];
    kept: readonly DocumentEntry[];
  },
): Promise<void> {
  const { libraryId, retired, kept } = options;
  const live = new Set(recordKeysOf(libraryId, kept));
  for (const descriptor of retired) {
    const records = recordKeysOf(libraryId, await retiredDocuments(kv, libraryId, descriptor));
    // The document table last: as long as it stands, an interrupted sweep can be repeated.
    await deleteKeys(
      kv,
      records.filter((key) => !live.has(key)),
    );
    const { vectors, documents } = segmentKeys(libraryId, descriptor);
    for (const items of [vectors, documents]) {
      await deleteKeys(
        kv,
        items.map((item) => item.key),
      );
    }
  }
}

/** The document table of a segment that may have been swept; empty when it has. */
export async function retiredDocuments(
  kv: KeyValueStore,
  libraryId: string,
  descriptor: SegmentDescriptor,
): Promise<DocumentEntry[]> {
  try {
    return await loadDocuments(kv, libraryId, descriptor);
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
