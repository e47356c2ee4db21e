/** What the meter counts is what the platform counts. */
import '../../emulator/globals';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createForgePlatform } from '../../src/platform/forge-platform';
import { KVS_UNIT_BYTES } from '../../src/platform/limits';
import { meterEntities, meterStore } from '../../src/platform/metered-store';
import type { EntityStore, JsonValue, KeyValueStore } from '../../src/platform/ports';
import { createLocalApp, type LocalApp } from '../support/local-app';

let app: LocalApp;
beforeEach(async () => {
  app = await createLocalApp();
});

interface Metered {
  kv: KeyValueStore;
  entities: EntityStore;
}

/** Runs `work` and gives what the meters counted, and what the platform did. */
async function both(work: (metered: Metered) => Promise<unknown>) {
  return app.platform.run({ installation: 'alpha' }, async () => {
    const platform = createForgePlatform();
    const kv = meterStore(platform.kv);
    const entities = meterEntities(platform.entities);
    const { reading } = await app.platform.measure('counted', () =>
      work({ kv: kv.kv, entities: entities.entities }),
    );
    const { readUnits, writeUnits, requests } = reading;
    const [a, b] = [kv.used(), entities.used()];
    const counted = {
      readUnits: a.readUnits + b.readUnits,
      writeUnits: a.writeUnits + b.writeUnits,
      requests: a.requests + b.requests,
    };
    return { counted, platform: { readUnits, writeUnits, requests } };
  });
}

/** A string whose value and key `a` are so many bytes of JSON together. */
const filling = (bytes: number) => 'x'.repeat(bytes - '"a"'.length - '""'.length);
const entity = { generation: 1 };
const change = (equals: number) => ({
  ...{ entity: 'catalogue', key: 'c', value: { generation: 2 } },
  condition: { attribute: 'generation', equals },
});

const OPERATIONS: Record<string, (metered: Metered) => Promise<unknown>> = {
  'get of an absent key': ({ kv }) => kv.get('a'),
  'set and get': async ({ kv }) => {
    await kv.set('a', { text: 'x'.repeat(25_000), 'é"\n': [1.5, null, '😀'] });
    await kv.get('a');
  },
  'set and get of a whole unit': async ({ kv }) => {
    await kv.set('a', filling(KVS_UNIT_BYTES));
    await kv.get('a');
  },
  'set and get of a byte more': async ({ kv }) => {
    await kv.set('a', filling(KVS_UNIT_BYTES + 1));
    await kv.get('a');
  },
  'create, and create of a taken key': async ({ kv }) => {
    expect(await kv.create('a', 'x'.repeat(30_000))).toBe(true);
    expect(await kv.create('a', 'x'.repeat(30_000))).toBe(false);
  },
  'delete, and delete of an absent key': async ({ kv }) => {
    await kv.set('a', 1);
    await kv.delete('a');
    await kv.delete('a');
  },
  'batches, with absent keys': async ({ kv }) => {
    await kv.batchSet(['a', 'b', 'c'].map((key) => ({ key, value: 'x'.repeat(8_000) })));
    await kv.batchGet(['a', 'b', 'absent', 'c']);
    await kv.batchGet(['absent']);
    await kv.batchDelete(['a', 'absent']);
  },
  'batches of nothing': async ({ kv }) => {
    await kv.batchSet([]);
    await kv.batchGet([]);
    await kv.batchDelete([]);
  },
  'a query, its next page, and one that finds nothing': async ({ kv }) => {
    await kv.batchSet(['a', 'b', 'c'].map((key) => ({ key, value: 'x'.repeat(9_000) })));
    const { cursor = '' } = await kv.query({ prefix: '', limit: 2 });
    await kv.query({ prefix: '', limit: 2, cursor });
    await kv.query({ prefix: 'none', limit: 100 });
  },
  entities: async ({ entities }) => {
    await entities.get('catalogue', 'c');
    expect(await entities.create('catalogue', 'c', entity)).toBe(true);
    expect(await entities.create('catalogue', 'c', entity)).toBe(false);
    await entities.get('catalogue', 'c');
    expect(await entities.transact([change(1)])).toBe(true);
    expect(await entities.transact([change(1)])).toBe(false);
    await entities.delete('catalogue', 'c');
    await entities.delete('catalogue', 'c');
  },
};

describe('the meter and the platform count the same', () => {
  it.each(Object.entries(OPERATIONS))('%s', async (_, work) => {
    const { counted, platform } = await both(work);
    expect(counted).toEqual(platform);
  });

  it('for any keys and values', async () => {
    const key = fc.stringMatching(/^[a-zA-Z0-9:._#]{1,40}$/);
    const text = fc.string({ unit: 'binary', maxLength: 200 });
    const value = fc.oneof(
      fc.tuple(text, fc.nat(400)).map(([part, times]) => part.repeat(times)),
      // The platform takes null inside a value only.
      fc.jsonValue({ maxDepth: 4 }).map((json) => [json]),
    ) as fc.Arbitrary<JsonValue>;
    const items = fc.uniqueArray(fc.record({ key, value }), {
      ...{ minLength: 1, maxLength: 8 },
      selector: (item) => item.key,
    });
    const property = fc.asyncProperty(items, async (given) => {
      const { counted, platform } = await both(async ({ kv }) => {
        const [first] = given;
        if (first !== undefined) await kv.set(first.key, first.value);
        await kv.batchSet(given);
        await kv.batchGet(given.map((item) => item.key));
        await kv.query({ prefix: '', limit: 100 });
        await kv.batchDelete(given.map((item) => item.key));
      });
      expect(counted).toEqual(platform);
    });
    await fc.assert(property, { numRuns: 60, seed: 1 });
  });

  it('for a request that is refused', async () => {
    const fault = { type: 'fail', status: 429, code: 'RATE_LIMIT_EXCEEDED' } as const;
    app.platform.calls.setFaults([{ match: { kind: 'kvs' }, action: fault }]);
    const { counted, platform } = await both(({ kv, entities }) =>
      Promise.allSettled([kv.set('a', 1), kv.get('a'), entities.get('catalogue', 'c')]),
    );
    expect(counted).toEqual(platform);
    expect(counted).toEqual({ readUnits: 0, writeUnits: 0, requests: 3 });
  });

  it('for a batch that is taken in part', async () => {
    // One of these keys takes more bytes in this second than a key may.
    app.settings.enforceQuotas = true;
    const large = 'x'.repeat(200_000);
    const { counted, platform } = await both(async ({ kv }) => {
      for (let n = 0; n < 4; n += 1) await kv.set('a', large);
      const items = ['a', 'b'].map((key) => ({ key, value: large }));
      const error = await kv.batchSet(items).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'store_partial' });
    });
    expect(counted).toEqual(platform);
  });
});

it('counts apart for each store that is metered', async () => {
  await app.platform.run({ installation: 'alpha' }, async () => {
    const platform = createForgePlatform();
    const [one, other] = [meterStore(platform.kv), meterStore(platform.kv)];
    await one.kv.set('a', 1);
    expect(one.used()).toEqual({ readUnits: 0, writeUnits: 1, requests: 1 });
    expect(other.used()).toEqual({ readUnits: 0, writeUnits: 0, requests: 0 });
  });
});
