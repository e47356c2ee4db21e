/**
 * What stands in the head of a segment's postings, column by column, and its bytes. docs/format.md
 * is the norm for them.
 */

import { assertInvariant } from '../errors';
import { ByteReader, ByteWriter } from './byte-stream';
import { hasSpareBits, U16_MAX, U24_BYTES } from './columns';
import {
  areClassLengths,
  classBytes,
  isLengthBits,
  type LengthClasses,
  packClasses,
  unpackClasses,
} from './length-classes';
import { readHashes } from './postings-value';
import { decodeRuns, encodeRuns, type RecordRuns, readJobs, writeJobs } from './record-runs';
import { NO_VALUE } from './size-class';
import { HASH_BYTES } from './term-hash';

/** Where each field of the fixed header begins, and how long it is. */
export const LEXICAL_HEADER = {
  rows: 0,
  documents: 4,
  postings: 8,
  rareBelow: 12,
  emptyDocuments: 16,
  jobs: 20,
  runs: 24,
  runBytes: 28,
  classBytes: 32,
  postingsBytes: 36,
  placesBytes: 40,
  terms: 44,
  buckets: 46,
  classes: 48,
  lengthBits: 49,
  reserved: 50,
  bytes: 52,
} as const;

const U32_BYTES = 4;

export interface LexicalColumns {
  rows: number;
  /** Documents of the segment, those without chunks included. */
  documents: number;
  /** Postings of rows in all values together. */
  postings: number;
  /** More than the rows of any term that is not in the table. */
  rareBelow: number;
  lengths: LengthClasses;
  /** Uint32Array[rows]: ordinal of the row's document, never less than that of the row before. */
  documentOfRow: Uint32Array;
  /** The table of the heaviest terms by ascending hash: rows that hold each, size of its value. */
  hashes: Float64Array;
  frequencies: Uint32Array;
  sizes: Uint8Array;
  /** Uint8Array[buckets]: sizes of the values of all other terms; as many as a power of two. */
  bucketSizes: Uint8Array;
  runs: RecordRuns;
  /** Of a small segment: the bytes of its only values of postings and of places. */
  inline: { postings: Uint8Array; places: Uint8Array } | undefined;
}

/** The bytes before base64. Errors: `invariant_violated` for what cannot be written. */
export function encodeLexicalColumns(columns: LexicalColumns): Uint8Array {
  const { rows, documents, lengths, documentOfRow, runs, inline } = columns;
  const { hashes, frequencies, sizes, bucketSizes } = columns;
  const withRows = new Set(documentOfRow);
  const empty = Array.from({ length: documents }, (_, i) => i).filter((i) => !withRows.has(i));
  const runBytes = encodeRuns(runs);
  const classes = packClasses(lengths);
  const postings = inline?.postings ?? new Uint8Array(0);
  const places = inline?.places ?? new Uint8Array(0);
  assertInvariant(
    hashes.length <= U16_MAX && bucketSizes.length <= U16_MAX && documentOfRow.length === rows,
    `lexical head: ${hashes.length} terms, ${bucketSizes.length} buckets, ${rows} rows`,
  );
  const writer = new ByteWriter();
  for (const field of [rows, documents, columns.postings, columns.rareBelow, empty.length]) {
    writer.uint(field, U32_BYTES);
  }
  for (const field of [runs.jobs, runs.jobOf, runBytes, classes, postings, places]) {
    writer.uint(field.length, U32_BYTES);
  }
  writer.uint(hashes.length, 2);
  writer.uint(bucketSizes.length, 2);
  writer.uint(lengths.lengths.length, 1);
  writer.uint(lengths.bits, 1);
  writer.uint(0, 2);
  assertInvariant(writer.length === LEXICAL_HEADER.bytes, 'lexical head: another header');
  for (const length of lengths.lengths) writer.float(length);
  writer.append(classes);
  writer.append(startBits(documentOfRow));
  for (const ordinal of empty) writer.uint(ordinal, U24_BYTES);
  for (const hash of hashes) writer.uint(hash, HASH_BYTES);
  for (const frequency of frequencies) writer.uint(frequency, U24_BYTES);
  writer.append(sizes);
  writer.append(bucketSizes);
  writeJobs(writer, runs.jobs);
  writer.append(runBytes);
  writer.append(postings);
  writer.append(places);
  return writer.finish();
}

