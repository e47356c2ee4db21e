/**
 * The centroid table of a clustered segment: for each posting list a short code of its centroid,
 * how far its rows lie from it, and how large the list is. It is read before the lists, to choose
 * among them. docs/format.md is the norm for the bytes.
 */

import { assertInvariant } from '../errors';
import {
  fromLevels,
  hasSpareBits,
  isRange,
  isWholeWithin,
  rangeFromZero,
  readU16s,
  toLevels,
  U16_BYTES,
  U16_MAX,
  writeU16s,
} from './columns';
import { BODY_BYTES_MAX, corrupt } from './envelope';

/** Where each field of the fixed header of a part begins, and how long it is. */
export const CENTROID_TABLE_HEADER = {
  dimensions: 0,
  bits: 2,
  lists: 4,
  scaleMax: 8,
  radiusMax: 12,
  bytes: 16,
} as const;

/** Scale, radius, count and runs of a list. */
const LIST_BYTES_BESIDES_CODE = 4 * U16_BYTES;

/** The lists of a segment, column by column, in the order of their numbers. */
export interface CentroidTable {
  dimensions: number;
  /** Bits of a centroid's code, a multiple of 8: signs of the first so many rotated dimensions. */
  bits: number;
  lists: number;
  /** Uint8Array[lists x bits / 8], row-major: signs of centroid minus mean, set where >= 0. */
  codes: Uint8Array;
  /** Float32Array[lists], >= 0; kept in 65,536 steps from 0 to the largest of the part. */
  scales: Float32Array;
  /** Float32Array[lists], kept as `scales` are: root mean square of the norms of the residuals. */
  radii: Float32Array;
  /** Uint32Array[lists], 1 to 65,535: rows of the list. */
  counts: Uint32Array;
  /** Uint32Array[lists], 1 to the count: runs of the list. With the count it gives its size. */
  runs: Uint32Array;
}

/**
 * The bytes of a table, before base64, one entry a part.
 * Errors: `invariant_violated` for what cannot be written.
 */
export function encodeCentroidTable(table: CentroidTable): Uint8Array[] {
  checkTable(table);
  const rowBytes = table.bits / 8 + LIST_BYTES_BESIDES_CODE;
  const listsMax = Math.floor((BODY_BYTES_MAX - CENTROID_TABLE_HEADER.bytes) / rowBytes);
  const parts: Uint8Array[] = [];
  for (let first = 0; first < table.lists; first += listsMax) {
    const end = Math.min(table.lists, first + listsMax);
    parts.push(encodePart(sliceOf(table, first, end)));
  }
  return parts;
}

/**
 * Reads a table from its parts in order. `chunks` is what all its lists hold together.
 * Errors: `value_corrupt`.
 */
export function decodeCentroidTable(
  parts: readonly { key: string; bytes: Buffer }[],
  expected: { dimensions: number; chunks: number },
): CentroidTable {
  const tables = parts.map(({ key, bytes }) => decodePart(key, bytes, expected.dimensions));
  const lastKey = parts.at(-1)?.key ?? 'centroid table';
  const bits = tables[0]?.bits;
  if (bits === undefined) throw corrupt(lastKey, 'it has no parts');
  if (tables.some((table) => table.bits !== bits)) {
    throw corrupt(lastKey, 'its parts have codes of different lengths');
  }
  const table = join(tables, { dimensions: expected.dimensions, bits });
  let chunks = 0;
  for (const count of table.counts) chunks += count;
  if (chunks !== expected.chunks) {
    throw corrupt(lastKey, `${chunks} rows in its lists, the segment has ${expected.chunks}`);
  }
  return table;
}

function encodePart(table: CentroidTable): Uint8Array {
  const { dimensions, bits, lists } = table;
  const scaleRange = rangeFromZero('scales of a centroid table', table.scales);
  const radiusRange = rangeFromZero('radii of a centroid table', table.radii);
  const at = layoutOf(lists, bits);
  const bytes = Buffer.alloc(at.bytes);
  bytes.writeUInt16LE(dimensions, CENTROID_TABLE_HEADER.dimensions);
  bytes.writeUInt16LE(bits, CENTROID_TABLE_HEADER.bits);
  bytes.writeUInt32LE(lists, CENTROID_TABLE_HEADER.lists);
  bytes.writeFloatLE(scaleRange.span, CENTROID_TABLE_HEADER.scaleMax);
  bytes.writeFloatLE(radiusRange.span, CENTROID_TABLE_HEADER.radiusMax);
  bytes.set(table.codes, at.codes);
  writeU16s(bytes, at.scales, toLevels(table.scales, scaleRange, U16_MAX));
  writeU16s(bytes, at.radii, toLevels(table.radii, radiusRange, U16_MAX));
  writeU16s(bytes, at.counts, table.counts);
  writeU16s(bytes, at.runs, table.runs);
  return bytes;
}

