/**
 * A posting list: the rows that lie nearest one centroid, each with the one-bit code of its rotated
 * residual, two numbers to estimate by, and where its chunk lies. docs/format.md is the norm for
 * the bytes.
 */

import { assertInvariant } from '../errors';
import { type FourBitVector, nibbleBytes } from '../quantization/four-bit';
import { codeBytes } from '../quantization/one-bit';
import {
  fromLevels,
  hasSpareBits,
  isRange,
  isWholeWithin,
  rangeFromZero,
  rangeOf,
  readU24s,
  toLevels,
  U8_MAX,
  U16_MAX,
  U24_BYTES,
  writeU24s,
} from './columns';
import { BODY_BYTES_MAX, corrupt } from './envelope';

export { codeBytes };

/** Where each field of the fixed header begins, and how long it is. */
export const POSTING_LIST_HEADER = {
  dimensions: 0,
  count: 2,
  runs: 4,
  reserved: 6,
  centroidScale: 8,
  factorMax: 12,
  offsetMin: 16,
  offsetSpan: 20,
  bytes: 24,
} as const;
/** The same of one run. */
export const POSTING_LIST_RUN = { job: 0, rows: 8, bytes: 10 } as const;

/** One byte of factor, one of offset, and four columns of u24. */
const ROW_BYTES_BESIDES_CODE = 2 + 4 * U24_BYTES;
const NIBBLE_BITS = 4;
const JOB_BYTES = 8;
const JOB_PATTERN = /^[0-9a-f]{16}$/;

/**
 * The rows of one list, column by column: which chunk a row is and which record holds it. A row
 * estimates the cosine with a rotated query q as
 * `<q, centroid> + offset + factor * sum(sign_i * q_i)`.
 */
export interface PostingList {
  dimensions: number;
  count: number;
  /**
   * The centroid that residuals are taken from: component i is (nibble i - 7.5) * scale. Uint8Array
   * [ceil(dimensions / 2)], two nibbles a byte, low nibble first; an odd last high nibble is 0.
   */
  centroid: FourBitVector;
  /** Rows whose records are of the same job, in the order of the rows: 16 hex digits, >= 1 rows. */
  runs: { job: string; rows: number }[];
  /** Uint8Array[count x codeBytes(dimensions)], row-major: bit set where a component is >= 0. */
  codes: Uint8Array;
  /** Float32Array[count], >= 0; kept in 256 steps from 0 to the largest. */
  factors: Float32Array;
  /** Float32Array[count]; kept in 256 steps from the smallest to the largest. */
  offsets: Float32Array;
  /** Uint32Array[count] below 2^24, as are the three after it: ordinals in the document table. */
  documents: Uint32Array;
  /** Record numbers within the job of the row's run. */
  records: Uint32Array;
  /** UTF-16 units: where the chunk starts in its document, and how long it is. */
  starts: Uint32Array;
  lengths: Uint32Array;
}

/** Bytes of an encoded list, before base64. */
export function postingListBytes(dimensions: number, count: number, runs: number): number {
  const fixed = POSTING_LIST_HEADER.bytes + nibbleBytes(dimensions);
  const rowBytes = codeBytes(dimensions) + ROW_BYTES_BESIDES_CODE;
  return fixed + runs * POSTING_LIST_RUN.bytes + count * rowBytes;
}

/** Most rows with which a list of so many runs is still one stored value; may be below `runs`. */
export function postingListRowsMax(dimensions: number, runs: number): number {
  const room = BODY_BYTES_MAX - postingListBytes(dimensions, 0, runs);
  const rows = Math.floor(room / (codeBytes(dimensions) + ROW_BYTES_BESIDES_CODE));
  return Math.max(0, Math.min(U16_MAX, rows));
}

