/**
 * The document table of a segment from what else is stored: posting lists say where each document's
 * chunks lie and which records hold them, and records say what they are called. A document of which
 * anything is missing is lost: nothing is kept in part.
 */

import type { JsonValue, KeyValueStore } from '../platform/ports';
import type { LibraryEntry } from './catalogue';
import { type ChunkRef, type DocumentEntry, ERASED_DOCUMENT } from './document-table';
import { isDamage } from './envelope';
import { recordKey } from './keys';
import type { ListRow } from './lexical-rows';
import { recordHash } from './prepare-document';
import { isValueMissing, readPresent } from './read-values';
import { type ChunkRecord, decodeRecord, RECORD_BYTES_PLANNED } from './record';
import type { SegmentDescriptor } from './segment';
import { readRows } from './segment-rows';
import { isTombstoned, type Tombstones, withTombstones } from './tombstones';

/** Records read at a time. */
const RECORDS_PER_READ = 500;

/** What is known of which documents are live. */
export interface Liveness {
  tombstones: Tombstones | undefined;
  /** False where the tombstones are damaged too. */
  isLivenessKnown: boolean;
  /** Names of the live documents of later segments, which replaced those of this one. */
  later: ReadonlySet<string>;
}

export interface RebuiltDocuments {
  /** In the order of their ordinals; those that are deleted or lost have no name. */
  documents: DocumentEntry[];
  /** Of the documents that were deleted before and those that are lost. */
  tombstones: Tombstones;
  /** Rows of those. */
  goneChunks: number;
  /** Names of lost documents, and how many have none that can be read. */
  lost: string[];
  unnamed: number;
}

/** Errors: those of the store. */
export async function rebuildDocuments(
  kv: KeyValueStore,
  library: LibraryEntry,
  descriptor: SegmentDescriptor,
  liveness: Liveness,
): Promise<RebuiltDocuments> {
  const { isLivenessKnown, later } = liveness;
  const { rows, isComplete } = await readOrdinals(kv, library.id, descriptor);
  const found = await readFound(kv, library, rows, liveness);
  const outcomes = Array.from({ length: descriptor.documents }, (_, ordinal) => {
    const count = rows.get(ordinal)?.length ?? 0;
    const { chunks, names } = found.get(ordinal) ?? { chunks: [], names: new Set<string>() };
    const [name] = names;
    const isReplaced = !isLivenessKnown && name !== undefined && later.has(name);
    if (isReplaced || isTombstoned(liveness.tombstones, ordinal)) return 'deleted';
    const isWhole = isComplete && count > 0 && chunks.length === count && names.size === 1;
    if (!isWhole || name === undefined) return { name };
    // What was given is not known any more: the next indexing takes the document as changed.
    return { name, document: { name, hash: '', chunks: chunks.sort(byPlace) } };
  });

  const deletedBefore = descriptor.tombstones?.documents ?? 0;
  let deleted = outcomes.filter((outcome) => outcome === 'deleted').length;
  const gone: number[] = [];
  const lost: string[] = [];
  let [unnamed, goneChunks] = [0, 0];
  const documents = outcomes.map((outcome, ordinal) => {
    if (outcome !== 'deleted' && outcome.document !== undefined) return outcome.document;
    gone.push(ordinal);
    goneChunks += rows.get(ordinal)?.length ?? 0;
    if (outcome === 'deleted') return ERASED_DOCUMENT;
    // Of a deleted document no record is left; there are as many as the descriptor says.
    if (!isLivenessKnown && outcome.name === undefined && deleted < deletedBefore) deleted += 1;
    else if (outcome.name === undefined) unnamed += 1;
    else lost.push(outcome.name);
    return ERASED_DOCUMENT;
  });
  const tombstones = withTombstones(undefined, documents.length, gone);
  return { documents, tombstones, goneChunks, lost, unnamed };
}

/** What the records of a document's rows tell. */
interface FoundDocument {
  chunks: ChunkRef[];
  /** One, unless records are damaged. */
  names: Set<string>;
}

/** Reads the records of all rows that may be of live documents, document after document. */
async function readFound(
  kv: KeyValueStore,
  library: LibraryEntry,
  rows: ReadonlyMap<number, readonly ListRow[]>,
  { tombstones }: Liveness,
): Promise<Map<number, FoundDocument>> {
  const wanted = [...rows.values()]
    .flat()
    .filter(({ ordinal }) => !isTombstoned(tombstones, ordinal));
  const documents = new Map<number, FoundDocument>();
  for (let first = 0; first < wanted.length; first += RECORDS_PER_READ) {
    const block = wanted.slice(first, first + RECORDS_PER_READ).map((row) => {
      const key = recordKey(library.id, row.job, row.record);
      return { ...row, key, bytes: RECORD_BYTES_PLANNED };
    });
    const values = await readPresent(kv, block);
    for (const { key, ordinal, start, end, job, record: number } of block) {
      const record = recordIn(library, key, values.get(key));
      if (record === undefined) continue;
      const document = documents.get(ordinal) ?? { chunks: [], names: new Set() };
      document.names.add(record.document);
      document.chunks.push({ start, end, job, record: number, hash: recordHash(record) });
      documents.set(ordinal, document);
    }
  }
  return documents;
}

/** Undefined for what is missing or damaged. */
function recordIn(
  { fingerprint }: LibraryEntry,
  key: string,
  value: JsonValue | undefined,
): ChunkRecord | undefined {
  try {
    return value === undefined ? undefined : decodeRecord(key, value, fingerprint.dimensions);
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

function byPlace(a: ChunkRef, b: ChunkRef): number {
  return a.start - b.start || a.end - b.end;
}

/** The rows of each document, and whether those are all that the segment has. */
async function readOrdinals(
  kv: KeyValueStore,
  libraryId: string,
  descriptor: SegmentDescriptor,
): Promise<{ rows: Map<number, ListRow[]>; isComplete: boolean }> {
  const rows = new Map<number, ListRow[]>();
  let count = 0;
  let isComplete = true;
  // List by list, as the rows of those that can be read are of use; without vectors there are none.
  const { listCount } = descriptor;
  for (let number = 0; number < Math.max(1, listCount); number += 1) {
    try {
      for await (const row of readRows(kv, libraryId, descriptor, [number])) {
        const own = rows.get(row.ordinal) ?? [];
        own.push(row);
        rows.set(row.ordinal, own);
        count += 1;
      }
    } catch (error) {
      if (!isDamage(error) && !isValueMissing(error)) throw error;
      isComplete = false;
    }
  }
  return { rows, isComplete: isComplete && count === descriptor.chunks };
}
