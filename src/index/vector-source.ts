/** Where sealing takes vectors from: memory while they arrive, records afterwards. */

import type { KeyValueStore } from '../platform/ports';
import type { ChunkRef } from './document-table';
import { recordKey } from './keys';
import { readValues } from './read-values';
import { decodeRecord, RECORD_BYTES_PLANNED } from './record';
import { copyRow, emptyRows, pickRows, type VectorRows } from './vector-rows';

/** Gives the int8 vectors of rows of a segment, by their numbers and in that order. */
export interface VectorSource {
  /** Whether reading costs nothing but memory. */
  readonly isAtHand: boolean;
  read(rows: Uint32Array): Promise<VectorRows>;
}

/** Vectors that are at hand, row by row. */
export function memorySource(vectors: VectorRows): VectorSource {
  return { isAtHand: true, read: async (rows) => pickRows(vectors, rows) };
}

/** Records read at a time: bounds memory, and leaves room for queries beside it. */
const RECORDS_PER_READ = 500;

/**
 * Vectors of which the first rows are at hand; the rest is read back from the records of `refs`,
 * one a row: 36,000 read units for 100,000 records of 3.6 KB.
 * Errors of reading: `value_missing`, `value_corrupt`, `format_newer`.
 */
export function mixedSource(
  kv: KeyValueStore,
  options: {
    libraryId: string;
    dimensions: number;
    refs: readonly Pick<ChunkRef, 'job' | 'record'>[];
    vectors: VectorRows;
  },
): VectorSource {
  const { libraryId, dimensions, refs, vectors } = options;
  return {
    isAtHand: false,
    async read(rows) {
      const target = emptyRows(rows.length, dimensions);
      const missing: number[] = [];
      for (const [i, row] of rows.entries()) {
        if (row < vectors.count) copyRow(vectors, row, target, i);
        else missing.push(i);
      }
      for (let first = 0; first < missing.length; first += RECORDS_PER_READ) {
        const block = missing.slice(first, first + RECORDS_PER_READ);
        const wanted = block.map((i) => {
          const { job, record } = refs[rows[i] as number] as ChunkRef;
          return { key: recordKey(libraryId, job, record), bytes: RECORD_BYTES_PLANNED };
        });
        const values = await readValues(kv, wanted);
        for (const [j, { key, value }] of values.entries()) {
          const { vector } = decodeRecord(key, value, dimensions);
          const i = block[j] as number;
          target.values.set(vector.values, i * dimensions);
          target.scales[i] = vector.scale;
        }
      }
      return target;
    },
  };
}
