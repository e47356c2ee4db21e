/** get, set and delete of one value, in all three spaces. */
import { type Address, encodeAddress, type Space } from './address';
import { deleteBody, getBody, parseBody, type SetBody, setBody } from './body';
import { keyBytes, recordBytes, toRow } from './record';
import { badRequest, KvsRefusal, keyNotFound, malformed } from './refusal';
import {
  checkAddress,
  checkedRecord,
  isTaken,
  keepMs,
  type RequestContext,
  type Success,
  succeeding,
} from './request-context';

/** Errors: KEY_NOT_FOUND, which costs the read of its key. Strongly consistent. */
export async function getValue(
  context: RequestContext,
  space: Space,
  body: unknown,
): Promise<Success> {
  const request = parseBody(getBody, body);
  const address = addressIn(space, request);
  checkAddress(context, address);
  const record = await context.store.get(address);
  const bytes = record === undefined ? keyBytes(request.key) : recordBytes(request.key, record);
  context.meter.requireLoads('read', [loadOf(address, bytes)]);
  context.meter.charge('read', bytes);
  if (record === undefined) throw keyNotFound();
  const row = toRow(request.key, record, request.options?.metadataFields);
  return { body: { ...row, ...entityNameOf(address) } };
}

/**
 * Last write wins unless the policy says FAIL_IF_EXISTS.
 * Errors: KEY_CONFLICT (409, probe 2026-10-09), INVALID_KEY_POLICY_RETURN_VALUE_COMBINATION (REST
 * specification in api-group-transaction, read 2026-10), and those of key, value and TTL.
 */
export async function setValue(
  context: RequestContext,
  space: Space,
  body: unknown,
): Promise<Success> {
  const request = parseBody(setBody, body);
  const address = addressIn(space, request);
  const { options } = request;
  checkPolicy(options);
  const draft = { address, value: request.value, ttl: options?.ttl };
  const record = checkedRecord(context, draft);
  const bytes = recordBytes(request.key, record);
  context.meter.requireLoads('write', [loadOf(address, bytes)]);
  context.meter.charge('write', bytes);

  const current = await context.store.get(address);
  const createsOnly = options?.keyPolicy === 'FAIL_IF_EXISTS';
  if (createsOnly && isTaken(context, current)) {
    const message = 'Provided key already exists and cannot be overwritten';
    throw new KvsRefusal(409, 'KEY_CONFLICT', message);
  }
  const written = createsOnly ? record : succeeding(record, current);
  const change = { address, record: written };
  await context.store.write([change], context.now, keepMs(context.settings));

  const answered = options?.returnValue === 'LATEST' ? written : current;
  if (options?.returnValue === undefined || answered === undefined) return {};
  return { body: toRow(request.key, answered, options.returnMetadataFields) };
}

/**
 * Errors: KEY_NOT_FOUND for an absent key, as in @forge/kvs 1.6.5, out/__test__/index.test.js; the
 * SDK swallows it, so that a delete resolves either way. It costs the write of its key.
 */
export async function deleteValue(
  context: RequestContext,
  space: Space,
  body: unknown,
): Promise<Success> {
  const request = parseBody(deleteBody, body);
  const address = addressIn(space, request);
  checkAddress(context, address);
  const bytes = keyBytes(request.key);
  context.meter.requireLoads('write', [loadOf(address, bytes)]);
  context.meter.charge('write', bytes);
  if ((await context.store.get(address)) === undefined) throw keyNotFound();
  const change = { address, record: undefined };
  await context.store.write([change], context.now, keepMs(context.settings));
  return {};
}

export function loadOf(address: Address, bytes: number): { id: string; bytes: number } {
  return { id: encodeAddress('', address), bytes };
}

export function entityNameOf(address: Address): { entityName?: string } {
  return address.entityName === undefined ? {} : { entityName: address.entityName };
}

function addressIn(space: Space, item: { key: string; entityName?: string | undefined }): Address {
  if (space !== 'entity') return { space, key: item.key };
  if (item.entityName === undefined) throw malformed('entityName should be string');
  return { space, entityName: item.entityName, key: item.key };
}

/** Source: REST specification in api-group-transaction, read 2026-10. */
function checkPolicy(options: SetBody['options']): void {
  if (options?.keyPolicy === 'FAIL_IF_EXISTS' && options.returnValue !== undefined) {
    const code = 'INVALID_KEY_POLICY_RETURN_VALUE_COMBINATION';
    throw badRequest(code, 'FAIL_IF_EXISTS cannot return a value');
  }
}
