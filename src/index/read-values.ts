/** Reading and writing many values within the platform's batch limits. */

import { GroundworkError } from '../errors';
import type { JsonValue, KeyValueStore } from '../platform/ports';
import { settleAll } from '../settle-all';
import { type KeySize, planBatches, type StoredItem } from './stored-item';

/** Thrown inside a read when a value is nowhere; a query starts over once before it gives up. */
const VALUE_MISSING = 'value_missing';

/**
 * Reads values whose sizes are known, all batches side by side: one round trip. A value missing
 * from its batch (a batch may lag, or fail in part) is read again on its own.
 * Errors: `value_missing` when it is still not there.
 */
export async function readValues(
  kv: KeyValueStore,
  wanted: readonly KeySize[],
): Promise<{ key: string; value: JsonValue }[]> {
  const found = await readPresent(kv, wanted);
  return wanted.map(({ key }) => {
    const value = found.get(key);
    if (value === undefined) throw missingValue(key);
    return { key, value };
  });
}

/** The same for values that may be nowhere: those are missing from the answer. */
export async function readPresent(
  kv: KeyValueStore,
  wanted: readonly KeySize[],
): Promise<Map<string, JsonValue>> {
  const batches = planBatches(wanted);
  const answers = await settleAll(
    batches.map((batch) => kv.batchGet(batch.map((item) => item.key))),
  );
  const found = new Map(answers.flatMap((answer) => [...answer]));
  const missing = wanted.filter((item) => !found.has(item.key));
  await settleAll(
    missing.map(async ({ key }) => {
      const value = await kv.get(key);
      if (value !== undefined) found.set(key, value);
    }),
  );
  return found;
}

/** Writes values batch after batch, so that a large write does not crowd out the readers. */
export async function writeValues(kv: KeyValueStore, items: readonly StoredItem[]): Promise<void> {
  for (const batch of planBatches(items)) {
    await kv.batchSet(batch);
  }
}

/** Deletes keys batch after batch; a key that is gone already is no error. */
export async function deleteKeys(kv: KeyValueStore, keys: readonly string[]): Promise<void> {
  for (const batch of planBatches(keys.map((key) => ({ key, bytes: key.length })))) {
    await kv.batchDelete(batch.map((item) => item.key));
  }
}

/**
 * Deletes everything under a prefix, page after page, and returns the keys. Listing is eventually
 * consistent: what was written a moment ago may be missed, so callers who know keys delete those by
 * name first.
 */
export async function deletePrefix(kv: KeyValueStore, prefix: string): Promise<Set<string>> {
  const deleted = new Set<string>();
  let cursor: string | undefined;
  do {
    const page = await kv.query({ prefix, limit: 25, ...(cursor === undefined ? {} : { cursor }) });
    const keys = page.results.map((result) => result.key);
    await deleteKeys(kv, keys);
    for (const key of keys) deleted.add(key);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return deleted;
}

/** True for the error of a value that the index names and the store does not have. */
export function isValueMissing(error: unknown): boolean {
  return GroundworkError.isInstance(error) && error.code === VALUE_MISSING;
}

function missingValue(key: string): GroundworkError {
  return new GroundworkError({
    code: VALUE_MISSING,
    message: `${key}: the index names this value and the store does not have it. Verify the library and have it repaired, or delete it and index the library again from its documents`,
    facts: { key },
  });
}
