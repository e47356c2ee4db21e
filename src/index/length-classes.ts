/**
 * Terms of rows by classes of about as many rows each: a class stands for the mean of its rows. How
 * a score depends on a row's length is so flat that sixteen classes lose nothing.
 */

import { isWholeWithin } from './columns';

/** Bits that a class may have, the most exact first. */
export const LENGTH_BITS = [4, 2, 1, 0] as const;

export interface LengthClasses {
  /** 0, 1, 2 or 4. */
  bits: number;
  /** Float32Array[2^bits]: terms of a row of each class, ascending. */
  lengths: Float32Array;
  /** Uint8Array[rows]: the class of each. */
  classOf: Uint8Array;
}

/** Rows of the same length are of the same class. */
export function classesOf(rowLengths: Uint32Array, bits: number): LengthClasses {
  const count = 2 ** bits;
  const sorted = rowLengths.slice().sort();
  const classOfLength = new Map<number, number>();
  for (const [place, length] of sorted.entries()) {
    if (classOfLength.has(length)) continue;
    classOfLength.set(length, Math.floor((place * count) / sorted.length));
  }
  const classOf = Uint8Array.from(rowLengths, (length) => classOfLength.get(length) as number);
  const sums = new Float64Array(count);
  const rows = new Uint32Array(count);
  for (const [row, length] of rowLengths.entries()) {
    const own = classOf[row] as number;
    sums[own] = (sums[own] as number) + length;
    rows[own] = (rows[own] as number) + 1;
  }
  const lengths = new Float32Array(count);
  for (let i = 0; i < count; i += 1) {
    // One without rows takes after the one before, so that they ascend.
    lengths[i] = rows[i] === 0 ? (lengths[i - 1] ?? 0) : (sums[i] as number) / (rows[i] as number);
  }
  return { bits, lengths, classOf };
}

export function classBytes(rows: number, bits: number): number {
  return Math.ceil((rows * bits) / 8);
}

/** Classes side by side, the first in the lowest bits of the first byte. */
export function packClasses({ bits, classOf }: LengthClasses): Uint8Array {
  const packed = new Uint8Array(classBytes(classOf.length, bits));
  if (bits === 0) return packed;
  const perByte = 8 / bits;
  for (const [row, own] of classOf.entries()) {
    const at = Math.floor(row / perByte);
    packed[at] = (packed[at] as number) | (own << (bits * (row % perByte)));
  }
  return packed;
}

/** The inverse; undefined where bits beyond the last row are set. */
export function unpackClasses(
  packed: Uint8Array,
  rows: number,
  bits: number,
): Uint8Array | undefined {
  const classOf = new Uint8Array(rows);
  if (bits === 0) return classOf;
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  for (let row = 0; row < rows; row += 1) {
    const byte = packed[Math.floor(row / perByte)] as number;
    classOf[row] = (byte >> (bits * (row % perByte))) & mask;
  }
  const used = rows % perByte;
  const spare = used === 0 ? 0 : (packed.at(-1) as number) >> (bits * used);
  return spare === 0 ? classOf : undefined;
}

/** Whether lengths of classes can be what `classesOf` gives. */
export function areClassLengths(lengths: Float32Array): boolean {
  return lengths.every(
    (length, i) => Number.isFinite(length) && length >= (i === 0 ? 0 : (lengths[i - 1] as number)),
  );
}

export function isLengthBits(bits: number): boolean {
  return isWholeWithin(bits, 0, 4) && (LENGTH_BITS as readonly number[]).includes(bits);
}
