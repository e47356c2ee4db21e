/** Reading a whole library piece by piece: what was read is counted, so that a pass has an end. */

import { KVS_UNIT_BYTES } from '../platform/limits';
import type { JsonValue, KeyValueStore } from '../platform/ports';
import { readPresent } from './read-values';
import { itemBytes, type KeySize } from './stored-item';

/** A value as it was found, with its size as the platform counts it. */
export interface FoundValue {
  value: JsonValue;
  bytes: number;
}

export interface MeteredReader {
  /** The values that are there, by key. Sizes need only be good enough to plan batches with. */
  read(wanted: readonly KeySize[]): Promise<Map<string, FoundValue>>;
  /** Values read so far, and the read units they cost, near enough. */
  readonly values: number;
  readonly units: number;
}

export function createMeteredReader(kv: KeyValueStore): MeteredReader {
  let values = 0;
  let units = 0;
  return {
    async read(wanted) {
      const found = new Map<string, FoundValue>();
      let sum = 0;
      for (const [key, value] of await readPresent(kv, wanted)) {
        const bytes = itemBytes(key, value);
        found.set(key, { value, bytes });
        sum += bytes;
      }
      values += found.size;
      units += Math.ceil(sum / KVS_UNIT_BYTES);
      return found;
    },
    get values() {
      return values;
    },
    get units() {
      return units;
    },
  };
}
