/**
 * Rules of keys, values and TTLs, independent of what is stored.
 * Source of codes: storage-reference/handling-errors-kvs, 2024-03-14, and
 * storage-reference/handling-errors-customentities, 2025-03-14, unless said.
 */
import {
  KVS_DEPTH_MAX,
  KVS_KEY_CHARACTERS_MAX,
  KVS_KEY_PATTERN,
  KVS_TTL_DAYS_MAX,
  KVS_VALUE_BYTES_MAX,
} from '../../src/platform/limits';
import type { Address } from './address';
import { badRequest } from './refusal';
import { TTL_UNIT_MS } from './rules';

/** Errors: KEY_TOO_SHORT (EMPTY_KEY for entities), KEY_TOO_LONG, INVALID_KEY. */
export function checkKey(address: Address): void {
  const { key, space } = address;
  if (key.length === 0) {
    throw space === 'entity'
      ? badRequest('EMPTY_KEY', 'Key cannot be empty')
      : badRequest('KEY_TOO_SHORT', 'Key needs at least one character');
  }
  if (key.length > KVS_KEY_CHARACTERS_MAX) {
    const found = `${key.length} characters, at most ${KVS_KEY_CHARACTERS_MAX}`;
    throw badRequest('KEY_TOO_LONG', `Key has ${found}`);
  }
  if (!KVS_KEY_PATTERN.test(key)) {
    throw badRequest('INVALID_KEY', `Key does not match ${KVS_KEY_PATTERN}`);
  }
}

/**
 * Returns the value as JSON text. "240 KiB in RAW" is taken as the UTF-8 bytes of that text.
 * Errors: MAX_SIZE, MAX_DEPTH.
 */
export function checkedValueJson(value: unknown): string {
  if (isDeeperThan(value, KVS_DEPTH_MAX)) {
    throw badRequest('MAX_DEPTH', `Value is deeper than ${KVS_DEPTH_MAX} levels`);
  }
  const json = JSON.stringify(value);
  const bytes = Buffer.byteLength(json);
  if (bytes > KVS_VALUE_BYTES_MAX) {
    throw badRequest('MAX_SIZE', `Value has ${bytes} bytes, at most ${KVS_VALUE_BYTES_MAX}`);
  }
  return json;
}

/** A scalar has no level, `{}` and `[]` have one. */
function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((member) => isDeeperThan(member, levels - 1));
}

/**
 * Milliseconds since the epoch at which a value expires, or undefined without a TTL.
 * Errors: INVALID_TTL with the message of the probe 2026-10-09 for a value that is not a positive
 * integer; the same code for an unknown unit or more than a year is unconfirmed.
 */
export function expiryOf(
  ttl: { value: number; unit: string } | undefined,
  now: number,
): number | undefined {
  if (ttl === undefined) return undefined;
  if (!Number.isSafeInteger(ttl.value) || ttl.value <= 0) {
    throw badRequest('INVALID_TTL', `TTL value must be a positive integer, received: ${ttl.value}`);
  }
  const unitMs = TTL_UNIT_MS[ttl.unit];
  if (unitMs === undefined) {
    throw badRequest('INVALID_TTL', `TTL unit must be ${Object.keys(TTL_UNIT_MS).join(', ')}`);
  }
  const ttlMs = ttl.value * unitMs;
  if (ttlMs > KVS_TTL_DAYS_MAX * (TTL_UNIT_MS['DAYS'] ?? 0)) {
    throw badRequest('INVALID_TTL', `TTL must not exceed ${KVS_TTL_DAYS_MAX} days`);
  }
  return now + ttlMs;
}