/** The bytes of a list, before base64. Errors: `invariant_violated` for what cannot be written. */
export function encodePostingList(list: PostingList): Uint8Array {
  checkList(list);
  const { dimensions, count, runs, centroid } = list;
  const factorRange = rangeFromZero('factors of a posting list', list.factors);
  const offsetRange = rangeOf('offsets of a posting list', list.offsets);
  const at = layoutOf(dimensions, count, runs.length);
  const bytes = Buffer.alloc(at.bytes);
  bytes.writeUInt16LE(dimensions, POSTING_LIST_HEADER.dimensions);
  bytes.writeUInt16LE(count, POSTING_LIST_HEADER.count);
  bytes.writeUInt16LE(runs.length, POSTING_LIST_HEADER.runs);
  bytes.writeFloatLE(centroid.scale, POSTING_LIST_HEADER.centroidScale);
  bytes.writeFloatLE(factorRange.span, POSTING_LIST_HEADER.factorMax);
  bytes.writeFloatLE(offsetRange.min, POSTING_LIST_HEADER.offsetMin);
  bytes.writeFloatLE(offsetRange.span, POSTING_LIST_HEADER.offsetSpan);
  bytes.set(centroid.nibbles, at.centroid);
  for (const [i, { job, rows }] of runs.entries()) {
    const run = at.runs + i * POSTING_LIST_RUN.bytes;
    bytes.write(job, run + POSTING_LIST_RUN.job, 'hex');
    bytes.writeUInt16LE(rows, run + POSTING_LIST_RUN.rows);
  }
  bytes.set(list.codes, at.codes);
  bytes.set(toLevels(list.factors, factorRange, U8_MAX), at.factors);
  bytes.set(toLevels(list.offsets, offsetRange, U8_MAX), at.offsets);
  writeU24s(bytes, at.documents, list.documents);
  writeU24s(bytes, at.records, list.records);
  writeU24s(bytes, at.starts, list.starts);
  writeU24s(bytes, at.lengths, list.lengths);
  return bytes;
}

/**
 * Reads the bytes of a list stored under `key`. Centroid and codes are views of `bytes`, the other
 * columns are copies. Ordinals are for the caller to hold against the document table.
 * Errors: `value_corrupt`.
 */
export function decodePostingList(key: string, bytes: Buffer, dimensions: number): PostingList {
  const { count, runs: runCount, ...header } = readHeader(key, bytes, dimensions);
  const at = layoutOf(dimensions, count, runCount);
  if (bytes.length !== at.bytes) {
    throw corrupt(
      key,
      `${bytes.length} bytes for ${count} rows in ${runCount} runs, expected ${at.bytes}`,
    );
  }
  const view = (from: number, to: number) =>
    new Uint8Array(bytes.buffer, bytes.byteOffset + from, to - from);
  const nibbles = view(at.centroid, at.runs);
  const codes = view(at.codes, at.factors);
  if (hasSpareBits(nibbles, NIBBLE_BITS * dimensions))
    throw corrupt(key, 'spare bits of the centroid are set');
  if (hasSpareBits(codes, dimensions)) throw corrupt(key, 'spare bits of a code are set');
  const factors = view(at.factors, at.offsets);
  const offsets = view(at.offsets, at.documents);
  return {
    dimensions,
    count,
    centroid: { scale: header.centroidScale, nibbles },
    runs: readRuns(key, bytes, { at: at.runs, runs: runCount, count }),
    codes,
    factors: fromLevels(factors, header.factorRange, U8_MAX),
    offsets: fromLevels(offsets, header.offsetRange, U8_MAX),
    documents: readU24s(bytes, at.documents, count),
    records: readU24s(bytes, at.records, count),
    starts: readU24s(bytes, at.starts, count),
    lengths: readU24s(bytes, at.lengths, count),
  };
}

/** Where each part of a list begins, and how many bytes all of it has. */
function layoutOf(dimensions: number, count: number, runCount: number) {
  const centroid = POSTING_LIST_HEADER.bytes;
  const runs = centroid + nibbleBytes(dimensions);
  const codes = runs + runCount * POSTING_LIST_RUN.bytes;
  const factors = codes + count * codeBytes(dimensions);
  const offsets = factors + count;
  const documents = offsets + count;
  const records = documents + count * U24_BYTES;
  const starts = records + count * U24_BYTES;
  const lengths = starts + count * U24_BYTES;
  const bytes = lengths + count * U24_BYTES;
  return { centroid, runs, codes, factors, offsets, documents, records, starts, lengths, bytes };
}

