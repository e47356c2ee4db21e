/**
 * A value of postings: the lists of some terms. A list says which rows hold the term and how often,
 * and in the title or name of which documents it stands. docs/format.md is the norm for the bytes.
 *
 * A posting is packed as `4 × number + frequency - 1`, where 4 occurrences stand for more too.
 */

import { assertInvariant } from '../errors';
import { ByteReader, ByteWriter } from './byte-stream';
import { HASH_BYTES, hashBytesOf, hashIn } from './term-hash';

/** Where the one field of the fixed header begins, and how long the header is. */
export const POSTINGS_HEADER = { terms: 0, bytes: 2 } as const;

/** Occurrences that are told apart: two bits. */
export const FREQUENCY_MAX = 4;

export interface TermList {
  hash: number;
  /** Packed postings of rows, ascending. */
  rows: Uint32Array;
  /** Packed postings of documents, by ordinal, ascending. */
  titles: Uint32Array;
}

/** A value, read as far as finding a term in it needs. */
export interface PostingsValue {
  /** Float64Array[terms]: ascending. */
  hashes: Float64Array;
  /** Uint32Array[terms + 1]: where each list begins in `bytes`, and where the last ends. */
  starts: Uint32Array;
  bytes: Uint8Array;
}

/** What the numbers of a value keep to. */
export interface PostingsLimits {
  rows: number;
  documents: number;
}

/** A posting of a frequency from 1 on. */
export function packPosting(number: number, frequency: number): number {
  return number * FREQUENCY_MAX + Math.min(frequency, FREQUENCY_MAX) - 1;
}

/** Writes counts and postings of one list; most terms stand in no title. */
export function writeList(writer: ByteWriter, { rows, titles }: Omit<TermList, 'hash'>): void {
  writer.varint(2 * rows.length + (titles.length > 0 ? 1 : 0));
  if (titles.length > 0) writer.varint(titles.length);
  for (const postings of [rows, titles]) {
    let before = 0;
    for (const posting of postings) {
      // The frequency stays in the two lowest bits.
      writer.varint(posting - before);
      before = posting - (posting % FREQUENCY_MAX);
    }
  }
}

/** The only bucket of values that are of one term, or of all. */
const ONE_BUCKET = { buckets: 1, bucket: 0 };

/** Bytes of a value of lists that were written already, by ascending hash, all of one bucket. */
export function encodePostings(
  lists: readonly { hash: number; bytes: Uint8Array }[],
  buckets = 1,
): Uint8Array {
  const width = hashBytesOf(buckets);
  assertInvariant(lists.length > 0, 'postings: a value without a term');
  const writer = new ByteWriter();
  writer.uint(lists.length, POSTINGS_HEADER.bytes);
  for (const { hash } of lists) writer.uint(hash % 2 ** (8 * width), width);
  for (const { bytes } of lists) writer.append(bytes);
  return writer.finish();
}

/** Reads a value, that of a bucket of so many, and checks every number. Errors: `value_corrupt`. */
export function decodePostings(
  key: string,
  bytes: Buffer,
  limits: PostingsLimits,
  { buckets, bucket }: { buckets: number; bucket: number } = ONE_BUCKET,
): PostingsValue {
  const reader = new ByteReader(key, bytes);
  const terms = reader.uint(POSTINGS_HEADER.bytes);
  if (terms === 0) throw reader.corrupt('no terms');
  const width = hashBytesOf(buckets);
  const hashes = readHashes(reader, terms, width, (lowest) => {
    const hash = hashIn(bucket, buckets, lowest);
    if (hash % 2 ** (8 * width) === lowest) return hash;
    throw reader.corrupt(`a term that is none of bucket ${bucket}`);
  });
  const starts = new Uint32Array(terms + 1);
  for (let i = 0; i < terms; i += 1) {
    starts[i] = reader.at;
    readList(reader, limits);
  }
  starts[terms] = reader.at;
  reader.end();
  return { hashes, starts, bytes: new Uint8Array(bytes) };
}

/** Ascending hashes. Errors: `value_corrupt`. */
export function readHashes(
  reader: ByteReader,
  terms: number,
  width = HASH_BYTES,
  toHash = (lowest: number) => lowest,
): Float64Array {
  const hashes = new Float64Array(terms);
  for (let i = 0; i < terms; i += 1) {
    const hash = toHash(reader.uint(width));
    if (i > 0 && hash <= (hashes[i - 1] as number)) throw reader.corrupt('terms out of order');
    hashes[i] = hash;
  }
  return hashes;
}

/** The number of a hash among ascending ones; undefined where it is none of them. */
export function findHash(hashes: Float64Array, hash: number): number | undefined {
  let low = 0;
  let high = hashes.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((hashes[middle] as number) < hash) low = middle + 1;
    else high = middle;
  }
  return hashes[low] === hash ? low : undefined;
}

/** The list of a term of a decoded value; undefined where the value does not have it. */
export function listOf(
  key: string,
  { hashes, starts, bytes }: PostingsValue,
  hash: number,
): TermList | undefined {
  const number = findHash(hashes, hash);
  if (number === undefined) return undefined;
  const [start, end] = [starts[number] as number, starts[number + 1] as number];
  const list = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  const limits = { rows: Number.POSITIVE_INFINITY, documents: Number.POSITIVE_INFINITY };
  return { hash, ...readList(new ByteReader(key, list), limits) };
}

/** Rows of each list of a decoded value. */
export function rowCountsOf({ hashes, starts, bytes }: PostingsValue): Uint32Array {
  return Uint32Array.from(hashes, (_, number) => {
    const [start, end] = [starts[number] as number, starts[number + 1] as number];
    const list = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
    return Math.floor(new ByteReader('postings', list).varint() / 2);
  });
}

/** Reads one list. Errors: `value_corrupt`. */
export function readList(
  reader: ByteReader,
  limits: PostingsLimits,
): Pick<TermList, 'rows' | 'titles'> {
  const announced = reader.varint();
  const rows = Math.floor(announced / 2);
  const titles = announced % 2 === 0 ? 0 : reader.varint();
  if (announced === 0 || (announced % 2 === 1 && titles === 0)) {
    throw reader.corrupt('a term that stands nowhere');
  }
  if (rows + titles > reader.left) throw reader.corrupt(`${rows + titles} postings announced`);
  return {
    rows: readPostings(reader, rows, limits.rows),
    titles: readPostings(reader, titles, limits.documents),
  };
}

function readPostings(reader: ByteReader, count: number, numbersMax: number): Uint32Array {
  const postings = new Uint32Array(count);
  let before = 0;
  for (let i = 0; i < count; i += 1) {
    const step = reader.varint();
    const posting = before + step;
    if (i > 0 && step < FREQUENCY_MAX) throw reader.corrupt('postings out of order');
    if (posting >= numbersMax * FREQUENCY_MAX || posting >= 2 ** 32) {
      throw reader.corrupt(`a posting of ${Math.floor(posting / FREQUENCY_MAX)} of ${numbersMax}`);
    }
    postings[i] = posting;
    before = posting - (posting % FREQUENCY_MAX);
  }
  return postings;
}
