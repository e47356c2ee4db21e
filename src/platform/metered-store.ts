/**
 * Counts what an app uses of the storage quotas, by the rule the platform counts by, for a job that
 * must know its own cost while it runs. Not seen from here, and left out: what a key costs that the
 * platform failed to read within a batch, and a request whose answer was lost or a refusal.
 */

import { GroundworkError } from '../errors';
import type { EntityStore, JsonValue, KeyValueStore } from './ports';
import { jsonBytes, type Side, type StoreCall, unitsOf, wrapStore } from './store-calls';

export interface UsedUnits {
  readUnits: number;
  writeUnits: number;
  /** All that were sent, refused ones included. */
  requests: number;
}

export interface Tally {
  /** Sends the call and counts it. */
  send<T>(
    call: Pick<StoreCall<T>, 'side' | 'bytes' | 'answerBytes' | 'send'>,
  ): Promise<{ answer: T; units: number }>;
  used(): UsedUnits;
}

/** A tally that has counted nothing. */
export function createTally(): Tally {
  const used: UsedUnits = { readUnits: 0, writeUnits: 0, requests: 0 };
  const count = (side: Side, bytes: number) => {
    const units = unitsOf(bytes);
    used[side === 'read' ? 'readUnits' : 'writeUnits'] += units;
    return units;
  };
  return {
    async send({ side, bytes, answerBytes, send }) {
      used.requests += 1;
      try {
        const answer = await send();
        return { answer, units: count(side, bytes + answerBytes(answer)) };
      } catch (error) {
        // A batch that failed in part was carried out, and is charged whole.
        if (GroundworkError.isInstance(error) && error.code === 'store_partial') count(side, bytes);
        throw error;
      }
    },
    used: () => ({ ...used }),
  };
}

/** The same store, and what has been used through it so far. */
export function meterStore(kv: KeyValueStore): { kv: KeyValueStore; used: () => UsedUnits } {
  const tally = createTally();
  const metered = wrapStore(kv, async (call) => (await tally.send(call)).answer);
  return { kv: metered, used: tally.used };
}

/** The same for custom entities, which draw on the same quotas. */
export function meterEntities(entities: EntityStore): {
  entities: EntityStore;
  used: () => UsedUnits;
} {
  const tally = createTally();
  const write = async <T>(bytes: number, send: () => Promise<T>) =>
    (await tally.send({ side: 'write', bytes, answerBytes: () => 0, send })).answer;
  const metered: EntityStore = {
    get: async (entity, key) => {
      const { answer } = await tally.send({
        side: 'read',
        bytes: jsonBytes(key),
        answerBytes: (value) => (value === undefined ? 0 : jsonBytes(value)),
        send: () => entities.get(entity, key),
      });
      return answer;
    },
    create: (entity, key, value) =>
      write(rowBytes(key, value), () => entities.create(entity, key, value)),
    transact: (sets) => {
      const bytes = sets.reduce((total, { key, value }) => total + rowBytes(key, value), 0);
      return write(bytes, () => entities.transact(sets));
    },
    delete: (entity, key) => write(jsonBytes(key), () => entities.delete(entity, key)),
  };
  return { entities: metered, used: tally.used };
}

function rowBytes(key: string, value: JsonValue): number {
  return jsonBytes(key) + jsonBytes(value);
}
