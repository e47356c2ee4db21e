/** A store in memory that counts what is read as the platform's meter does. */

import type { StoredItem } from '../../src/index/stored-item';
import { KVS_UNIT_BYTES } from '../../src/platform/limits';
import type { JsonValue, KeyValueStore } from '../../src/platform/ports';

export interface CountingStore extends KeyValueStore {
  /** Read units and bytes since the last call. */
  take(): { units: number; bytes: number };
  put(items: readonly StoredItem[]): void;
}

export function createCountingStore(): CountingStore {
  const items = new Map<string, { value: JsonValue; bytes: number }>();
  let units = 0;
  let bytes = 0;
  const count = (requestBytes: number) => {
    units += Math.max(1, Math.ceil(requestBytes / KVS_UNIT_BYTES));
    bytes += requestBytes;
  };
  const unused = () => Promise.reject(new Error('a query only reads'));
  return {
    async get(key) {
      const item = items.get(key);
      count(item?.bytes ?? 0);
      return item?.value;
    },
    async batchGet(keys) {
      const found = keys.flatMap((key) => {
        const item = items.get(key);
        return item === undefined ? [] : [{ key, ...item }];
      });
      count(found.reduce((sum, item) => sum + item.bytes, 0));
      return new Map(found.map(({ key, value }) => [key, value]));
    },
    put(given) {
      for (const { key, value, bytes: itemBytes } of given) {
        items.set(key, { value, bytes: itemBytes });
      }
    },
    take() {
      const taken = { units, bytes };
      units = 0;
      bytes = 0;
      return taken;
    },
    set: unused,
    delete: unused,
    batchSet: unused,
    batchDelete: unused,
    query: unused,
  };
}
