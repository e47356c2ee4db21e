/**
 * Every call of a key-value store as data: which quota it uses, how many bytes it moves, whether it
 * may be repeated. What counts or paces calls is written once over this, not once a method.
 *
 * A unit is a started `KVS_UNIT_BYTES` of the UTF-8 JSON of the keys and values of one request, at
 * least one; a batch is rounded as a whole.
 */

import { KVS_KEY_CHARACTERS_MAX, KVS_UNIT_BYTES, KVS_VALUE_BYTES_MAX } from './limits';
import type { JsonValue, KeyValueStore } from './ports';

/** The quota that a call draws on. */
export type Side = 'read' | 'write';

export interface CallFacts {
  operation: keyof KeyValueStore;
  side: Side;
  /** Bytes known before the call: its keys, and the values it writes. */
  bytes: number;
  /** What it may come to at most; the same as `bytes` unless the answer carries values. */
  bytesMax: number;
  /** Whether doing it twice is the same as doing it once. */
  repeatable: boolean;
}

export interface StoreCall<T> extends CallFacts {
  /** Bytes on top of `bytes` that only the answer tells. */
  answerBytes: (answer: T) => number;
  send: () => Promise<T>;
}

/** Carries out one call, and whatever belongs around it. */
export type Around = <T>(call: StoreCall<T>) => Promise<T>;

const RECORD_BYTES_MAX = KVS_KEY_CHARACTERS_MAX + KVS_VALUE_BYTES_MAX;

export function unitsOf(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / KVS_UNIT_BYTES));
}

export function jsonBytes(value: JsonValue): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** The store with every request put through `around`. A batch of nothing makes no request. */
export function wrapStore(kv: KeyValueStore, around: Around): KeyValueStore {
  return {
    get: (key) =>
      around({
        ...read('get', jsonBytes(key), RECORD_BYTES_MAX),
        answerBytes: (value) => (value === undefined ? 0 : jsonBytes(value)),
        send: () => kv.get(key),
      }),
    set: (key, value, options) =>
      around({
        ...write('set', jsonBytes(key) + jsonBytes(value)),
        send: () => kv.set(key, value, options),
      }),
    create: (key, value, options) =>
      around({
        ...write('create', jsonBytes(key) + jsonBytes(value)),
        // Repeated after a lost answer it would take its own value for another's.
        repeatable: false,
        send: () => kv.create(key, value, options),
      }),
    delete: (key) => around({ ...write('delete', jsonBytes(key)), send: () => kv.delete(key) }),
    batchGet: async (keys) =>
      keys.length === 0
        ? new Map()
        : around({
            ...read('batchGet', sum(keys.map(jsonBytes)), keys.length * RECORD_BYTES_MAX),
            answerBytes: (found) => sum([...found.values()].map(jsonBytes)),
            send: () => kv.batchGet(keys),
          }),
    batchSet: async (items) => {
      if (items.length === 0) return;
      const bytes = sum(items.map(({ key, value }) => jsonBytes(key) + jsonBytes(value)));
      await around({ ...write('batchSet', bytes), send: () => kv.batchSet(items) });
    },
    batchDelete: async (keys) => {
      if (keys.length === 0) return;
      const bytes = sum(keys.map(jsonBytes));
      await around({ ...write('batchDelete', bytes), send: () => kv.batchDelete(keys) });
    },
    query: (options) =>
      around({
        ...read('query', 0, options.limit * RECORD_BYTES_MAX),
        answerBytes: ({ results }) =>
          sum(results.map(({ key, value }) => jsonBytes(key) + jsonBytes(value))),
        send: () => kv.query(options),
      }),
  };
}

function read(operation: keyof KeyValueStore, bytes: number, bytesMax: number) {
  return { operation, side: 'read', bytes, bytesMax, repeatable: true } as const;
}

function write(operation: keyof KeyValueStore, bytes: number) {
  const known = { bytes, bytesMax: bytes, answerBytes: () => 0 };
  return { operation, side: 'write', ...known, repeatable: true } as const;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
