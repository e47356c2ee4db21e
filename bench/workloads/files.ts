/**
 * Vectors and truth in files: little-endian values without a header, row after row. A name that
 * ends in .f16 or .f32 says the type of vectors; truth is int32, 100 row numbers a query.
 */

import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { endianness } from 'node:os';
import { extname } from 'node:path';
import { assertInvariant, GroundworkError } from '../../src/errors';
import { TRUTH_WIDTH } from './exact-neighbours';
import { normalizeRow, ROWS_PER_BLOCK, type RowBlock, type VectorSource } from './vector-source';

const BYTES_PER_VALUE: Readonly<Record<string, number>> = { '.f16': 2, '.f32': 4 };
const HALF_VALUES = 65_536;

/**
 * The vectors of a .f16 or .f32 file, read a block at a time. Float16 is widened to float32 and
 * made unit length again; float32 is taken as it stands. `ending` is for files named otherwise.
 */
export function vectorFile(path: string, dims: number, ending = extname(path)): VectorSource {
  const bytesPerValue = BYTES_PER_VALUE[ending];
  if (bytesPerValue === undefined) {
    throw new GroundworkError({
      code: 'vectors_ending',
      message: `${path}: vectors are read from .f16 and .f32 files, found the ending "${ending}"; convert or rename the file.`,
      facts: { path, ending },
    });
  }
  const rowBytes = dims * bytesPerValue;
  const bytes = sizeOf(path);
  if (bytes === 0 || bytes % rowBytes !== 0) {
    throw new GroundworkError({
      code: 'vectors_size',
      message: `${path}: expected a multiple of ${rowBytes} bytes (${dims} dimensions of ${bytesPerValue} bytes) above 0, found ${bytes}; check the dimensions and the ending.`,
      facts: { path, dims, bytes, rowBytes },
    });
  }
  const n = bytes / rowBytes;
  return {
    n,
    dims,
    *blocks(rowsPerBlock = ROWS_PER_BLOCK) {
      for (const { first, bytes: block } of byteBlocks(path, n, rowBytes, rowsPerBlock)) {
        const rows = bytesPerValue === 2 ? widened(block, dims) : float32Of(block);
        checkFinite(path, { first, rows }, dims);
        yield { first, rows };
      }
    },
  };
}

/** A truth file for so many queries over a base of n rows. */
export function readTruth(path: string, queries: number, n: number): Int32Array {
  const bytes = sizeOf(path);
  const expected = queries * TRUTH_WIDTH * Int32Array.BYTES_PER_ELEMENT;
  if (bytes !== expected) {
    throw new GroundworkError({
      code: 'truth_size',
      message: `${path}: expected ${expected} bytes (${queries} queries of ${TRUTH_WIDTH} int32 rows), found ${bytes}; check that truth and queries belong together.`,
      facts: { path, queries, bytes, expected },
    });
  }
  const [block] = byteBlocks(path, 1, bytes, 1);
  assertInvariant(block !== undefined, `${path} has ${bytes} bytes, but no block was read`);
  const truth = new Int32Array(block.bytes.buffer);
  const stray = truth.findIndex((row) => row < 0 || row >= n);
  if (stray >= 0) {
    const [row, query] = [Number(truth[stray]), Math.floor(stray / TRUTH_WIDTH)];
    throw new GroundworkError({
      code: 'truth_row',
      message: `${path}: query ${query} names row ${row}, expected rows from 0 to ${n - 1}; check that truth and base belong together.`,
      facts: { path, query, row, n },
    });
  }
  return truth;
}

function sizeOf(path: string): number {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile()) return found.size;
  throw new GroundworkError({
    code: 'vectors_missing',
    message: `${path}: expected a file of vectors or truth, found ${found === undefined ? 'nothing' : 'no file'}; check the path.`,
    facts: { path },
  });
}

/** The rows of a file as blocks of bytes, each in a buffer of its own. */
function* byteBlocks(path: string, rows: number, rowBytes: number, rowsPerBlock: number) {
  assertInvariant(endianness() === 'LE', 'vector files are read on little-endian machines only');
  const file = openSync(path, 'r');
  try {
    for (let first = 0; first < rows; first += rowsPerBlock) {
      const bytes = new Uint8Array(Math.min(rowsPerBlock, rows - first) * rowBytes);
      for (let done = 0; done < bytes.length; ) {
        const got = readSync(file, bytes, done, bytes.length - done, first * rowBytes + done);
        if (got === 0) throw shortened(path, first * rowBytes + done);
        done += got;
      }
      yield { first, bytes };
    }
  } finally {
    closeSync(file);
  }
}

function shortened(path: string, position: number): GroundworkError {
  return new GroundworkError({
    code: 'vectors_size',
    message: `${path}: ended at byte ${position} while it was read; let nothing write it meanwhile.`,
    facts: { path, position },
  });
}

function float32Of({ buffer }: Uint8Array<ArrayBuffer>): Float32Array {
  return new Float32Array(buffer);
}

function widened({ buffer }: Uint8Array<ArrayBuffer>, dims: number): Float32Array {
  const table = float32OfHalf();
  const rows = Float32Array.from(new Uint16Array(buffer), (half) => table[half] as number);
  for (let start = 0; start < rows.length; start += dims) normalizeRow(rows, start, dims);
  return rows;
}

let halfTable: Float32Array | undefined;

/** The float32 value of each of the 65,536 float16 (IEEE 754 binary16). */
function float32OfHalf(): Float32Array {
  halfTable ??= Float32Array.from({ length: HALF_VALUES }, (_, bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = (bits & 0x3ff) / 1024;
    if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    if (exponent === 0) return sign * fraction * 2 ** -14;
    return sign * (1 + fraction) * 2 ** (exponent - 15);
  });
  return halfTable;
}

function checkFinite(path: string, { first, rows }: RowBlock, dims: number): void {
  const stray = rows.findIndex((value) => !Number.isFinite(value));
  if (stray < 0) return;
  const row = first + Math.floor(stray / dims);
  throw new GroundworkError({
    code: 'vectors_not_finite',
    message: `${path}: row ${row} holds ${rows[stray]}, expected finite numbers; check the type that the ending names.`,
    facts: { path, row },
  });
}
