/** What reads and writes cost, reckoned as the platform's meter counts them. */

import { RECORD_BYTES_PLANNED } from '../../src/index/record';
import { type KeySize, planBatches } from '../../src/index/stored-item';
import { KVS_UNIT_BYTES } from '../../src/platform/limits';
import { quantizeInt8 } from '../../src/quantization/int8';
import { recordItem } from './library';
import { textOf } from './words';

/** The meter counts a key as JSON, with its quotes. */
const QUOTES = 2;

/** Units of values whose sizes are known, in batches as they are read and written. */
export function unitsOfItems(items: readonly KeySize[]): number {
  return planBatches(items)
    .map((batch) => unitsOfBytes(bytesOfItems(batch)))
    .reduce((sum, units) => sum + units, 0);
}

/** Bytes of keys and values as the meter counts them. */
export function bytesOfItems(items: readonly KeySize[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes + QUOTES, 0);
}

/** Units of one request. */
export function unitsOfBytes(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / KVS_UNIT_BYTES));
}

/** Units of reading so many records, of which readers know no sizes. */
export function unitsOfRecords(count: number, recordBytes: number): number {
  const planned = Array.from({ length: count }, () => ({ key: '', bytes: RECORD_BYTES_PLANNED }));
  return planBatches(planned)
    .map(({ length }) => unitsOfBytes(length * recordBytes))
    .reduce((sum, units) => sum + units, 0);
}

/** Bytes of a record with a text of the usual length, as the meter counts them. */
export function recordBytesOf(dimensions: number): number {
  const vector = quantizeInt8(new Float32Array(dimensions).fill(1));
  const [row, text] = [999_999, textOf(0)];
  return bytesOfItems([recordItem(row, text, vector)]);
}