/** Errors: `value_corrupt`. */
export function decodeLexicalColumns(
  key: string,
  bytes: Buffer,
  expected: { rows: number; documents: number; values: number },
): LexicalColumns {
  const reader = new ByteReader(key, bytes);
  const [rows, documents, postings, rareBelow, emptyDocuments] = readFields(reader, 5);
  const [jobs, runCount, runBytes, packedBytes, postingsBytes, placesBytes] = readFields(reader, 6);
  const [terms, buckets] = [reader.uint(2), reader.uint(2)];
  const [classes, bits] = [reader.uint(1), reader.uint(1)];
  if (reader.uint(2) !== 0) throw reader.corrupt('reserved bytes are set');
  if (rows !== expected.rows || documents !== expected.documents) {
    const what = `${rows} rows of ${documents} documents, the segment has`;
    throw reader.corrupt(`${what} ${expected.rows} of ${expected.documents}`);
  }
  if (terms + buckets !== expected.values) {
    throw reader.corrupt(`${terms + buckets} values, the segment has ${expected.values}`);
  }
  const isInline = placesBytes > 0;
  const isPowerOfTwo = buckets > 0 && (buckets & (buckets - 1)) === 0;
  if (isInline ? expected.values > 0 : !isPowerOfTwo || postingsBytes > 0) {
    throw reader.corrupt(`${buckets} buckets beside ${postingsBytes} bytes of postings`);
  }
  const isClassed = isLengthBits(bits) && classes === 2 ** bits;
  if (!isClassed || packedBytes !== classBytes(rows, bits)) {
    throw reader.corrupt(`${classes} classes of ${bits} bits in ${packedBytes} bytes`);
  }
  const lengths = readLengths(reader, { rows, bits });
  const documentOfRow = readDocuments(reader, { rows, documents, emptyDocuments });
  const hashes = readHashes(reader, terms);
  const frequencies = Uint32Array.from({ length: terms }, () => reader.uint(U24_BYTES));
  const wrong = frequencies.find((frequency) => frequency > rows);
  if (wrong !== undefined) throw reader.corrupt(`a term in ${wrong} of ${rows} rows`);
  if (rareBelow > rows + 1) throw reader.corrupt(`other terms in ${rareBelow - 1} rows`);
  const sizes = new Uint8Array(reader.take(terms));
  const bucketSizes = new Uint8Array(reader.take(buckets));
  const names = readJobs(reader, jobs);
  const runReader = new ByteReader(key, reader.take(runBytes));
  const runs = decodeRuns(runReader, names, { runs: runCount, rows });
  runReader.end();
  const inline = isInline
    ? {
        postings: new Uint8Array(reader.take(postingsBytes)),
        places: new Uint8Array(reader.take(placesBytes)),
      }
    : undefined;
  reader.end();
  const counts = { rows, documents, postings, rareBelow };
  const table = { hashes, frequencies, sizes, bucketSizes };
  return { ...counts, lengths, documentOfRow, ...table, runs, inline };
}

/** How many values of postings there are in fact: of the others the sizes say so. */
export function valuesPresent({ sizes, bucketSizes }: LexicalColumns): number {
  const isThere = (size: number) => size !== NO_VALUE;
  return sizes.filter(isThere).length + bucketSizes.filter(isThere).length;
}

function readFields<N extends 5 | 6>(
  reader: ByteReader,
  count: N,
): N extends 5
  ? [number, number, number, number, number]
  : [number, number, number, number, number, number] {
  return Array.from({ length: count }, () => reader.uint(U32_BYTES)) as never;
}

function readLengths(
  reader: ByteReader,
  { rows, bits }: { rows: number; bits: number },
): LengthClasses {
  const lengths = Float32Array.from({ length: 2 ** bits }, () => reader.float());
  if (!areClassLengths(lengths)) throw reader.corrupt('classes of lengths that do not ascend');
  const classOf = unpackClasses(reader.take(classBytes(rows, bits)), rows, bits);
  if (classOf === undefined) throw reader.corrupt('spare bits of classes are set');
  return { bits, lengths, classOf };
}

/** A bit for every row, set where a document begins. */
function startBits(documentOfRow: Uint32Array): Uint8Array {
  const bits = new Uint8Array(Math.ceil(documentOfRow.length / 8));
  for (const [row, document] of documentOfRow.entries()) {
    if (row > 0 && documentOfRow[row - 1] === document) continue;
    bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
  }
  return bits;
}

function readDocuments(
  reader: ByteReader,
  expected: { rows: number; documents: number; emptyDocuments: number },
): Uint32Array {
  const { rows, documents, emptyDocuments } = expected;
  const bits = reader.take(Math.ceil(rows / 8));
  if (hasSpareBits(bits, rows)) throw reader.corrupt('spare bits of documents are set');
  const empty = new Set<number>();
  let last = -1;
  for (let i = 0; i < emptyDocuments; i += 1) {
    const ordinal = reader.uint(U24_BYTES);
    if (ordinal <= last || ordinal >= documents) {
      throw reader.corrupt(`document ${ordinal} of ${documents} without rows`);
    }
    empty.add(ordinal);
    last = ordinal;
  }
  const documentOfRow = new Uint32Array(rows);
  const skipEmpty = (from: number) => {
    let ordinal = from;
    while (empty.has(ordinal)) ordinal += 1;
    return ordinal;
  };
  let ordinal = -1;
  for (let row = 0; row < rows; row += 1) {
    const begins = (((bits[row >> 3] as number) >> (row & 7)) & 1) === 1;
    if (begins) ordinal = skipEmpty(ordinal + 1);
    else if (row === 0) throw reader.corrupt('a first row that begins no document');
    documentOfRow[row] = ordinal;
  }
  if (skipEmpty(ordinal + 1) !== documents) {
    throw reader.corrupt(`rows of ${ordinal + 1} documents, not of ${documents}`);
  }
  return documentOfRow;
}
