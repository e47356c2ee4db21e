/** The storage adapter: what the platform answers, and what the app is told of it. */
import '../../emulator/globals';
import { kvs, MetadataField } from '@forge/kvs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { FaultAction } from '../../emulator/faults';
import { createForgePlatform } from '../../src/platform/forge-platform';
import type { Platform } from '../../src/platform/ports';
import { createLocalApp, type LocalApp } from '../support/local-app';

let app: LocalApp;
beforeEach(async () => {
  app = await createLocalApp();
});

const run = <T>(work: (platform: Platform) => Promise<T>, installation = 'alpha') =>
  app.platform.run({ installation }, () => work(createForgePlatform()));

const fault = (action: FaultAction) =>
  app.platform.calls.setFaults([{ match: { kind: 'kvs' }, action }]);

const entity = { generation: 1 };
const change = {
  ...{ entity: 'catalogue', key: 'c', value: { generation: 2 } },
  condition: { attribute: 'generation', equals: 1 },
};

/** Every operation that reaches the platform. */
const OPERATIONS: Record<string, (platform: Platform) => Promise<unknown>> = {
  get: ({ kv }) => kv.get('a'),
  set: ({ kv }) => kv.set('a', 1),
  create: ({ kv }) => kv.create('a', 1),
  delete: ({ kv }) => kv.delete('a'),
  batchGet: ({ kv }) => kv.batchGet(['a']),
  batchSet: ({ kv }) => kv.batchSet([{ key: 'a', value: 1 }]),
  batchDelete: ({ kv }) => kv.batchDelete(['a']),
  query: ({ kv }) => kv.query({ prefix: 'a', limit: 10 }),
  'entity get': ({ entities }) => entities.get('catalogue', 'c'),
  'entity create': ({ entities }) => entities.create('catalogue', 'c', entity),
  'entity delete': ({ entities }) => entities.delete('catalogue', 'c'),
  transact: ({ entities }) => entities.transact([change]),
  'secret get': ({ secrets }) => secrets.get('a'),
  'secret set': ({ secrets }) => secrets.set('a', 'b'),
  'secret delete': ({ secrets }) => secrets.delete('a'),
};

describe.each(Object.entries(OPERATIONS))('%s', (_, operation) => {
  it.each([
    [429, 'RATE_LIMIT_EXCEEDED', 'store_throttled', true],
    [500, 'INTERNAL', 'store_unavailable', true],
    [503, 'DOWN', 'store_unavailable', true],
    [400, 'BAD', 'store_failed', false],
    [403, 'FORBIDDEN', 'store_failed', false],
  ])('%i %s is %s', async (status, platformCode, code, retryable) => {
    fault({ type: 'fail', status, code: platformCode });
    const error = await run(operation).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, retryable, facts: { status, platformCode } });
    expect((error as Error).message).toContain(String(status));
    const waitMs = (error as { retryAfterMs?: number }).retryAfterMs;
    expect(waitMs).toBe(status === 429 ? 60_000 : undefined);
  });

  it('without an answer is store_unavailable', async () => {
    fault({ type: 'timeout', applied: false });
    const expected = { code: 'store_unavailable', retryable: true };
    await expect(run(operation)).rejects.toMatchObject(expected);
  });
});

