/**
 * Storage on Forge: key-value store, custom entities and secrets, by means of @forge/kvs. The only
 * file that imports it. Platform errors become GroundworkErrors: `store_throttled` (retryable) for
 * a 429, `store_unavailable` (retryable) for a 5xx, `store_failed` for the rest.
 */

import { Filter, FilterConditions, ForgeKvsAPIError, kvs, WhereConditions } from '@forge/kvs';
import { GroundworkError } from '../errors';
import type { EntityStore, JsonValue, KeyValueStore, SecretStore } from './ports';

type EntityValue = { [attribute: string]: JsonValue };

export function createForgeKeyValueStore(): KeyValueStore {
  return {
    get: (key) => translated('get', () => kvs.get<JsonValue>(key)),
    set: (key, value, options) => translated('set', () => kvs.set(key, value, options)),
    create: (key, value, options) =>
      created('create', () => kvs.set(key, value, { ...options, keyPolicy: 'FAIL_IF_EXISTS' })),
    delete: (key) => translated('delete', () => kvs.delete(key)),
    async batchGet(keys) {
      if (keys.length === 0) return new Map();
      const items = keys.map((key) => ({ key }));
      const answer = await translated('batchGet', () => kvs.batchGet<JsonValue>(items));
      return new Map(answer.successfulKeys.map(({ key, value }) => [key, value]));
    },
    async batchSet(items) {
      if (items.length === 0) return;
      const withOptions = items.map(({ key, value, ttl }) =>
        ttl === undefined ? { key, value } : { key, value, options: { ttl } },
      );
      const answer = await translated('batchSet', () => kvs.batchSet(withOptions));
      expectNoFailedKeys('batchSet', answer.failedKeys);
    },
    async batchDelete(keys) {
      if (keys.length === 0) return;
      const items = keys.map((key) => ({ key }));
      const answer = await translated('batchDelete', () => kvs.batchDelete(items));
      // The platform counts a key that is not there as failed; deleted is what it is.
      const failed = answer.failedKeys.filter(({ error }) => error.code !== 'KEY_NOT_FOUND');
      expectNoFailedKeys('batchDelete', failed);
    },
    query: ({ prefix, limit, cursor }) =>
      translated('query', async () => {
        const first = kvs.query().where('key', WhereConditions.beginsWith(prefix)).limit(limit);
        const page = await (cursor === undefined
          ? first
          : first.cursor(cursor)
        ).getMany<JsonValue>();
        const results = page.results.map(({ key, value }) => ({ key, value }));
        return page.nextCursor === undefined ? { results } : { results, cursor: page.nextCursor };
      }),
  };
}

export function createForgeEntityStore(): EntityStore {
  return {
    get: (entity, key) => translated('entity get', () => kvs.entity<EntityValue>(entity).get(key)),
    create: (entity, key, value) =>
      created('entity create', () =>
        kvs.entity<EntityValue>(entity).set(key, value, { keyPolicy: 'FAIL_IF_EXISTS' }),
      ),
    delete: (entity, key) => translated('entity delete', () => kvs.entity(entity).delete(key)),
    async transact(sets) {
      const transaction = kvs.transact();
      for (const { entity, key, value, condition } of sets) {
        const conditions = new Filter<EntityValue>().and(
          condition.attribute,
          FilterConditions.equalTo(condition.equals),
        );
        transaction.set(key, value, { entityName: entity, conditions });
      }
      try {
        await transaction.execute();
        return true;
      } catch (error) {
        if (codeOf(error) === 'CONDITIONAL_CHECK_FAILED') return false;
        throw translate('transaction', error);
      }
    },
  };
}

export function createForgeSecretStore(): SecretStore {
  return {
    get: (key) => translated('secret get', () => kvs.getSecret<string>(key)),
    set: (key, value) => translated('secret set', () => kvs.setSecret(key, value)),
    delete: (key) => translated('secret delete', () => kvs.deleteSecret(key)),
  };
}

/** Runs a FAIL_IF_EXISTS write: true when it wrote, false when the key was taken. */
async function created(operation: string, write: () => Promise<void>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (codeOf(error) === 'KEY_CONFLICT') return false;
    throw translate(operation, error);
  }
}

async function translated<T>(operation: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translate(operation, error);
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof ForgeKvsAPIError ? error.code : undefined;
}

function translate(operation: string, error: unknown): unknown {
  // What fetch throws when no answer came at all.
  if (error instanceof TypeError) return unavailable({ operation }, 'did not answer', error);
  if (!(error instanceof ForgeKvsAPIError)) return error;
  const { status } = error.responseDetails;
  const facts = { operation, status, platformCode: error.code };
  if (status >= 500) return unavailable(facts, `answered ${status} ${error.code}`, error);
  const isThrottled = status === 429;
  const remedy = isThrottled
    ? 'the quota of this minute is spent. Try again in a minute'
    : 'this is a fault of the app, report it with this line';
  return new GroundworkError({
    code: isThrottled ? 'store_throttled' : 'store_failed',
    message: `storage ${operation}: the platform answered ${status} ${error.code}; ${remedy}`,
    facts,
    retryable: isThrottled,
    ...(isThrottled ? { retryAfterMs: 60_000 } : {}),
    cause: error,
  });
}

function unavailable(
  facts: { operation: string; status?: number; platformCode?: string },
  what: string,
  cause: unknown,
): GroundworkError {
  return new GroundworkError({
    code: 'store_unavailable',
    message: `storage ${facts.operation}: the platform ${what}; try again`,
    facts,
    retryable: true,
    cause,
  });
}

function expectNoFailedKeys(
  operation: string,
  failed: readonly { error: { code: string } }[],
): void {
  const [first] = failed;
  if (first === undefined) return;
  throw new GroundworkError({
    code: 'store_partial',
    message: `storage ${operation}: ${failed.length} keys failed, the first with ${first.error.code}; nothing was published. Try again`,
    facts: { operation, failed: failed.length, platformCode: first.error.code },
    retryable: true,
  });
}
