import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPENAI_KEY_NAME } from '../../src/embedding/create-provider';
import { codeCachesOf } from '../../src/handlers/warm-cache-setting';
import type { LibraryEntry } from '../../src/index/catalogue';
import { type CodeCaches, createCodeCaches } from '../../src/index/code-cache';
import type { PostingList } from '../../src/index/posting-list';
import { rankChunks } from '../../src/retrieval/search';
import { type IndexSite, openIndexSite } from '../support/index-site';

const library = (id: string, generation = 1) => ({ id, generation }) as LibraryEntry;

const listOf = (bytes: number) =>
  ({
    codes: new Uint8Array(bytes),
    centroid: { scale: 1, nibbles: new Uint8Array(0) },
  }) as PostingList;

describe('the warm cache', () => {
  const open = (bytesMax = 1_000, ageMsMax = 1_000) => {
    let time = 5_000;
    const caches = createCodeCaches({ bytesMax, ageMsMax, now: () => time });
    return { caches, pass: (ms: number) => (time += ms) };
  };

  it('gives back what was kept for the same installation, library and generation', () => {
    const { caches } = open();
    const kept = listOf(10);
    caches.of('a').set(library('l'), 'key', kept);
    expect(caches.of('a').get(library('l'), 'key')).toBe(kept);
    expect(caches.of('a').get(library('l', 2), 'key')).toBeUndefined();
    expect(caches.of('a').get(library('m'), 'key')).toBeUndefined();
    expect(caches.of('a').get(library('l'), 'other')).toBeUndefined();
  });

  it('never gives one installation what was kept for another', () => {
    const { caches } = open();
    caches.of('a').set(library('l'), 'key', listOf(10));
    expect(caches.of('b').get(library('l'), 'key')).toBeUndefined();
    expect(caches.of('').get(library('l'), 'key')).toBeUndefined();
    caches.of('a","l').set(library('x'), 'key', listOf(10));
    expect(caches.of('a').get(library('l","x'), 'key')).toBeUndefined();
  });

  it('is bounded in bytes: what was used longest ago goes first', () => {
    const { caches } = open(100);
    const view = caches.of('a');
    for (const key of ['1', '2']) view.set(library('l'), key, listOf(40));
    view.get(library('l'), '1');
    view.set(library('l'), '3', listOf(40));
    expect(caches.bytes).toBe(80);
    expect(view.get(library('l'), '1')).toBeDefined();
    expect(view.get(library('l'), '2')).toBeUndefined();
    view.set(library('l'), 'huge', listOf(101));
    expect(view.get(library('l'), 'huge')).toBeUndefined();
  });

  it('is bounded in age', () => {
    const { caches, pass } = open();
    caches.of('a').set(library('l'), 'key', listOf(10));
    pass(999);
    expect(caches.of('a').get(library('l'), 'key')).toBeDefined();
    pass(2);
    expect(caches.of('a').get(library('l'), 'key')).toBeUndefined();
    expect(caches.bytes).toBe(0);
  });

  it('is off unless the environment asks for it', () => {
    for (const value of [undefined, '', '0', 'yes', '-3', 'Infinity']) {
      const environment = { GROUNDWORK_WARM_CACHE_MB: value };
      expect(codeCachesOf(environment), String(value)).toBeUndefined();
    }
    expect(codeCachesOf({ GROUNDWORK_WARM_CACHE_MB: '20' })).toBeDefined();
  });
});

describe('two installations served by one instance', () => {
  let site: IndexSite;
  let caches: CodeCaches;
  const texts = (owner: string) =>
    Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [
        `rule-${i}.md`,
        `# Rule ${i}\n\nAt ${owner} rule number ${i} is about topic ${i % 7} of ${owner}.\n`,
      ]),
    );
  const ask = (installation: string, isWarm: boolean) =>
    site.run(
      async (platform) => {
        expect(platform.installation()).toBe(installation);
        const cache = caches.of(platform.installation());
        const request = { text: 'rule about topic 3', scope: 'all' as const, k: 10 };
        return rankChunks(platform, request, isWarm ? { cache } : {});
      },
      { installation },
    );

  beforeAll(async () => {
    site = await openIndexSite();
    caches = createCodeCaches({ bytesMax: 1e6, ageMsMax: 1e6, now: () => performance.now() });
    for (const installation of ['acme', 'bolt']) {
      await site.run(({ secrets }) => secrets.set(OPENAI_KEY_NAME, 'sk-local-test'), {
        installation,
      });
      // The same ids in both: every key of the one is a key of the other too.
      let ids = 0;
      const newId = () => (ids++).toString(16).padStart(16, '0');
      await site.index(texts(installation), { installation, overrides: { newId } });
    }
  });
  afterAll(() => site.close());

  it('each find their own chunks, warm as cold', async () => {
    const cold = { acme: await ask('acme', false), bolt: await ask('bolt', false) };
    for (let round = 0; round < 2; round += 1) {
      expect(await ask('acme', true)).toEqual(cold.acme);
      expect(await ask('bolt', true)).toEqual(cold.bolt);
    }
    expect(cold.acme[0]?.text).toContain('acme');
    expect(cold.bolt[0]?.text).toContain('bolt');
  });

  it('read fewer units warm, and still the catalogue and every record', async () => {
    const units = async (isWarm: boolean) =>
      (
        await site.measure((platform) =>
          rankChunks(
            platform,
            { text: 'rule about topic 5', scope: 'all', k: 10 },
            isWarm ? { cache: caches.of(platform.installation()) } : {},
          ),
        )
      ).reading;
    await units(true);
    const [cold, warm] = [await units(false), await units(true)];
    expect(warm.bytesRead).toBeLessThan(cold.bytesRead);
    expect(warm.requests).toBeLessThan(cold.requests);
    expect(warm.readUnits).toBeLessThanOrEqual(cold.readUnits);
    // The catalogue, the provider's key, and the records.
    expect(warm.requests).toBeGreaterThanOrEqual(3);
  });

  it('forget nothing wrongly when one publishes again', async () => {
    await site.index({ 'rule-3.md': '# Rule 3\n\nAt acme rule 3 was changed to topic 99.\n' });
    const hits = await ask('acme', true);
    expect(hits).toEqual(await ask('acme', false));
    expect((await ask('bolt', true)).every(({ text }) => text.includes('bolt'))).toBe(true);
  });
});
