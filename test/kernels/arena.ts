/** Lays the arguments of a kernel into its memory, in the midst of bytes that must not matter. */

import type { Kernels } from '../../src/kernels/kernels';

export interface Arena {
  /** Offsets of the parts, in their order. */
  offsets: number[];
  /** Bytes of the memory that belong to no part, as they were laid. */
  isUntouched(): boolean;
}

export interface Part {
  bytes: Uint8Array;
  /** The offset is this above a multiple of 16. */
  misalignment?: number;
}

const NOISE = 0xa5;
const BETWEEN = 48;

/**
 * Reserves what the parts take and not a byte more, so that the last part ends where the reserved
 * bytes end; everything around the parts is filled with noise.
 */
export function layOut(kernels: Kernels, parts: readonly Part[]): Arena {
  let end = 0;
  const offsets = parts.map(({ bytes, misalignment = 0 }) => {
    const start = Math.ceil((end + BETWEEN) / 16) * 16 + misalignment;
    end = start + bytes.length;
    return start;
  });
  kernels.reserve(end);
  const memory = new Uint8Array(kernels.buffer).fill(NOISE);
  for (const [i, { bytes }] of parts.entries()) memory.set(bytes, offsets[i]);
  return {
    offsets,
    isUntouched: () => {
      const left = new Uint8Array(kernels.buffer).slice();
      for (const [i, { bytes }] of parts.entries()) {
        const start = offsets[i] as number;
        left.fill(NOISE, start, start + bytes.length);
      }
      return left.every((byte) => byte === NOISE);
    },
  };
}

export function bytesOf(values: Int8Array | Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** Room for so many results. */
export function resultsOf(count: number): Part {
  return { bytes: new Uint8Array(4 * count) };
}

export function randomInt8(length: number, random: () => number): Int8Array {
  return Int8Array.from({ length }, () => Math.floor(random() * 256) - 128);
}

export function randomBytes(length: number, random: () => number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256));
}
