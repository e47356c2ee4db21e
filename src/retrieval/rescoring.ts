/**
 * Scores of candidates by their int8 vectors. The query is not rounded to eight bits: it is split
 * into two rows of int8, q = step * (high + low / 254), so that its own error, below 2^-15 of its
 * largest component, is far beneath that of the records, while the products stay integers.
 */

import { createKernels } from '../kernels/kernels';
import type { Int8Vector } from '../quantization/int8';

const WORD_BYTES = 4;
const HIGH_MAX = 127;
/** Of the rest of half a step to each side, so that it too fits an int8. */
const LOW_LEVELS = 254;
const OFFSET = 128;
const ROUNDING = OFFSET + 0.5;

export interface Rescorer {
  /** Cosine of the query with each vector, for a query and vectors of norm 1. */
  score(query: Float32Array, vectors: readonly Int8Vector[]): number[];
}

export function createRescorer(dimensions: number): Rescorer {
  const kernels = createKernels();
  return {
    score(query, vectors) {
      const count = vectors.length;
      const rowsAt = 2 * dimensions;
      const highAt = Math.ceil((rowsAt + count * dimensions) / WORD_BYTES) * WORD_BYTES;
      const lowAt = highAt + count * WORD_BYTES;
      kernels.reserve(lowAt + count * WORD_BYTES);
      const memory = new Int8Array(kernels.buffer);
      const step = split(query, memory);
      for (const [row, { values }] of vectors.entries()) {
        memory.set(values, rowsAt + row * dimensions);
      }
      kernels.dotInt8Rows(0, rowsAt, count, dimensions, highAt);
      kernels.dotInt8Rows(dimensions, rowsAt, count, dimensions, lowAt);
      const high = new Int32Array(kernels.buffer, highAt, count);
      const low = new Int32Array(kernels.buffer, lowAt, count);
      return vectors.map(
        ({ scale }, row) =>
          step * scale * ((high[row] as number) + (low[row] as number) / LOW_LEVELS),
      );
    },
  };
}

/** Writes the high row and behind it the low row; returns the step of the high one. */
function split(query: Float32Array, target: Int8Array): number {
  let maxAbs = 0;
  for (let i = 0; i < query.length; i += 1) {
    const abs = Math.abs(query[i] as number);
    if (abs > maxAbs) maxAbs = abs;
  }
  const perStep = maxAbs > 0 ? HIGH_MAX / maxAbs : 0;
  const { length } = query;
  for (let i = 0; i < length; i += 1) {
    // Truncating a positive number rounds, and a branch on signs would be mispredicted.
    const steps = (query[i] as number) * perStep;
    const high = ((steps + ROUNDING) | 0) - OFFSET;
    target[i] = high;
    target[length + i] = (((steps - high) * LOW_LEVELS + ROUNDING) | 0) - OFFSET;
  }
  return maxAbs / HIGH_MAX;
}
