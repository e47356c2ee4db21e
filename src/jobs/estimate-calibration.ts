/** What calibrating a threshold reads: the foreign texts' searches, every value once. */

import { KVS_UNIT_BYTES } from '../platform/limits';
import { CHANGE_SHARE_MIN } from '../retrieval/calibrate';

export interface CalibrationSize {
  /** Chunks of the library, and those of the segment that is sealed. */
  chunks: number;
  chunksSealed: number;
  /** 0 of a library that is searched by words alone, which puts forward half as many. */
  dimensions: number;
  recordBytes: number;
  /** Bytes of all lists and words of the segment. */
  segmentBytes: number;
}

/**
 * All records of a small library, some 1,300 of a large one, and as large a share of the lists and
 * words. Fitted to the handbook of examples, once to ten times, and to the judged corpus: reads are
 * ragged, which is half a unit for each of some 45, and for a batch of records more.
 */
const RECORDS_MAX = 1_300;
const KEYS_SHARE = 0.05;
const RAGGED_UNITS = 22;
const CHUNKS_WHERE_RAGGED = 220;
const RECORDS_PER_BATCH = 25;

/** Nothing where the library keeps the calibration it has. */
export function calibrationReads(size: CalibrationSize): { bytes: number; units: number } {
  const { chunksSealed, recordBytes, segmentBytes } = size;
  const chunks = Math.max(size.chunks, chunksSealed);
  if (chunksSealed === 0 || chunksSealed < CHANGE_SHARE_MIN * chunks) {
    return { bytes: 0, units: 0 };
  }
  const signals = size.dimensions === 0 ? 1 : 2;
  const records = chunks / Math.hypot(1, chunks / ((signals * RECORDS_MAX) / 2));
  const bytes = records * recordBytes + (records / chunks) * segmentBytes;
  const ragged = ((signals * RAGGED_UNITS) / 2) * Math.min(1, chunks / CHUNKS_WHERE_RAGGED);
  const batches = records / RECORDS_PER_BATCH / 2;
  const units = ((1 + KEYS_SHARE) * bytes) / KVS_UNIT_BYTES + ragged + batches;
  return { bytes, units: Math.round(units) };
}
