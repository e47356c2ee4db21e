/**
 * A record: one chunk as it is stored, with its int8 vector. It is written once, under a key of the
 * job that embedded it, and holds only what the embedding depends on; where the chunk lies in its
 * document is the document table's business, so an edit above it leaves the record alone.
 */

import type { JsonValue } from '../platform/ports';
import type { Int8Vector } from '../quantization/int8';
import { corrupt, openValue, sealValue } from './envelope';

/**
 * Planned size of a record, in bytes: the largest that leaves 25 in a safe batch. A chunk of at
 * most 360 estimated tokens with a vector of 3,072 dimensions is a quarter of it in any script; ten
 * thousand tabs can be more, and then a batch exceeds the safe payload but not the platform's.
 */
export const RECORD_BYTES_PLANNED = 36_000;

export interface ChunkRecord {
  document: string;
  /** Headings above the chunk, outermost first. */
  headings: readonly string[];
  /** What must stand before the text to read it (repeated table header, re-opened fence). */
  lead: string;
  text: string;
  /** What must stand after it. */
  trail: string;
  vector: Int8Vector;
}

/** In the place of a vector where a library has none. */
export const NO_VECTOR: Int8Vector = { values: new Int8Array(0), scale: 1 };

/** The value to be stored under `key`, and under no other. */
export function encodeRecord(key: string, record: ChunkRecord): JsonValue {
  const { values, scale } = record.vector;
  const vector = Buffer.from(values.buffer, values.byteOffset, values.length).toString('base64');
  const { document, headings, lead, text, trail } = record;
  return sealValue(
    'record',
    key,
    JSON.stringify([document, headings, lead, text, trail, scale, vector]),
  );
}

/** Errors: `value_corrupt`, `format_newer`. */
export function decodeRecord(key: string, value: JsonValue, dimensions: number): ChunkRecord {
  const fields = JSON.parse(openValue('record', key, value)) as unknown;
  if (!Array.isArray(fields) || fields.length !== 7) throw corrupt(key, 'not seven fields');
  const [document, headings, lead, text, trail, scale, vector] = fields as [
    string,
    string[],
    string,
    string,
    string,
    number,
    string,
  ];
  const bytes = Buffer.from(vector, 'base64');
  if (bytes.length !== dimensions) {
    throw corrupt(key, `vector of ${bytes.length} dimensions, the library has ${dimensions}`);
  }
  const values = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  return { document, headings, lead, text, trail, vector: { values, scale } };
}
