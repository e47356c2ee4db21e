import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyValueStore } from '../../src/platform/ports';
import { type Hit, rankChunks } from '../../src/retrieval/search';
import { codeRejectedBy, errorRejectedBy } from '../support/error-code';
import {
  type IndexSite,
  keysLike,
  LIST_KEY,
  openIndexSite,
  RECORD_KEY,
} from '../support/index-site';

let site: IndexSite;
beforeEach(async () => {
  site = await openIndexSite();
});
afterEach(() => site.close());

/** Thirty documents whose every text names the version: more than one batch of records. */
function version(name: string): Record<string, string> {
  const numbers = Array.from({ length: 30 }, (_, i) => i);
  return Object.fromEntries(numbers.map((i) => [`${i}.md`, `Rule ${i} of version ${name}.`]));
}

/** Searches, with something happening behind the query's back before its n-th batch of reads. */
function rankWhile(nth: number, interference: () => Promise<unknown>): Promise<readonly Hit[]> {
  let batches = 0;
  return site.run((platform) => {
    const { kv } = platform;
    const batchGet: KeyValueStore['batchGet'] = async (keys) => {
      batches += 1;
      if (batches === nth) await interference();
      return kv.batchGet(keys);
    };
    const request = { text: 'rule of version', scope: 'all' as const, k: 30 };
    return rankChunks({ ...platform, kv: { ...kv, batchGet } }, request);
  });
}

const versionsOf = (hits: readonly Hit[]) =>
  [...new Set(hits.map(({ text }) => /version (\w+)/.exec(text)?.[1]))].join();

describe('a reader', () => {
  it.each([1, 2, 3])(
    'sees one generation whole when one is published at its batch %i',
    async (nth) => {
      await site.index(version('old'));
      const hits = await rankWhile(nth, () => site.index(version('new')));
      expect(hits).toHaveLength(30);
      expect(versionsOf(hits)).toBe('old');
      expect(versionsOf(await site.rank('rule', 'all', 30))).toBe('new');
    },
  );

  it('that runs beside many publishes always sees one of them whole', async () => {
    await site.index(version('v0'));
    let isDone = false;
    const publishing = (async () => {
      for (let i = 1; i <= 8; i += 1) await site.index(version(`v${i}`));
      isDone = true;
    })();
    const seen = new Set<string>();
    while (!isDone) {
      const hits = await site.rank('rule of version', 'all', 30);
      expect(hits).toHaveLength(30);
      expect(versionsOf(hits)).toMatch(/^v\d$/);
      seen.add(versionsOf(hits));
    }
    await publishing;
    expect(seen.size).toBeGreaterThan(1);
  });

  it.each([1, 2, 3])(
    'whose generation is swept at its batch %i starts over and succeeds',
    async (nth) => {
      await site.index(version('old'));
      const hits = await rankWhile(nth, async () => {
        await site.index(version('middle'));
        await site.index(version('new'));
        await site.sweepLater();
      });
      expect(hits).toHaveLength(30);
      expect(versionsOf(hits)).toBe('new');
    },
  );

  it('starts over once and not for ever', async () => {
    await site.index(version('old'));
    let round = 0;
    let catalogueReads = 0;
    const query = site.run((platform) => {
      const { kv, entities } = platform;
      const batchGet: KeyValueStore['batchGet'] = async (keys) => {
        for (let i = 0; i < 2; i += 1) {
          round += 1;
          await site.index(version(`r${round}`));
        }
        await site.sweepLater();
        return kv.batchGet(keys);
      };
      const get: typeof entities.get = (entity, key) => {
        if (entity === 'catalogue') catalogueReads += 1;
        return entities.get(entity, key);
      };
      const request = { text: 'rule', scope: 'all' as const, k: 5 };
      const racing = { kv: { ...kv, batchGet }, entities: { ...entities, get } };
      return rankChunks({ ...platform, ...racing }, request);
    });
    expect(await codeRejectedBy(query)).toBe('value_missing');
    expect(catalogueReads).toBe(2);
  });

  it.each([
    ['posting list', LIST_KEY],
    ['record', RECORD_KEY],
  ])('reports value_missing when a %s is gone from an unchanged generation', async (_, pattern) => {
    await site.index(version('only'));
    for (const key of await keysLike(site, pattern)) await site.removeValue(key);
    const error = await errorRejectedBy(site.rank('rule', 'all', 30));
    expect(error?.code).toBe('value_missing');
    expect(error?.message).toMatch(/index the library again/);
    // Nothing newer to read: the query does not start over.
    expect(site.server.requests).toHaveLength(1);
  });

  it.each([
    ['posting list', LIST_KEY],
    ['record', RECORD_KEY],
  ])('reports value_corrupt for damaged %s instead of answering', async (_, pattern) => {
    await site.index(version('only'));
    for (const key of await keysLike(site, pattern)) {
      const value = (await site.valueAt(key)) as Record<string, string>;
      await site.replaceValue(key, { ...value, body: `${value['body']} ` });
    }
    expect(await codeRejectedBy(site.rank('rule'))).toBe('value_corrupt');
  });

  it('reports two records that were exchanged', async () => {
    await site.index(version('only'));
    const [a = '', b = ''] = await keysLike(site, RECORD_KEY);
    const [first, second] = [await site.valueAt(a), await site.valueAt(b)];
    await site.replaceValue(a, second);
    await site.replaceValue(b, first);
    expect(await codeRejectedBy(site.rank('rule', 'all', 30))).toBe('value_corrupt');
  });

  it.each([1, 2, 3, 7])('answers the same when every %i. key of a batch fails', async (every) => {
    await site.index(version('only'));
    const expected = await site.rank('rule 7 of version', 'all', 30);
    site.settings.batchGetFailEvery = every;
    expect(await site.rank('rule 7 of version', 'all', 30)).toEqual(expected);
  });

  it('answers from the new generation although batches lag behind it', async () => {
    site.settings.batchGetLagMs = 60_000;
    await site.index(version('old'));
    expect(versionsOf(await site.rank('rule', 'all', 30))).toBe('old');
    await site.index(version('new'));
    const hits = await site.rank('rule', 'all', 30);
    expect(hits).toHaveLength(30);
    expect(versionsOf(hits)).toBe('new');
    expect(await site.index(version('new'))).toMatchObject({ unchanged: 30 });
  });
});