function readHeader(key: string, bytes: Buffer, expectedDimensions: number) {
  if (bytes.length < POSTING_LIST_HEADER.bytes) throw corrupt(key, `only ${bytes.length} bytes`);
  const dimensions = bytes.readUInt16LE(POSTING_LIST_HEADER.dimensions);
  if (dimensions !== expectedDimensions) {
    throw corrupt(key, `${dimensions} dimensions, the library has ${expectedDimensions}`);
  }
  if (bytes.readUInt16LE(POSTING_LIST_HEADER.reserved) !== 0) {
    throw corrupt(key, 'reserved bytes are not zero');
  }
  const count = bytes.readUInt16LE(POSTING_LIST_HEADER.count);
  const runs = bytes.readUInt16LE(POSTING_LIST_HEADER.runs);
  if (count < 1 || runs < 1 || runs > count) throw corrupt(key, `${count} rows in ${runs} runs`);
  const centroidScale = bytes.readFloatLE(POSTING_LIST_HEADER.centroidScale);
  const factorRange = { min: 0, span: bytes.readFloatLE(POSTING_LIST_HEADER.factorMax) };
  const offsetRange = {
    min: bytes.readFloatLE(POSTING_LIST_HEADER.offsetMin),
    span: bytes.readFloatLE(POSTING_LIST_HEADER.offsetSpan),
  };
  const centroidRange = { min: 0, span: centroidScale };
  if (![centroidRange, factorRange, offsetRange].every(isRange)) {
    throw corrupt(key, 'a scale is not finite, or is negative');
  }
  return { count, runs, centroidScale, factorRange, offsetRange };
}

function readRuns(
  key: string,
  bytes: Buffer,
  { at, runs, count }: { at: number; runs: number; count: number },
): PostingList['runs'] {
  let total = 0;
  const found = Array.from({ length: runs }, (_, i) => {
    const job = at + i * POSTING_LIST_RUN.bytes + POSTING_LIST_RUN.job;
    const rows = bytes.readUInt16LE(at + i * POSTING_LIST_RUN.bytes + POSTING_LIST_RUN.rows);
    if (rows === 0) throw corrupt(key, `run ${i} has no rows`);
    total += rows;
    return { job: bytes.toString('hex', job, job + JOB_BYTES), rows };
  });
  if (total !== count) throw corrupt(key, `${total} rows in its runs, ${count} in its header`);
  return found;
}

function checkList(list: PostingList): void {
  const { dimensions, count, runs, centroid } = list;
  const check = (condition: boolean, found: string) =>
    assertInvariant(
      condition,
      `posting list of ${count} rows and ${dimensions} dimensions: ${found}`,
    );
  check(
    isWholeWithin(dimensions, 1, U16_MAX) && isWholeWithin(count, 1, U16_MAX),
    'not a size to be written',
  );
  check(
    centroid.scale >= 0 && Number.isFinite(Math.fround(centroid.scale)),
    `scale ${centroid.scale} of its centroid`,
  );
  check(
    centroid.nibbles.length === nibbleBytes(dimensions) &&
      !hasSpareBits(centroid.nibbles, NIBBLE_BITS * dimensions),
    `${centroid.nibbles.length} bytes of centroid, or spare bits that are set`,
  );
  check(
    runs.every(({ job, rows }) => JOB_PATTERN.test(job) && isWholeWithin(rows, 1, count)) &&
      runs.reduce((sum, { rows }) => sum + rows, 0) === count,
    `${runs.length} runs that are not of its rows`,
  );
  check(
    list.codes.length === count * codeBytes(dimensions) && !hasSpareBits(list.codes, dimensions),
    `${list.codes.length} bytes of codes, or spare bits that are set`,
  );
  const { factors, offsets, documents, records, starts, lengths } = list;
  for (const column of [factors, offsets, documents, records, starts, lengths]) {
    check(column.length === count, `a column of ${column.length}`);
  }
  const bytes = postingListBytes(dimensions, count, runs.length);
  check(bytes <= BODY_BYTES_MAX, `${bytes} bytes, a stored value holds ${BODY_BYTES_MAX}`);
}
