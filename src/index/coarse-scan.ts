/**
 * The coarse scan: estimated cosines of rows from their one-bit codes. Rotation and query
 * quantization are the same for all segments of the same dimensions, so that estimates of all of
 * them compare.
 */

import { createKernels, type Kernels } from '../kernels/kernels';
import { fourBitProducts } from '../quantization/four-bit';
import { codeBytes, ESTIMATE_ERROR } from '../quantization/one-bit';
import { PLANES, type QueryPlanes, toQueryPlanes } from '../quantization/query-planes';
import { createRotation, type Rotation } from '../quantization/rotation';
import type { CentroidTable } from './centroid-table';
import type { PostingList } from './posting-list';

/** A query as the coarse scan needs it. */
export interface CoarseQuery {
  /** Float32Array[dimensions], of norm 1. */
  rotated: Float32Array;
  /** Sum of its components. */
  total: number;
  planes: QueryPlanes;
}

export interface CoarseScanner {
  prepare(query: Float32Array): CoarseQuery;
  /** Estimated cosine of the query with each centroid, up to a constant: Float32Array[lists]. */
  scoreCentroids(query: CoarseQuery, table: CentroidTable): Float32Array;
  /** Estimated cosines of a list's rows, and the standard error of each. */
  scoreList(
    query: CoarseQuery,
    list: PostingList,
  ): { estimates: Float32Array; errors: Float32Array };
}

const WORD_BYTES = 4;

export function createCoarseScanner(dimensions: number): CoarseScanner {
  const rotation: Rotation = createRotation(dimensions);
  const kernels = createKernels();
  return {
    prepare(query) {
      const rotated = new Float32Array(dimensions);
      rotation.apply(query, rotated);
      let total = 0;
      for (let i = 0; i < dimensions; i += 1) total += rotated[i] as number;
      return { rotated, total, planes: toQueryPlanes(rotated) };
    },
    scoreCentroids(query, table) {
      const bits = Math.min(table.bits, dimensions);
      const { step, sum, planes } = toQueryPlanes(query.rotated.subarray(0, bits));
      const sums = scan(kernels, {
        planes,
        codes: table.codes,
        codeSize: table.bits / 8,
        count: table.lists,
      });
      const scores = new Float32Array(table.lists);
      for (let list = 0; list < table.lists; list += 1) {
        const signed = step * (2 * (sums[list] as number) - sum);
        scores[list] = (table.scales[list] as number) * signed;
      }
      return scores;
    },
    scoreList(query, list) {
      const { step, sum, planes } = query.planes;
      const sums = scan(kernels, {
        planes,
        codes: list.codes,
        codeSize: codeBytes(dimensions),
        count: list.count,
      });
      const { dot, squaredNorm } = fourBitProducts(query, list.centroid);
      const distance = Math.sqrt(Math.max(0, 1 - 2 * dot + squaredNorm));
      const estimates = new Float32Array(list.count);
      const errors = new Float32Array(list.count);
      for (let row = 0; row < list.count; row += 1) {
        const factor = list.factors[row] as number;
        const signed = step * (2 * (sums[row] as number) - sum);
        estimates[row] = dot + (list.offsets[row] as number) + factor * signed;
        errors[row] = ESTIMATE_ERROR * factor * distance;
      }
      return { estimates, errors };
    },
  };
}

/** Sums of the query's components over the set bits of each code: int32, in units of its step. */
function scan(
  kernels: Kernels,
  work: { planes: Uint8Array; codes: Uint8Array; codeSize: number; count: number },
): Int32Array {
  const { planes, codes, codeSize, count } = work;
  const outAt = Math.ceil((planes.length + codes.length) / WORD_BYTES) * WORD_BYTES;
  kernels.reserve(outAt + count * WORD_BYTES);
  const memory = new Uint8Array(kernels.buffer);
  memory.set(planes);
  memory.set(codes, planes.length);
  kernels.scanOneBit(0, PLANES, planes.length, codeSize, codeSize, count, outAt);
  return new Int32Array(kernels.buffer, outAt, count);
}
