/**
 * What a seal keeps between its steps: centroids in training, and codes that await their lists.
 * Nothing else reads these values, and they are deleted when the segment is written, so their bytes
 * are this file's own; docs/format.md names them only.
 */

import { codeBytes } from '../quantization/one-bit';
import type { EncodedRows } from './encode-rows';
import { BODY_BYTES_MAX, corrupt } from './envelope';
import { emptyRows, type VectorRows } from './vector-rows';

const HEADER_BYTES = 8;
const WORD_BYTES = 4;
/** Row, list, factor, offset and squared norm of a coded row. */
const ROW_WORDS = 5;

/** int8 rows in parts: count u32, dimensions u32, scales f32 each, then the values. */
export function encodeVectorRows(rows: VectorRows): Uint8Array[] {
  const { dimensions, count } = rows;
  const perPart = Math.floor((BODY_BYTES_MAX - HEADER_BYTES) / (dimensions + WORD_BYTES));
  const parts: Uint8Array[] = [];
  for (let first = 0; first < count; first += perPart) {
    const end = Math.min(count, first + perPart);
    const values = rows.values.subarray(first * dimensions, end * dimensions);
    parts.push(
      join(end - first, dimensions, [
        rows.scales.subarray(first, end),
        new Uint8Array(values.buffer, values.byteOffset, values.length),
      ]),
    );
  }
  return parts;
}

/** Errors: `value_corrupt`. */
export function decodeVectorRows(
  parts: readonly { key: string; bytes: Buffer }[],
  dimensions: number,
): VectorRows {
  const blocks = parts.map(({ key, bytes }) => {
    const count = readCount(key, bytes, dimensions, dimensions + WORD_BYTES);
    const words = copyOf(bytes, HEADER_BYTES, count * WORD_BYTES);
    const values = copyOf(bytes, HEADER_BYTES + count * WORD_BYTES, count * dimensions);
    return { count, scales: new Float32Array(words), values: new Int8Array(values) };
  });
  const rows = emptyRows(
    blocks.reduce((sum, { count }) => sum + count, 0),
    dimensions,
  );
  let at = 0;
  for (const { count, scales, values } of blocks) {
    rows.scales.set(scales, at);
    rows.values.set(values, at * dimensions);
    at += count;
  }
  return rows;
}

/** Coded rows in parts: count u32, dimensions u32, five columns of words, then the codes. */
export function encodeCodedRows(rows: EncodedRows, dimensions: number): Uint8Array[] {
  const stride = codeBytes(dimensions);
  const rowBytes = stride + ROW_WORDS * WORD_BYTES;
  const perPart = Math.floor((BODY_BYTES_MAX - HEADER_BYTES) / rowBytes);
  const parts: Uint8Array[] = [];
  for (let first = 0; first < rows.count; first += perPart) {
    const end = Math.min(rows.count, first + perPart);
    const { factors, offsets, squaredNorms } = rows;
    const columns = [rows.rows, rows.lists, factors, offsets, squaredNorms];
    parts.push(
      join(end - first, dimensions, [
        ...columns.map((column) => column.subarray(first, end)),
        rows.codes.subarray(first * stride, end * stride),
      ]),
    );
  }
  return parts;
}

/** Errors: `value_corrupt`. */
export function decodeCodedRows(key: string, bytes: Buffer, dimensions: number): EncodedRows {
  const stride = codeBytes(dimensions);
  const count = readCount(key, bytes, dimensions, stride + ROW_WORDS * WORD_BYTES);
  const column = (i: number) =>
    copyOf(bytes, HEADER_BYTES + i * count * WORD_BYTES, count * WORD_BYTES);
  return {
    count,
    rows: new Uint32Array(column(0)),
    lists: new Uint32Array(column(1)),
    factors: new Float32Array(column(2)),
    offsets: new Float32Array(column(3)),
    squaredNorms: new Float32Array(column(4)),
    codes: new Uint8Array(
      copyOf(bytes, HEADER_BYTES + ROW_WORDS * count * WORD_BYTES, count * stride),
    ),
  };
}

type Column = Uint8Array | Uint32Array | Float32Array;

function join(count: number, dimensions: number, columns: readonly Column[]): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(count, 0);
  header.writeUInt32LE(dimensions, WORD_BYTES);
  const bytesOf = (column: Column) =>
    new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
  return Buffer.concat([header, ...columns.map(bytesOf)]);
}

function readCount(key: string, bytes: Buffer, dimensions: number, rowBytes: number): number {
  if (bytes.length < HEADER_BYTES) throw corrupt(key, `only ${bytes.length} bytes`);
  const count = bytes.readUInt32LE(0);
  const found = bytes.readUInt32LE(WORD_BYTES);
  if (found !== dimensions) throw corrupt(key, `${found} dimensions, expected ${dimensions}`);
  const expected = HEADER_BYTES + count * rowBytes;
  if (bytes.length === expected) return count;
  throw corrupt(key, `${bytes.length} bytes for ${count} rows, expected ${expected}`);
}

/** Bytes at an address that typed arrays of words can stand on. */
function copyOf(bytes: Buffer, at: number, length: number): ArrayBuffer {
  const copy = new ArrayBuffer(length);
  new Uint8Array(copy).set(bytes.subarray(at, at + length));
  return copy;
}
