import { ForgeKvsAPIError, kvs } from '@forge/kvs';
import { expect } from 'vitest';
import type { ConformanceTarget } from './target';

/** The installation that most cases work in. */
export const HOME = 'installation-a';

/** Expects the SDK to reject with this status and code. */
export async function expectRefusal(
  work: Promise<unknown>,
  status: number,
  code: string,
): Promise<void> {
  const error = await work.then(
    () => 'resolved',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ForgeKvsAPIError);
  if (!(error instanceof ForgeKvsAPIError)) return;
  expect({ status: error.responseDetails.status, code: error.code }).toEqual({ status, code });
  expect(error.message).not.toBe('');
}

/** Runs in the home installation. */
export function atHome<T>(target: ConformanceTarget, fn: () => Promise<T>): Promise<T> {
  return target.run(HOME, fn);
}

/** Writes the keys one by one, each with its own name as value. */
export async function setKeys(keys: readonly string[]): Promise<void> {
  for (const key of keys) await kvs.set(key, key);
}

/** `count` keys with a common prefix, in lexicographic order. */
export function keysOf(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(4, '0')}`);
}