function decodePart(key: string, bytes: Buffer, expectedDimensions: number): CentroidTable {
  const { bits, lists, scaleRange, radiusRange } = readHeader(key, bytes, expectedDimensions);
  const at = layoutOf(lists, bits);
  if (bytes.length !== at.bytes) {
    throw corrupt(key, `${bytes.length} bytes for ${lists} lists, expected ${at.bytes}`);
  }
  const codes = new Uint8Array(bytes.buffer, bytes.byteOffset + at.codes, at.scales - at.codes);
  if (hasSpareBits(codes, Math.min(bits, expectedDimensions))) {
    throw corrupt(key, 'spare bits of a code are set');
  }
  const counts = readU16s(bytes, at.counts, lists);
  const runs = readU16s(bytes, at.runs, lists);
  const wrong = firstListAmiss(counts, runs);
  if (wrong !== undefined) {
    throw corrupt(key, `list ${wrong} of ${counts[wrong]} rows in ${runs[wrong]} runs`);
  }
  return {
    dimensions: expectedDimensions,
    bits,
    lists,
    codes,
    scales: fromLevels(readU16s(bytes, at.scales, lists), scaleRange, U16_MAX),
    radii: fromLevels(readU16s(bytes, at.radii, lists), radiusRange, U16_MAX),
    counts,
    runs,
  };
}

function readHeader(key: string, bytes: Buffer, expectedDimensions: number) {
  if (bytes.length < CENTROID_TABLE_HEADER.bytes) throw corrupt(key, `only ${bytes.length} bytes`);
  const dimensions = bytes.readUInt16LE(CENTROID_TABLE_HEADER.dimensions);
  if (dimensions !== expectedDimensions) {
    throw corrupt(key, `${dimensions} dimensions, the library has ${expectedDimensions}`);
  }
  const bits = bytes.readUInt16LE(CENTROID_TABLE_HEADER.bits);
  if (!isCodeLength(bits, dimensions)) throw corrupt(key, `codes of ${bits} bits`);
  const lists = bytes.readUInt32LE(CENTROID_TABLE_HEADER.lists);
  if (lists === 0) throw corrupt(key, 'it has no lists');
  const scaleRange = { min: 0, span: bytes.readFloatLE(CENTROID_TABLE_HEADER.scaleMax) };
  const radiusRange = { min: 0, span: bytes.readFloatLE(CENTROID_TABLE_HEADER.radiusMax) };
  if (!isRange(scaleRange) || !isRange(radiusRange)) {
    throw corrupt(key, 'a scale or radius is not finite, or is negative');
  }
  return { bits, lists, scaleRange, radiusRange };
}

/** Where each column of a part begins, and how many bytes all of it has. */
function layoutOf(lists: number, bits: number) {
  const codes = CENTROID_TABLE_HEADER.bytes;
  const scales = codes + lists * (bits / 8);
  const radii = scales + lists * U16_BYTES;
  const counts = radii + lists * U16_BYTES;
  const runs = counts + lists * U16_BYTES;
  const bytes = runs + lists * U16_BYTES;
  return { codes, scales, radii, counts, runs, bytes };
}

function sliceOf(table: CentroidTable, first: number, end: number): CentroidTable {
  const { dimensions, bits, codes, scales, radii, counts, runs } = table;
  const codeBytes = bits / 8;
  return {
    dimensions,
    bits,
    lists: end - first,
    codes: codes.subarray(first * codeBytes, end * codeBytes),
    scales: scales.subarray(first, end),
    radii: radii.subarray(first, end),
    counts: counts.subarray(first, end),
    runs: runs.subarray(first, end),
  };
}

function join(
  tables: readonly CentroidTable[],
  { dimensions, bits }: { dimensions: number; bits: number },
): CentroidTable {
  const lists = tables.reduce((sum, table) => sum + table.lists, 0);
  const joined: CentroidTable = {
    dimensions,
    bits,
    lists,
    codes: new Uint8Array(lists * (bits / 8)),
    scales: new Float32Array(lists),
    radii: new Float32Array(lists),
    counts: new Uint32Array(lists),
    runs: new Uint32Array(lists),
  };
  let first = 0;
  for (const table of tables) {
    joined.codes.set(table.codes, first * (bits / 8));
    joined.scales.set(table.scales, first);
    joined.radii.set(table.radii, first);
    joined.counts.set(table.counts, first);
    joined.runs.set(table.runs, first);
    first += table.lists;
  }
  return joined;
}

function checkTable(table: CentroidTable): void {
  const { dimensions, bits, lists, codes, scales, radii, counts, runs } = table;
  const check = (condition: boolean, found: string) =>
    assertInvariant(condition, `centroid table of ${lists} lists: ${found}`);
  check(isWholeWithin(lists, 1, Number.MAX_SAFE_INTEGER), 'expected a list at least');
  check(
    isWholeWithin(dimensions, 1, U16_MAX) && isCodeLength(bits, dimensions),
    `codes of ${bits} bits for ${dimensions} dimensions`,
  );
  check(
    codes.length === lists * (bits / 8) && !hasSpareBits(codes, Math.min(bits, dimensions)),
    `${codes.length} bytes of codes, or spare bits that are set`,
  );
  for (const column of [scales, radii, counts, runs]) {
    check(column.length === lists, `a column of ${column.length}`);
  }
  const wrong = firstListAmiss(counts, runs);
  check(wrong === undefined, `list ${wrong} is not of 1 run or more, and of rows for each`);
}

function isCodeLength(bits: number, dimensions: number): boolean {
  return bits % 8 === 0 && isWholeWithin(bits, 8, (dimensions + 7) & ~7);
}

/** The first list that has no run, or fewer rows than runs. */
function firstListAmiss(counts: Uint32Array, runs: Uint32Array): number | undefined {
  const wrong = counts.findIndex((count, i) => {
    const of = runs[i] as number;
    return of < 1 || of > count;
  });
  return wrong === -1 ? undefined : wrong;
}
