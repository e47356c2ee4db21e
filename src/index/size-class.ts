/**
 * Sizes of values in one byte each, for whoever plans reads: a size is rounded up by a sixteenth at
 * most. Class 0 says that there is no such value.
 */

import { assertInvariant } from '../errors';

export const NO_VALUE = 0;

const CLASS_MAX = 0xff;

/** The smallest class whose bytes are not fewer. */
export function sizeClassOf(bytes: number): number {
  let low = 1;
  let high = CLASS_MAX;
  assertInvariant(bytes >= 0 && bytes <= bytesOfClass(high), `a value of ${bytes} bytes`);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (bytesOfClass(middle) < bytes) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Bytes that values of a class have at most. */
export function bytesOfClass(sizeClass: number): number {
  return (16 + (sizeClass & 15)) * 2 ** (sizeClass >> 4);
}
