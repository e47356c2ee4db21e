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
    const records = await retiredRecords(kv, libraryId, descriptor);
    // Records first: as long as the document table stands, an interrupted sweep can be repeated.
    await deleteKeys(
      kv,
      records.filter((key) => !live.has(key)),
    );
    const keys = segmentKeys(libraryId, descriptor);
    await deleteKeys(
      kv,
      [...keys.vectors, ...keys.documents].map((item) => item.key),
    );
  }
}

async function retiredRecords(
  kv: KeyValueStore,
  libraryId: string,
  descriptor: SegmentDescriptor,
): Promise<string[]> {
  try {
    return recordKeysOf(libraryId, await loadDocuments(kv, libraryId, descriptor));
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
