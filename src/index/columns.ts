/**
 * Columns of unsigned numbers in stored bytes, little-endian, and the levels by which a column of
 * floats is stored: a float is `min + level / levelMax * span`. docs/format.md is the norm.
 */

import { assertInvariant } from '../errors';

export const U8_MAX = 0xff;
export const U16_MAX = 0xffff;
export const U24_MAX = 0xff_ffff;
export const U16_BYTES = 2;
export const U24_BYTES = 3;

/** The floats that levels spread over; both are float32, and so is their sum. */
export interface LevelRange {
  min: number;
  span: number;
}

/** Reads `count` u16 from byte `at` on. */
export function readU16s(bytes: Uint8Array, at: number, count: number): Uint32Array {
  const values = new Uint32Array(count);
  for (let i = 0, from = at; i < count; i += 1, from += U16_BYTES) {
    values[i] = (bytes[from] as number) | ((bytes[from + 1] as number) << 8);
  }
  return values;
}

/** Reads `count` u24 from byte `at` on. */
export function readU24s(bytes: Uint8Array, at: number, count: number): Uint32Array {
  const values = new Uint32Array(count);
  for (let i = 0, from = at; i < count; i += 1, from += U24_BYTES) {
    values[i] =
      (bytes[from] as number) |
      ((bytes[from + 1] as number) << 8) |
      ((bytes[from + 2] as number) << 16);
  }
  return values;
}

/** Writes u16 from byte `at` on. Errors: `invariant_violated` for a number that is none. */
export function writeU16s(bytes: Uint8Array, at: number, values: Uint32Array): void {
  writeUnsigned(bytes, at, values, { width: U16_BYTES, max: U16_MAX });
}

/** Writes u24 from byte `at` on. Errors: `invariant_violated` for a number that is none. */
export function writeU24s(bytes: Uint8Array, at: number, values: Uint32Array): void {
  writeUnsigned(bytes, at, values, { width: U24_BYTES, max: U24_MAX });
}

/**
 * The range of a column that has no negative numbers: from 0 to its largest.
 * Errors: `invariant_violated` for a number that is negative or not finite.
 */
export function rangeFromZero(column: string, values: Float32Array): LevelRange {
  const { min, max } = endsOf(column, values);
  assertInvariant(min >= 0, `${column}: ${min}, expected no negative number`);
  return { min: 0, span: max };
}

/**
 * The range of a column, from its smallest number to its largest; 0 and 0 for an empty one.
 * Errors: `invariant_violated` for a number that is not finite, or a range that no float32 holds.
 */
export function rangeOf(column: string, values: Float32Array): LevelRange {
  const { min, max } = endsOf(column, values);
  const range = { min, span: Math.fround(max - min) };
  assertInvariant(isRange(range), `${column}: from ${min} to ${max} is no range of float32`);
  return range;
}

/** Whether both ends are finite float32 and in order, as they are of every column written. */
export function isRange({ min, span }: LevelRange): boolean {
  return span >= 0 && Number.isFinite(min) && Number.isFinite(Math.fround(min + span));
}

/** The level next to each number, 0 to `levelMax`. */
export function toLevels(values: Float32Array, range: LevelRange, levelMax: number): Uint32Array {
  const { min, span } = range;
  const levels = new Uint32Array(values.length);
  if (span === 0) return levels;
  for (let i = 0; i < values.length; i += 1) {
    const level = Math.round((((values[i] as number) - min) / span) * levelMax);
    levels[i] = Math.max(0, Math.min(levelMax, level));
  }
  return levels;
}

/** The numbers that levels stand for; the inverse of `toLevels` up to half a level. */
export function fromLevels(
  levels: Uint8Array | Uint32Array,
  range: LevelRange,
  levelMax: number,
): Float32Array {
  const { min, span } = range;
  const values = new Float32Array(levels.length);
  for (let i = 0; i < levels.length; i += 1) {
    values[i] = min + ((levels[i] as number) / levelMax) * span;
  }
  return values;
}

/**
 * Whether a bit is set beyond the `bits` that each row of ceil(bits / 8) bytes has; the lowest bits
 * of a byte come first.
 */
export function hasSpareBits(rows: Uint8Array, bits: number): boolean {
  const used = bits & 7;
  if (used === 0) return false;
  const rowBytes = (bits + 7) >> 3;
  for (let last = rowBytes - 1; last < rows.length; last += rowBytes) {
    if ((rows[last] as number) >>> used !== 0) return true;
  }
  return false;
}

export function isWholeWithin(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

function endsOf(column: string, values: Float32Array): { min: number; max: number } {
  let min = values[0] ?? 0;
  let max = min;
  for (const value of values) {
    assertInvariant(Number.isFinite(value), `${column}: ${value}, expected finite numbers`);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

function writeUnsigned(
  bytes: Uint8Array,
  at: number,
  values: Uint32Array,
  { width, max }: { width: number; max: number },
): void {
  let to = at;
  for (const value of values) {
    assertInvariant(value <= max, `a column of ${width} bytes cannot hold ${value}`);
    for (let shift = 0; shift < 8 * width; shift += 8) {
      bytes[to] = value >>> shift;
      to += 1;
    }
  }
}
