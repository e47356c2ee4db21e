/** Assignment of vectors to centroids, by the greatest cosine. */

import { createKernels } from '../kernels/kernels';
import { quantizeInt8Into } from '../quantization/int8';
import { isProjected, PROJECTED_DIMENSIONS, projectRows } from './project-rows';
import type { VectorRows } from './vector-rows';

const WORD_BYTES = 4;
/** Centroids that are compared in all dimensions after a look at their projections. */
const SHORTLIST = 4;

export interface CentroidAssigner {
  /** The centroid whose direction is nearest to an int8 row of `rows`, from `at` on. */
  nearest(rows: Int8Array, at: number): number;
}

export interface RotatedAssigner {
  /** The same, given the rotated row too: Float32Array[dimensions]. */
  nearest(rows: Int8Array, at: number, rotated: Float32Array): number;
}

/**
 * Lays the centroids out for a kernel once. `centroids`: int8 rows with the scale that makes each a
 * mean vector; only their directions count. A zero centroid is never the nearest of several.
 */
export function createAssigner(centroids: VectorRows): CentroidAssigner {
  const { kernels, query, at, count, dimensions } = layOut(centroids);
  return {
    nearest(rows, from) {
      query.set(rows.subarray(from, from + dimensions));
      return kernels.nearestRow(at.query, 0, count, dimensions, at.scales, at.bias, at.out);
    },
  };
}

/**
 * The same for many rows of many dimensions: the projections of all centroids give a short list,
 * and only its members are compared in all dimensions. At 388 centroids of 1,536 dimensions that
 * takes two fifths of the time.
 */
export function createRotatedAssigner(centroids: VectorRows): RotatedAssigner {
  if (!isProjected(centroids.dimensions)) return createAssigner(centroids);
  const coarse = layOut(projectRows(centroids));
  const fine = layOut(centroids);
  const { count, dimensions } = fine;
  const dots = new Int32Array(coarse.kernels.buffer, coarse.at.out, count);
  const exact = new Int32Array(fine.kernels.buffer, fine.at.out, 1);
  const shortlist = new Int32Array(SHORTLIST);
  const scores = new Float64Array(SHORTLIST);
  return {
    nearest(rows, from, rotated) {
      quantizeInt8Into(rotated.subarray(0, PROJECTED_DIMENSIONS), coarse.query, 0);
      coarse.kernels.dotInt8Rows(coarse.at.query, 0, count, PROJECTED_DIMENSIONS, coarse.at.out);
      shortlist.fill(-1);
      scores.fill(Number.NEGATIVE_INFINITY);
      for (let row = 0; row < count; row += 1) {
        const score =
          (dots[row] as number) * (coarse.scales[row] as number) + (coarse.bias[row] as number);
        if (score > (scores[SHORTLIST - 1] as number)) insert(row, score);
      }
      fine.query.set(rows.subarray(from, from + dimensions));
      let nearest = Math.max(0, shortlist[0] as number);
      let greatest = Number.NEGATIVE_INFINITY;
      for (const row of shortlist) {
        if (row < 0) continue;
        fine.kernels.dotInt8Rows(fine.at.query, row * dimensions, 1, dimensions, fine.at.out);
        const score = (exact[0] as number) * (fine.scales[row] as number);
        if (score < greatest || (score === greatest && row > nearest)) continue;
        greatest = score;
        nearest = row;
      }
      return nearest;
    },
  };

  /** Keeps the short list in order of scores. */
  function insert(row: number, score: number): void {
    let at = SHORTLIST - 1;
    while (at > 0 && (scores[at - 1] as number) < score) {
      scores[at] = scores[at - 1] as number;
      shortlist[at] = shortlist[at - 1] as number;
      at -= 1;
    }
    scores[at] = score;
    shortlist[at] = row;
  }
}

/** Centroids, room for a query, a scale and a bias for each centroid, and room for results. */
function layOut(centroids: VectorRows) {
  const { count, dimensions, values } = centroids;
  const query = count * dimensions;
  const scalesAt = Math.ceil((query + dimensions) / WORD_BYTES) * WORD_BYTES;
  const biasAt = scalesAt + count * WORD_BYTES;
  const at = { query, scales: scalesAt, bias: biasAt, out: biasAt + count * WORD_BYTES };
  const kernels = createKernels();
  kernels.reserve(at.out + count * WORD_BYTES);
  new Int8Array(kernels.buffer).set(values);
  const scales = new Float32Array(kernels.buffer, at.scales, count);
  const bias = new Float32Array(kernels.buffer, at.bias, count);
  for (let row = 0; row < count; row += 1) {
    let squares = 0;
    for (let i = row * dimensions; i < (row + 1) * dimensions; i += 1) {
      squares += (values[i] as number) ** 2;
    }
    scales[row] = squares > 0 ? 1 / Math.sqrt(squares) : 0;
    bias[row] = squares > 0 ? 0 : Number.NEGATIVE_INFINITY;
  }
  const room = new Int8Array(kernels.buffer, query, dimensions);
  return { kernels, count, dimensions, at, query: room, scales, bias };
}
