/**
 * All or nothing over at most 25 operations; conditions look at the state before any of them.
 * Source: storage-reference/transactions and transactions-entities, 2025-03-03.
 */
import { KVS_TRANSACTION_OPERATIONS_MAX } from '../../src/platform/limits';
import { type Address, itemAddress } from './address';
import { checkPayload, duplicateKeys, hasDuplicates } from './batches';
import { type Filters, parseBody, type TransactionBody, transactionBody } from './body';
import { filtersTest } from './conditions';
import { type EntityValue, isEntityValue } from './entity-catalogue';
import type { Change } from './installation-store';
import { keyBytes, recordBytes, type StoredRecord } from './record';
import { badRequest, KvsRefusal, malformed } from './refusal';
import {
  checkAddress,
  checkedRecord,
  keepMs,
  type RequestContext,
  type Success,
  succeeding,
} from './request-context';
import { loadOf } from './single';

interface Operation {
  address: Address;
  /** Undefined for delete and check. */
  record: StoredRecord | undefined;
  writes: boolean;
  holds: ((value: EntityValue) => boolean) | undefined;
}

/**
 * Counts as one write of all its keys and values. Deleting an absent key is no error (probe
 * 2026-10-09).
 * Errors: INVALID_TRANSACTION_REQUEST for no operation (REST specification), 422
 * UNPROCESSABLE_ENTITY for too many, KEY_DUPLICATION_ERROR, CONDITIONAL_CHECK_FAILED (400; all
 * three probe 2026-10-09), MAX_SIZE, TOO_MANY_REQUESTS, and those of keys, values and conditions.
 */
export async function transact(context: RequestContext, body: unknown): Promise<Success> {
  const request = parseBody(transactionBody, body);
  checkCounts(request);
  checkPayload(context);
  const operations = operationsOf(context, request);
  const loads = operations.map(({ address, record }) => {
    const { key } = address;
    return loadOf(address, record === undefined ? keyBytes(key) : recordBytes(key, record));
  });
  context.meter.requireLoads('write', loads);
  context.meter.charge(
    'write',
    loads.reduce((sum, load) => sum + load.bytes, 0),
  );

  const current = await context.store.getMany(operations.map(({ address }) => address));
  if (!operations.every((operation, i) => conditionHolds(operation, current[i]))) {
    const message = 'Request failed due to conditional check specified or optimistic locking';
    throw badRequest('CONDITIONAL_CHECK_FAILED', message);
  }
  const changes = operations.flatMap(({ address, record, writes }, i): Change[] => {
    if (!writes) return [];
    const written = record === undefined ? undefined : succeeding(record, current[i]);
    return [{ address, record: written }];
  });
  await context.store.write(changes, context.now, keepMs(context.settings));
  return {};
}

function checkCounts(request: TransactionBody): void {
  const items = [...(request.set ?? []), ...(request.delete ?? []), ...(request.check ?? [])];
  if (items.length === 0) {
    const message = 'Transaction request must include one of set, check or delete';
    throw badRequest('INVALID_TRANSACTION_REQUEST', message);
  }
  if (items.length > KVS_TRANSACTION_OPERATIONS_MAX) {
    const message = 'Request cannot be processed due to one or more semantic errors';
    throw new KvsRefusal(422, 'UNPROCESSABLE_ENTITY', message);
  }
  if (hasDuplicates(items)) throw duplicateKeys();
}

function operationsOf(context: RequestContext, request: TransactionBody): Operation[] {
  const sets = (request.set ?? []).map((item) => {
    const address = itemAddress(item);
    const draft = { address, value: item.value, ttl: item.options?.ttl };
    const record = checkedRecord(context, draft);
    return { address, record, writes: true, holds: condition(context, address, item.conditions) };
  });
  const withoutValue =
    (writes: boolean) => (item: NonNullable<TransactionBody['delete']>[number]) => {
      const address = itemAddress(item);
      checkAddress(context, address);
      const holds = condition(context, address, item.conditions);
      return { address, record: undefined, writes, holds };
    };
  const deletes = (request.delete ?? []).map(withoutValue(true));
  const checks = (request.check ?? []).map(withoutValue(false));
  return [...sets, ...deletes, ...checks];
}

/** Errors: BAD_REQUEST for a condition on a plain value (REST specification: entities only). */
function condition(
  context: RequestContext,
  address: Address,
  filters: Filters | undefined,
): Operation['holds'] {
  if (filters === undefined) return undefined;
  if (address.entityName === undefined) throw malformed('conditions need an entityName');
  const declaration = context.catalogue.entity(address.entityName);
  const check = (attribute: string) => context.catalogue.checkAttribute(declaration, attribute);
  return filtersTest(filters, check);
}

/**
 * A condition on an absent key does not hold (probe 2026-10-09). That this is so for NOT_EXISTS
 * and the other NOT_ forms too is unconfirmed; it is the stricter reading.
 */
function conditionHolds(operation: Operation, current: StoredRecord | undefined): boolean {
  if (operation.holds === undefined) return true;
  if (current === undefined) return false;
  const value: unknown = JSON.parse(current.valueJson);
  return isEntityValue(value) && operation.holds(value);
}
