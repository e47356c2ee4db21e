/** Platforms that tell what is done through them, and let a test come in between. */
import { CATALOGUE_ENTITY, LEASE_ENTITY } from '../../src/index/keys';
import type { Platform } from '../../src/platform/ports';

/** The same platform, with something happening before the n-th transaction that publishes. */
export function withBeforePublish(
  platform: Platform,
  beforePublish: (nth: number) => Promise<unknown>,
): Platform {
  const { entities } = platform;
  let publishes = 0;
  const transact: typeof entities.transact = async (sets) => {
    if (sets.some(({ entity }) => entity === CATALOGUE_ENTITY)) {
      publishes += 1;
      await beforePublish(publishes);
    }
    return entities.transact(sets);
  };
  return { ...platform, entities: { ...entities, transact } };
}

/** The same platform, and every key that is written or deleted through it, as `space/entity/key`. */
export function noteWrites(platform: Platform): { platform: Platform; written: string[] } {
  const { kv, entities } = platform;
  const written: string[] = [];
  const plain = (...keys: string[]) => written.push(...keys.map((key) => `plain//${key}`));
  const noted: Platform = {
    ...platform,
    kv: {
      ...kv,
      set: (key, ...rest) => {
        plain(key);
        return kv.set(key, ...rest);
      },
      create: (key, ...rest) => {
        plain(key);
        return kv.create(key, ...rest);
      },
      delete: (key) => {
        plain(key);
        return kv.delete(key);
      },
      batchSet: (items) => {
        plain(...items.map(({ key }) => key));
        return kv.batchSet(items);
      },
      batchDelete: (keys) => {
        plain(...keys);
        return kv.batchDelete(keys);
      },
    },
    entities: {
      ...entities,
      create: (entity, key, value) => {
        written.push(`entity/${entity}/${key}`);
        return entities.create(entity, key, value);
      },
      transact: (sets) => {
        written.push(...sets.map(({ entity, key }) => `entity/${entity}/${key}`));
        return entities.transact(sets);
      },
      delete: (entity, key) => {
        written.push(`entity/${entity}/${key}`);
        return entities.delete(entity, key);
      },
    },
  };
  return { platform: noted, written };
}

/** Parts of a platform on which a job believes that it has its library to itself, come what may. */
export function withoutLeases({ entities }: Platform): Partial<Platform> {
  const isLease = (entity: string) => entity === LEASE_ENTITY;
  return {
    entities: {
      ...entities,
      get: async (entity, key) => (isLease(entity) ? undefined : entities.get(entity, key)),
      create: async (entity, key, value) => isLease(entity) || entities.create(entity, key, value),
      transact: async (sets) =>
        sets.some(({ entity }) => isLease(entity)) || entities.transact(sets),
      delete: async (entity, key) => (isLease(entity) ? undefined : entities.delete(entity, key)),
    },
  };
}
