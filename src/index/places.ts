/** Places: where in its document the text of each row stands, in small values of a few rows. */

import { ByteReader, ByteWriter } from './byte-stream';
import { isWholeWithin, U24_MAX } from './columns';

/** Rows of one value: what a query reads for one of them, 400 bytes, is little beside a record. */
export const ROWS_PER_PLACES = 64;

/** [start, end) in UTF-16 units of the document's text. */
export interface Place {
  start: number;
  end: number;
}

/** Starts as the difference to the end before, which is 0 before the first; then lengths. */
export function encodePlaces(places: readonly Place[]): Uint8Array {
  const writer = new ByteWriter();
  let before = 0;
  for (const { start, end } of places) {
    writer.signed(start - before);
    writer.varint(end - start);
    before = end;
  }
  return writer.finish();
}

/** Errors: `value_corrupt`. */
export function decodePlaces(key: string, bytes: Buffer, expected: { rows: number }): Place[] {
  const reader = new ByteReader(key, bytes);
  const places: Place[] = [];
  let before = 0;
  for (let row = 0; row < expected.rows; row += 1) {
    const start = before + reader.signed();
    const end = start + reader.varint();
    if (!isWholeWithin(start, 0, U24_MAX) || end > 2 * U24_MAX) {
      throw reader.corrupt(`a row from ${start} to ${end}`);
    }
    places.push({ start, end });
    before = end;
  }
  reader.end();
  return places;
}

/** Blocks of a segment of so many rows. */
export function placeBlocksOf(rows: number): number {
  return Math.ceil(rows / ROWS_PER_PLACES);
}

/** Rows of one block. */
export function rowsOfBlock(rows: number, block: number): number {
  return Math.min(ROWS_PER_PLACES, rows - block * ROWS_PER_PLACES);
}
