/**
 * The three batches: best effort, item by item, in no order.
 * Source: storage-reference/entities-batch, 2025-03-03 (25 keys, 4 MB, no key, a key twice).
 */
import { KVS_BATCH_BYTES_MAX, KVS_BATCH_KEYS_MAX } from '../../src/platform/limits';
import { type Address, itemAddress } from './address';
import { batchDeleteBody, batchGetBody, batchSetBody, parseBody } from './body';
import type { Change } from './installation-store';
import { keyBytes, type Row, recordBytes, toRow } from './record';
import { badRequest, KvsRefusal, keyNotFound, malformed } from './refusal';
import {
  checkAddress,
  checkedRecord,
  keepMs,
  type RequestContext,
  type Success,
  succeeding,
} from './request-context';
import { BATCH_BUG_BYTES_MAX } from './rules';
import { entityNameOf, loadOf } from './single';

interface Item {
  key: string;
  entityName?: string | undefined;
}

/**
 * Errors: those of the whole batch; a missing key is one of failedKeys with KEY_NOT_FOUND (probe
 * 2026-10-09). No page caps the answer, so 25 values of 240 KiB come back.
 */
export async function batchGet(context: RequestContext, body: unknown): Promise<Success> {
  const items = parseBody(batchGetBody, body);
  checkBatch(context, 'get', items);
  const at = context.now - context.settings.batchGetLagMs;
  const records = await context.store.getMany(items.map(itemAddress), at);
  const bytesOf = (i: number, key: string) => {
    const record = records[i];
    return record === undefined ? keyBytes(key) : recordBytes(key, record);
  };
  context.meter.charge('read', sum(items.map((item, i) => bytesOf(i, item.key))));
  return settle(context, items, (item, address, i) => {
    checkAddress(context, address);
    if (context.failsNextBatchGet()) {
      const message = 'An internal server error has occurred';
      throw new KvsRefusal(500, 'INTERNAL_SERVER_ERROR', message);
    }
    context.meter.requireLoads('read', [loadOf(address, bytesOf(i, item.key))]);
    const record = records[i];
    if (record === undefined) throw keyNotFound();
    return toRow(item.key, record, item.options?.metadataFields);
  });
}

export async function batchSet(context: RequestContext, body: unknown): Promise<Success> {
  const items = parseBody(batchSetBody, body);
  checkBatch(context, 'set', items);
  const sizes = items.map((item) => keyBytes(item.key) + jsonBytes(item.value));
  context.meter.charge('write', sum(sizes));
  const current = await context.store.getMany(items.map(itemAddress));
  const changes: Change[] = [];
  const result = settle(context, items, (item, address, i) => {
    const draft = { address, value: item.value, ttl: item.options?.ttl };
    const record = checkedRecord(context, draft);
    context.meter.requireLoads('write', [loadOf(address, sizes[i] ?? 0)]);
    changes.push({ address, record: succeeding(record, current[i]) });
    return { key: item.key };
  });
  await context.store.write(changes, context.now, keepMs(context.settings));
  return result;
}

/** Errors: a missing key is one of failedKeys, as in @forge/kvs 1.6.5, out/__test__. */
export async function batchDelete(context: RequestContext, body: unknown): Promise<Success> {
  const items = parseBody(batchDeleteBody, body);
  checkBatch(context, 'delete', items);
  context.meter.charge('write', sum(items.map((item) => keyBytes(item.key))));
  const current = await context.store.getMany(items.map(itemAddress));
  const changes: Change[] = [];
  const result = settle(context, items, (item, address, i) => {
    checkAddress(context, address);
    context.meter.requireLoads('write', [loadOf(address, keyBytes(item.key))]);
    if (current[i] === undefined) throw keyNotFound();
    changes.push({ address, record: undefined });
    return { key: item.key };
  });
  await context.store.write(changes, context.now, keepMs(context.settings));
  return result;
}

/**
 * Errors: MAX_SIZE (400). The pages give the 4 MB and no code for more; unconfirmed.
 * The payload is taken as the bytes of the request body.
 */
export function checkPayload(context: RequestContext): void {
  const max = context.settings.batchBytesBug ? BATCH_BUG_BYTES_MAX : KVS_BATCH_BYTES_MAX;
  if (context.bodyBytes > max) {
    throw badRequest('MAX_SIZE', `Payload has ${context.bodyBytes} bytes, at most ${max}`);
  }
}

/** Whether two items name the same key of the same entity. */
export function hasDuplicates(items: readonly Item[]): boolean {
  const names = items.map((item) => JSON.stringify([item.entityName, item.key]));
  return new Set(names).size < names.length;
}

/** Errors: KEY_DUPLICATION_ERROR. Source: probe 2026-10-09, measured for transactions. */
export function duplicateKeys(): KvsRefusal {
  return badRequest('KEY_DUPLICATION_ERROR', 'Duplicate key found in request');
}

/**
 * Errors, all of the whole call: BAD_REQUEST for no key (the code is unconfirmed),
 * TOO_MANY_BATCH_ENTITIES (probe 2026-10-09, measured for set), KEY_DUPLICATION_ERROR, MAX_SIZE.
 */
function checkBatch(context: RequestContext, verb: string, items: readonly Item[]): void {
  if (items.length === 0) throw malformed('a batch should have at least one key');
  if (items.length > KVS_BATCH_KEYS_MAX) {
    const found = `Number of entities to ${verb} was ${items.length}`;
    const limit = `you can only ${verb} a maximum of ${KVS_BATCH_KEYS_MAX} entities at a time`;
    throw badRequest('TOO_MANY_BATCH_ENTITIES', `${found}, but ${limit}.`);
  }
  if (hasDuplicates(items)) throw duplicateKeys();
  checkPayload(context);
}

/** Sorts the items into those that succeed and those whose work was refused. */
function settle<T extends Item>(
  context: RequestContext,
  items: readonly T[],
  work: (item: T, address: Address, i: number) => Row | { key: string },
): Success {
  const successfulKeys: object[] = [];
  const failedKeys: object[] = [];
  items.forEach((item, i) => {
    const address = itemAddress(item);
    try {
      successfulKeys.push({ ...work(item, address, i), ...entityNameOf(address) });
    } catch (error) {
      if (!(error instanceof KvsRefusal)) throw error;
      failedKeys.push({ key: item.key, ...entityNameOf(address), error: error.body() });
    }
  });
  return { body: { successfulKeys: shuffled(successfulKeys, context.random), failedKeys } };
}

/** "There is no guaranteed order of completion": so none is given. Returns a copy. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
