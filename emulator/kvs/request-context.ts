import type { Address } from './address';
import type { EntityCatalogue } from './entity-catalogue';
import type { InstallationStore } from './installation-store';
import type { RequestMeter } from './meter';
import { isExpired, type StoredRecord } from './record';
import type { KvsSettings } from './settings';
import { checkedValueJson, checkKey, expiryOf } from './validation';

/** Everything that one request works with. */
export interface RequestContext {
  store: InstallationStore;
  catalogue: EntityCatalogue;
  settings: Readonly<KvsSettings>;
  meter: RequestMeter;
  /** Milliseconds since the epoch; one request happens at one time. */
  now: number;
  /** UTF-8 bytes of the body as received: the payload that batches are capped at. */
  bodyBytes: number;
  /** In [0, 1); orders the results of batches, whose order Forge leaves open. */
  random: () => number;
  /** Whether the fault `batchGetFailEvery` strikes this key of a batch get. */
  failsNextBatchGet: () => boolean;
}

/** A 2xx answer; without a body it is 204. */
export interface Success {
  body?: unknown;
}

/** How long replaced versions must be kept for the lags in force. */
export function keepMs(settings: Readonly<KvsSettings>): number {
  return Math.max(settings.queryLagMs, settings.batchGetLagMs);
}

/** Errors: SCHEMA_NOT_FOUND for an undeclared entity, and those of the key. */
export function checkAddress(context: RequestContext, address: Address): void {
  if (address.entityName !== undefined) context.catalogue.entity(address.entityName);
  checkKey(address);
}

export interface Draft {
  address: Address;
  value: unknown;
  ttl: { value: number; unit: string } | undefined;
}

/** Checks everything about a write that does not depend on what is stored. */
export function checkedRecord(context: RequestContext, draft: Draft): StoredRecord {
  const { address, value } = draft;
  checkAddress(context, address);
  const valueJson = checkedValueJson(value);
  if (address.entityName !== undefined) context.catalogue.checkValue(address.entityName, value);
  const expireAt = expiryOf(draft.ttl, context.now);
  const record: StoredRecord = { valueJson, createdAt: context.now, updatedAt: context.now };
  return expireAt === undefined ? record : { ...record, expireAt };
}

/**
 * A write over an existing key keeps its creation time and replaces value and TTL alike, so a set
 * without a TTL makes the key permanent. Both are unconfirmed.
 */
export function succeeding(record: StoredRecord, current: StoredRecord | undefined): StoredRecord {
  return current === undefined ? record : { ...record, createdAt: current.createdAt };
}

/** Whether FAIL_IF_EXISTS finds the key taken. */
export function isTaken(context: RequestContext, current: StoredRecord | undefined): boolean {
  if (current === undefined) return false;
  return context.settings.expiredKeysConflict || !isExpired(current, context.now);
}
