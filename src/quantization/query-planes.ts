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
  let sum = 0;
  for (let i = 0; i < query.length; i += 1) {
    const level = step > 0 ? Math.round((query[i] as number) / step) : 0;
    sum += level;
    const byte = i >> 3;
    const bit = i & 7;
    for (let plane = 0; plane < PLANES; plane += 1) {
      const at = plane * bytes + byte;
      planes[at] = (planes[at] as number) | (((level >> plane) & 1) << bit);
    }
  }
  return { planes, step, sum };
}
