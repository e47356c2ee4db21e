/** The rows of a segment as its lexical values say them: all there is where it has no vectors. */

import type { KeyValueStore } from '../platform/ports';
import { openBytes } from './envelope';
import { openLexicalHead } from './lexical-head';
import { decodePlaces, ROWS_PER_PLACES, rowsOfBlock } from './places';
import { readValues } from './read-values';
import { type SegmentDescriptor, segmentKeys } from './segment';

/** Which chunk a row is of. */
export interface ListRow {
  /** Ordinal of the document in the segment's table. */
  ordinal: number;
  start: number;
  end: number;
  job: string;
  record: number;
}

/** Every row in its order. Errors: `value_missing`, `value_corrupt`, `format_newer`. */
export async function* readLexicalRows(
  kv: KeyValueStore,
  libraryId: string,
  descriptor: SegmentDescriptor,
): AsyncIterable<ListRow> {
  const parts = await readValues(kv, segmentKeys(libraryId, descriptor).lexical);
  const bytes = parts.map(({ key, value }) => openBytes('lexical', key, value));
  const head = openLexicalHead(libraryId, descriptor, bytes);
  for (let first = 0; first < head.rows; first += ROWS_PER_PLACES) {
    const rows = rowsOfBlock(head.rows, first / ROWS_PER_PLACES);
    let places = head.inline?.places.slice(first, first + rows);
    if (places === undefined) {
      const [read] = await readValues(kv, [head.placeValueOf(first)]);
      const { key, value } = read as NonNullable<typeof read>;
      places = decodePlaces(key, openBytes('places', key, value), { rows });
    }
    for (const [i, place] of places.entries()) {
      const ordinal = head.documentOfRow[first + i] as number;
      yield { ordinal, ...place, ...head.recordOf(first + i) };
    }
  }
}
