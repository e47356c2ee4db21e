/** Read units of a cold query against the number of chunks: what was measured, and flat scans. */

import { KVS_UNIT_BYTES } from '../../src/platform/limits';

export interface Point {
  n: number;
  units: number;
}

/** One line of the picture. */
export interface Series {
  name: string;
  points: readonly Point[];
}

/** The sizes that flat scans are reckoned for. */
const SIZES = [1000, 10_000, 50_000, 100_000, 200_000];
const CATALOGUE_UNITS = 1;
/** Text of 1,500 characters and the names beside it. */
const RECORD_TEXT_BYTES = 1700;

/** Bytes of a stored code and the records that have to be read after the scan. */
const FLAT = {
  'flat int8': { codeBytes: (dims: number) => dims + 4, records: 10 },
  'flat 1 bit, 80 rescored': { codeBytes: (dims: number) => dims / 8 + 8, records: 80 },
} as const;

/**
 * Units of scans that read every code: the catalogue, all codes as base64, and the records of the
 * candidates. Reckoned, not measured: nothing here can beat its own bytes.
 */
export function flatSeries(dims: number): Series[] {
  const recordBytes = RECORD_TEXT_BYTES + base64Bytes(dims + 4);
  return Object.entries(FLAT).map(([name, { codeBytes, records }]) => ({
    name,
    points: SIZES.map((n) => ({
      n,
      units:
        CATALOGUE_UNITS +
        Math.ceil(base64Bytes(n * codeBytes(dims)) / KVS_UNIT_BYTES) +
        Math.ceil((records * recordBytes) / KVS_UNIT_BYTES),
    })),
  }));
}

function base64Bytes(bytes: number): number {
  return (bytes * 4) / 3;
}
