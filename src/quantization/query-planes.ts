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
const LEVEL_OFFSET = 2 ** (PLANES - 1);
const LEVEL_MAX = LEVEL_OFFSET - 1;
const ROUNDING = LEVEL_OFFSET + 0.5;
/** Kernels read planes in steps of so many bytes. */
const PLANE_ALIGNMENT = 16;

/** Three bits, each at the foot of a byte of its own. */
const SPREAD = Int32Array.of(0, 1, 0x100, 0x101, 0x10000, 0x10001, 0x10100, 0x10101);

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
  for (let i = 0; i < query.length; i += 1) {
    const abs = Math.abs(query[i] as number);
    if (abs > maxAbs) maxAbs = abs;
  }
  const step = maxAbs / LEVEL_MAX;
  const perStep = step > 0 ? 1 / step : 0;
  let sum = 0;
  for (let first = 0; first < query.length; first += 8) {
    // Bit `plane` of the levels of eight dimensions makes one byte of each plane.
    const end = Math.min(first + 8, query.length);
    let light = 0;
    let heavy = 0;
    for (let i = first; i < end; i += 1) {
      // Truncation of a positive number rounds down, several times faster than rounding does.
      const shifted = ((query[i] as number) * perStep + ROUNDING) | 0;
      sum += shifted - LEVEL_OFFSET;
      light |= (SPREAD[shifted & 7] as number) << (i - first);
      // Two's complement is the shifted number with its heaviest bit turned.
      heavy |= (SPREAD[(shifted >> 3) ^ 4] as number) << (i - first);
    }
    const at = first >> 3;
    for (let plane = 0; plane < PLANES / 2; plane += 1) {
      planes[at + plane * bytes] = light >> (8 * plane);
      planes[at + (plane + PLANES / 2) * bytes] = heavy >> (8 * plane);
    }
  }
  return { planes, step, sum };
}
