/**
 * Terms of rows as a seal keeps them between its steps: nothing else reads these values, and they
 * are deleted when the segment is written, so their bytes are this file's own.
 */

import { ByteReader, ByteWriter } from './byte-stream';
import type { TermBlock } from './collect-terms';
import { BODY_BYTES_MAX } from './envelope';
import { readHashes, readList, writeList } from './postings-value';
import { HASH_BYTES } from './term-hash';

const NONE = new Uint32Array(0);
const NO_LIMITS = { rows: Number.POSITIVE_INFINITY, documents: 0 };

/** A block in parts that each fit one value. */
export function encodeTermBlock(block: TermBlock): Uint8Array[] {
  const { rows, lengths, hashes, starts, postings, titles } = block;
  const writer = new ByteWriter();
  writer.varint(rows.length);
  writer.varint(hashes.length);
  writer.varint(titles.length);
  let before = 0;
  for (const [i, row] of rows.entries()) {
    writer.varint(row - before);
    writer.varint(lengths[i] as number);
    before = row;
  }
  for (const hash of hashes) writer.uint(hash, HASH_BYTES);
  for (let i = 0; i < hashes.length; i += 1) {
    writeList(writer, { rows: postings.subarray(starts[i], starts[i + 1]), titles: NONE });
  }
  for (const { row, hashes: title } of titles) {
    writer.varint(row);
    writer.varint(title.length);
    for (const hash of title) writer.uint(hash, HASH_BYTES);
  }
  const bytes = writer.view();
  const parts: Uint8Array[] = [];
  for (let first = 0; first < bytes.length; first += BODY_BYTES_MAX) {
    parts.push(bytes.subarray(first, first + BODY_BYTES_MAX));
  }
  return parts;
}

/** Decodes the bytes of all parts. Errors: `value_corrupt`. */
export function decodeTermBlock(key: string, bytes: Buffer): TermBlock {
  const reader = new ByteReader(key, bytes);
  const [rowCount, terms, titleCount] = [reader.varint(), reader.varint(), reader.varint()];
  const rows = new Uint32Array(rowCount);
  const lengths = new Uint32Array(rowCount);
  let row = 0;
  for (let i = 0; i < rowCount; i += 1) {
    row += reader.varint();
    rows[i] = row;
    lengths[i] = reader.varint();
  }
  const hashes = readHashes(reader, terms);
  const starts = new Uint32Array(terms + 1);
  const lists: Uint32Array[] = [];
  for (let i = 0; i < terms; i += 1) {
    const list = readList(reader, NO_LIMITS).rows;
    lists.push(list);
    starts[i + 1] = (starts[i] as number) + list.length;
  }
  const postings = new Uint32Array(starts[terms] as number);
  for (const [i, list] of lists.entries()) postings.set(list, starts[i]);
  const titles = Array.from({ length: titleCount }, () => ({
    row: reader.varint(),
    hashes: Array.from({ length: reader.varint() }, () => reader.uint(HASH_BYTES)),
  }));
  reader.end();
  return { rows, lengths, hashes, starts, postings, titles };
}
