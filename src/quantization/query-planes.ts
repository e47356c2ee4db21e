/**
 * A rotated query in bit planes, for scoring one-bit codes: component i is about step * u_i with
 * u_i in [-32, 31] in two's complement, and plane b holds bit b of every u_i. The sum of the u_i
 * whose bit is set in a code is then a sum of population counts, the last plane counting negative.
 *
 * Six bits: four, six and eight gave the same recall on every set tried, so the query's own error
 * is beyond what the one-bit codes can tell (docs/tried.md).
 *
 * Source: the bitwise form of RaBitQ's estimator (arXiv 2405.12497), section 3.3.
 */

import { codeBytes } from './one-bit';

export const PLANES = 6;
const LEVEL_MAX = 2 ** (PLANES - 1) - 1;
/** Kernels read planes in steps of so many bytes. */
const PLANE_ALIGNMENT = 16;

export interface QueryPlanes {
  /** Uint8Array[PLANES x planeBytes]; padding is zero. */
  planes: Uint8Array;
  step: number;
  /** Sum of all u_i. */
  sum: number;
}

/** Bytes of one plane with its padding. */
export function planeBytes(dimensions: number): number {
  return Math.ceil(codeBytes(dimensions) / PLANE_ALIGNMENT) * PLANE_ALIGNMENT;
}

/** Float32Array[dimensions], rotated. */
export function toQueryPlanes(query: Float32Array): QueryPlanes {
  const bytes = planeBytes(query.length);
  const planes = new Uint8Array(PLANES * bytes);
  let maxAbs = 0;
  for (const component of query) maxAbs = Math.max(maxAbs, Math.abs(component));
  const step = maxAbs / LEVEL_MAX;
  const perStep = step > 0 ? 1 / step : 0;
  let sum = 0;
  for (let first = 0; first < query.length; first += 8) {
    // Bit `plane` of the levels of eight dimensions makes one byte of each plane.
    const end = Math.min(first + 8, query.length);
    let b0 = 0;
    let b1 = 0;
    let b2 = 0;
    let b3 = 0;
    let b4 = 0;
    let b5 = 0;
    for (let i = first; i < end; i += 1) {
      const level = Math.round((query[i] as number) * perStep);
      sum += level;
      const bit = i - first;
      b0 |= (level & 1) << bit;
      b1 |= ((level >> 1) & 1) << bit;
      b2 |= ((level >> 2) & 1) << bit;
      b3 |= ((level >> 3) & 1) << bit;
      b4 |= ((level >> 4) & 1) << bit;
      b5 |= ((level >> 5) & 1) << bit;
    }
    const at = first >> 3;
    planes[at] = b0;
    planes[at + bytes] = b1;
    planes[at + 2 * bytes] = b2;
    planes[at + 3 * bytes] = b3;
    planes[at + 4 * bytes] = b4;
    planes[at + 5 * bytes] = b5;
  }
  return { planes, step, sum };
}