describe('values', () => {
  it('go in and come back, and what is absent is undefined', async () => {
    await run(async ({ kv, entities, secrets }) => {
      expect(await kv.get('a')).toBeUndefined();
      expect(await entities.get('catalogue', 'c')).toBeUndefined();
      expect(await secrets.get('s')).toBeUndefined();
      await kv.set('a', { text: 'é', list: [1, null, true] });
      expect(await kv.get('a')).toEqual({ text: 'é', list: [1, null, true] });
      await secrets.set('s', 'hidden');
      expect(await secrets.get('s')).toBe('hidden');
      await secrets.delete('s');
      expect(await secrets.get('s')).toBeUndefined();
      await kv.delete('a');
      await kv.delete('a');
      expect(await kv.get('a')).toBeUndefined();
    });
  });

  it('are created once', async () => {
    await run(async ({ entities }) => {
      expect(await entities.create('catalogue', 'c', { generation: 1 })).toBe(true);
      expect(await entities.create('catalogue', 'c', { generation: 9 })).toBe(false);
      expect(await entities.get('catalogue', 'c')).toEqual({ generation: 1 });
    });
  });

  it('of a plain key are created once, and an expired one still takes its key', async () => {
    const ttl = { value: 1, unit: 'MINUTES' } as const;
    const create = (value: number) => run(({ kv }) => kv.create('a', value, { ttl }));
    expect(await create(1)).toBe(true);
    expect(await create(2)).toBe(false);
    expect(await run(({ kv }) => kv.get('a'))).toBe(1);
    const options = { metadataFields: [MetadataField.EXPIRE_TIME] };
    const expiry = (await run(() => kvs.get('a', options)))?.expireTime;
    expect(expiry).toBe(new Date(app.clock.now() + 60_000).toISOString());
    await app.clock.advance(60_001);
    expect(await create(3)).toBe(false);
    await run(({ kv }) => kv.delete('a'));
    expect(await create(4)).toBe(true);
  });

  it('of a transaction change together and only from what was expected', async () => {
    await run(async ({ entities }) => {
      await entities.create('catalogue', 'c', { generation: 1 });
      await entities.create('catalogue', 'd', { generation: 7 });
      const other = { ...change, key: 'd', value: { generation: 8 } };
      expect(await entities.transact([change, other])).toBe(false);
      expect(await entities.get('catalogue', 'c')).toEqual({ generation: 1 });
      const right = { ...other, condition: { attribute: 'generation', equals: 7 } };
      expect(await entities.transact([change, right])).toBe(true);
      expect(await entities.get('catalogue', 'd')).toEqual({ generation: 8 });
    });
  });

  it('carry their time to live to the platform, alone and in a batch', async () => {
    const ttl = { value: 2, unit: 'HOURS' } as const;
    const expiry = await run(async ({ kv }) => {
      await kv.set('a', 1, { ttl });
      await kv.batchSet([
        { key: 'b', value: 2, ttl },
        { key: 'c', value: 3 },
      ]);
      const options = { metadataFields: [MetadataField.EXPIRE_TIME] };
      const read = async (key: string) => (await kvs.get<number>(key, options))?.expireTime;
      return [await read('a'), await read('b'), await read('c')];
    });
    const later = new Date(app.clock.now() + 2 * 3_600_000).toISOString();
    expect(expiry).toEqual([later, later, undefined]);
  });

  it('of one installation are not those of another', async () => {
    await run(({ kv }) => kv.set('a', 'alpha'), 'alpha');
    expect(await run(({ kv }) => kv.get('a'), 'beta')).toBeUndefined();
    const query = (platform: Platform) => platform.kv.query({ prefix: '', limit: 10 });
    expect((await run(query, 'beta')).results).toEqual([]);
  });
});

describe('batches', () => {
  it('leave absent keys out of the answer', async () => {
    const found = await run(async ({ kv }) => {
      await kv.batchSet([{ key: 'a', value: 1 }]);
      return kv.batchGet(['a', 'b']);
    });
    expect([...found]).toEqual([['a', 1]]);
  });

  it('delete what is there and what is not', async () => {
    await run(async ({ kv }) => {
      await kv.batchSet([{ key: 'a', value: 1 }]);
      await kv.batchDelete(['a', 'absent']);
      expect(await kv.get('a')).toBeUndefined();
      await kv.batchDelete(['absent']);
    });
  });

  it('of nothing make no request', async () => {
    app.platform.meter.reset();
    await run(async ({ kv }) => {
      await kv.batchSet([]);
      await kv.batchDelete([]);
      expect([...(await kv.batchGet([]))]).toEqual([]);
    });
    expect(app.platform.meter.snapshot().total.requests).toBe(0);
  });

  it.each(['batchSet', 'batchDelete'] as const)(
    '%s that fails in part is store_partial',
    async (name) => {
      // A value of the platform's own answer: HTTP 200 with the keys that failed.
      const failedKeys = [{ key: 'b', error: { code: 'INTERNAL_ERROR', message: 'later' } }];
      const answer = { successfulKeys: [{ key: 'a' }], failedKeys };
      const partly = async (platform: Platform) => {
        const original = globalThis as unknown as Record<string, unknown>;
        const forgeFetch = Object.getOwnPropertyDescriptor(original, '__forge_fetch__');
        const respond = async () => Response.json(answer);
        Object.defineProperty(original, '__forge_fetch__', { configurable: true, value: respond });
        try {
          if (name === 'batchDelete') await platform.kv.batchDelete(['a', 'b']);
          else await platform.kv.batchSet(['a', 'b'].map((key) => ({ key, value: 1 })));
        } finally {
          if (forgeFetch) Object.defineProperty(original, '__forge_fetch__', forgeFetch);
        }
      };
      await expect(run(partly)).rejects.toMatchObject({
        code: 'store_partial',
        retryable: true,
        facts: { operation: name, failed: 1, platformCode: 'INTERNAL_ERROR' },
      });
    },
  );
});

describe('query', () => {
  it('goes through all pages of a prefix in order', async () => {
    const keys = Array.from({ length: 25 }, (_, i) => `p:${String(i).padStart(2, '0')}`);
    const seen = await run(async ({ kv }) => {
      await kv.batchSet(keys.map((key) => ({ key, value: key })));
      await kv.set('q:0', 'other');
      const pages: string[][] = [];
      let cursor: string | undefined;
      do {
        const page = await kv.query({ prefix: 'p:', limit: 10, ...(cursor ? { cursor } : {}) });
        pages.push(page.results.map((result) => result.key));
        cursor = page.cursor;
      } while (cursor !== undefined && pages.length < 10);
      return pages;
    });
    expect(seen.flat()).toEqual(keys);
    expect(seen[0]).toHaveLength(10);
  });
});
