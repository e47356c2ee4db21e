/** The rows of a segment: which chunk each is of, as its posting lists say it. */

import type { KeyValueStore } from '../platform/ports';
import type { CentroidTable } from './centroid-table';
import { openBytes, PART_BYTES_MAX } from './envelope';
import { listKey } from './keys';
import { type ListRow, readLexicalRows } from './lexical-rows';
import { decodePostingList, POSTING_LIST_HEADER, type PostingList } from './posting-list';
import { readValues } from './read-values';
import { listKeySize, type SegmentDescriptor } from './segment';
import type { KeySize } from './stored-item';

export function* rowsOf(list: PostingList): Iterable<ListRow> {
  const { documents, starts, lengths, records } = list;
  let row = 0;
  for (const { job, rows } of list.runs) {
    for (const end = row + rows; row < end; row += 1) {
      const start = starts[row] as number;
      yield {
        ordinal: documents[row] as number,
        start,
        end: start + (lengths[row] as number),
        job,
        record: records[row] as number,
      };
    }
  }
}

/** Keys and sizes of all lists; without a clustered segment's table, the largest there may be. */
export function listSizes(
  libraryId: string,
  { id, listCount, lists, kind }: SegmentDescriptor,
  table: CentroidTable | undefined,
): KeySize[] {
  return Array.from({ length: listCount }, (_, number) => {
    const key = listKey(libraryId, id, number);
    if (kind === 'flat') return { key, bytes: lists[number] ?? PART_BYTES_MAX };
    if (table === undefined || number >= table.lists) return { key, bytes: PART_BYTES_MAX };
    const count = table.counts[number] as number;
    const runs = table.runs[number] as number;
    return listKeySize(libraryId, id, { number, dimensions: table.dimensions, count, runs });
  });
}

/**
 * Every row of a segment from its posting lists alone, or of those with the numbers given; one list
 * is in memory at a time. Without vectors, from its lexical values.
 * Errors: `value_missing`, `value_corrupt`, `format_newer`.
 */
export async function* readRows(
  kv: KeyValueStore,
  libraryId: string,
  descriptor: SegmentDescriptor,
  numbers?: readonly number[],
): AsyncIterable<ListRow> {
  if (descriptor.listCount === 0) {
    yield* readLexicalRows(kv, libraryId, descriptor);
    return;
  }
  const sizes = listSizes(libraryId, descriptor, undefined);
  const wanted = numbers?.map((number) => sizes[number] as KeySize) ?? sizes;
  for (const size of wanted) {
    for (const { key, value } of await readValues(kv, [size])) {
      const bytes = openBytes('list', key, value);
      // A sweep does not know how many dimensions a library had once.
      const dimensions = bytes.length < 2 ? 0 : bytes.readUInt16LE(POSTING_LIST_HEADER.dimensions);
      yield* rowsOf(decodePostingList(key, bytes, dimensions));
    }
  }
}
