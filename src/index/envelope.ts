/**
 * The frame of every value that the index stores in plain key-value storage: format version, kind,
 * checksum and body. docs/format.md is the norm; this file is its code.
 *
 * The checksum is computed before the write and checked after every read, so a truncated, altered
 * or exchanged value is reported as `value_corrupt` instead of giving wrong passages.
 */

import { crc32 } from 'node:zlib';
import { GroundworkError } from '../errors';
import { KVS_VALUE_BYTES_MAX } from '../platform/limits';
import type { JsonValue } from '../platform/ports';

/** Layout of stored values; independent of a library's generation. */
export const FORMAT_VERSION = 0;

/** The kinds that docs/format.md describes, a section each. */
export const VALUE_KINDS = [
  'list',
  'centroids',
  'lexical',
  'postings',
  'places',
  'tombstones',
  'documents',
  'record',
  'questions',
  'work',
] as const;

export type ValueKind = (typeof VALUE_KINDS)[number];

/**
 * JSON bytes of a value at most: slack under the platform's 240 KiB, as how it counts them is not
 * confirmed to the byte.
 */
export const PART_BYTES_MAX = KVS_VALUE_BYTES_MAX - 4_096;
/** Bytes of a body, before base64, of which the value of any kind keeps to `PART_BYTES_MAX`. */
export const BODY_BYTES_MAX =
  Math.floor((PART_BYTES_MAX - Math.max(...VALUE_KINDS.map((kind) => frameBytes(kind)))) / 4) * 3;

const DAMAGE_CODES: readonly string[] = ['value_corrupt', 'format_newer'];

/**
 * Wraps a body for the key it will stand under. Kind and key are part of the checksum, so a value
 * never passes for one of another kind, nor for its neighbour.
 */
export function sealValue(kind: ValueKind, key: string, body: string): JsonValue {
  const checksum = checksumOf({ format: FORMAT_VERSION, kind, key }, body);
  return { format: FORMAT_VERSION, kind, checksum, body };
}

/**
 * Unwraps a body read under `key`.
 * Errors: `format_newer` (written by a later version), `value_corrupt` (anything else amiss).
 */
export function openValue(kind: ValueKind, key: string, value: JsonValue): string {
  const envelope = asEnvelope(value);
  if (envelope === undefined) throw corrupt(key, 'no envelope of format, kind, checksum and body');
  if (envelope.format > FORMAT_VERSION) {
    throw new GroundworkError({
      code: 'format_newer',
      message: `${key}: stored in format ${envelope.format}, this version reads up to ${FORMAT_VERSION}; update the app to the version that wrote it`,
      facts: { key, found: envelope.format, expected: FORMAT_VERSION },
    });
  }
  if (envelope.kind !== kind) throw corrupt(key, `kind "${envelope.kind}", expected "${kind}"`);
  const checksum = checksumOf({ format: envelope.format, kind, key }, envelope.body);
  if (checksum !== envelope.checksum) {
    throw corrupt(key, `checksum ${envelope.checksum}, its body gives ${checksum}`);
  }
  return envelope.body;
}

/** Unwraps a body of bytes, which are stored as base64. Errors: as `openValue`. */
export function openBytes(kind: ValueKind, key: string, value: JsonValue): Buffer {
  return Buffer.from(openValue(kind, key, value), 'base64');
}

/**
 * JSON bytes of the value that holds so many bytes as base64, at most: a checksum may have fewer
 * than the ten digits counted here.
 */
export function sealedBytes(kind: ValueKind, bodyBytes: number): number {
  return frameBytes(kind) + 4 * Math.ceil(bodyBytes / 3);
}

/** The error for a stored value that cannot be what was written. */
export function corrupt(key: string, found: string): GroundworkError {
  return new GroundworkError({
    code: 'value_corrupt',
    message: `${key}: ${found}; the stored value is damaged. Verify the library and have it repaired, or delete it and index the library again from its documents`,
    facts: { key, found },
  });
}

/** Whether an error says that a stored value is damaged, or of a later version. */
export function isDamage(error: unknown): boolean {
  return GroundworkError.isInstance(error) && DAMAGE_CODES.includes(error.code);
}

function frameBytes(kind: ValueKind): number {
  return JSON.stringify({ format: FORMAT_VERSION, kind, checksum: 0xffff_ffff, body: '' }).length;
}

function checksumOf(
  { format, kind, key }: { format: number; kind: ValueKind; key: string },
  body: string,
): number {
  return crc32(body, crc32(`${format}:${kind}:${key}:`));
}

function asEnvelope(
  value: JsonValue,
): { format: number; kind: string; checksum: number; body: string } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { format, kind, checksum, body } = value as Record<string, JsonValue>;
  if (typeof format !== 'number' || !Number.isInteger(format) || format < 0) return undefined;
  if (typeof kind !== 'string') return undefined;
  if (typeof checksum !== 'number' || typeof body !== 'string') return undefined;
  return { format, kind, checksum, body };
}
