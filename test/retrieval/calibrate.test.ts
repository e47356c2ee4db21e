/** Thresholds of stored libraries: when they are calibrated, when kept, and what they say. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findLibrary, loadCatalogue } from '../../src/index/catalogue';
import { restorePrevious } from '../../src/index/restore';
import { calibrate, foreignQueries } from '../../src/retrieval/calibrate';
import { FOREIGN_ITEMS } from '../../src/retrieval/foreign-items';
import { searchPassages } from '../../src/retrieval/search';
import { type IndexSite, openIndexSite, wordProvider } from '../support/index-site';

let site: IndexSite;
beforeEach(async () => {
  site = await openIndexSite();
});
afterEach(() => site.close());

const rules = (count: number, word = 'release') =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `${word} ${i}.md`,
      `The ${word} ${i} is reviewed by two people before the board meets on day ${i}.`,
    ]),
  );
const library = async (name = 'rules') =>
  findLibrary((await site.run(({ entities }) => loadCatalogue(entities))).libraries, name);
const find = (text: string) =>
  site.run((platform) => searchPassages(platform, { text, scope: 'all', k: 5 }));
const foreignIn = (texts: readonly string[]) =>
  texts.filter((text) => FOREIGN_ITEMS.includes(text)).length;

/** A provider that fails at the foreign texts and at nothing else. */
function failingAtForeign() {
  const provider = wordProvider();
  return {
    ...provider,
    doEmbed: (texts: readonly string[], ...rest: never[]) =>
      foreignIn(texts) > 0
        ? Promise.resolve({ embeddings: [], tokens: 0 })
        : provider.doEmbed(texts, ...(rest as [never])),
  };
}

describe('the foreign texts', () => {
  it('are sixty and more, all different, of a few words to a hundred', () => {
    expect(new Set(FOREIGN_ITEMS).size).toBe(FOREIGN_ITEMS.length);
    expect(FOREIGN_ITEMS.length).toBeGreaterThanOrEqual(60);
    const words = FOREIGN_ITEMS.map((text) => text.split(/\s+/).length);
    expect(Math.min(...words)).toBeLessThan(6);
    expect(Math.max(...words)).toBeGreaterThan(90);
  });

  it('are searched for as items are: the summary twice', () => {
    const [first, ...others] = foreignQueries();
    expect(first?.parts?.map(({ weight }) => weight)).toEqual([2, 1]);
    expect(others.every(({ text, parts }) => text.startsWith(parts?.[0]?.text ?? '?'))).toBe(true);
  });
});

describe('a job', () => {
  it('calibrates what it publishes, by one search of each text over what it stored', async () => {
    const provider = wordProvider();
    await site.index(rules(60), { provider });
    expect(provider.foreign).toEqual(FOREIGN_ITEMS);
    const { calibration, ...entry } = await library();
    expect(calibration).toMatchObject({ chunks: 60 });
    expect(calibration?.cosine?.deviation).toBeGreaterThan(0);
    const { embeddings } = await provider.doEmbed(
      foreignQueries().map(({ text }) => text),
      'query',
    );
    const vectors = embeddings.map((vector) => Float32Array.from(vector));
    expect(await site.run(({ kv }) => calibrate(kv, entry, { vectors }))).toEqual(calibration);
  });

  it('keeps the numbers of a library that hardly changes, and makes them anew after that', async () => {
    await site.index(rules(60));
    const { calibration } = await library();
    const provider = wordProvider();
    await site.index({ 'one.md': 'One more rule.' }, { provider });
    expect((await library()).calibration).toEqual(calibration);
    expect(provider.foreign).toEqual([]);
    await site.index(rules(20, 'audit'), { provider });
    expect(provider.foreign).toEqual(FOREIGN_ITEMS);
    expect((await library()).calibration).toMatchObject({ chunks: 81 });
  });

  it('publishes without them when the provider fails, and every search says so', async () => {
    await site.index(rules(3), { provider: failingAtForeign() });
    expect((await library()).calibration).toBeNull();
    expect(site.logged).toContain('calibration_failed');
    const found = await find('Who reviews a release?');
    expect(found).toMatchObject({ applies: true, notes: [{ kind: 'threshold_missing' }] });
  });

  it('keeps the ones it has when the provider fails', async () => {
    await site.index(rules(10));
    const { calibration } = await library();
    await site.index(rules(10, 'audit'), { provider: failingAtForeign() });
    expect((await library()).calibration).toEqual(calibration);
  });
});

describe('restoring', () => {
  it('restores the threshold too', async () => {
    await site.index(rules(10));
    const { calibration } = await library();
    await site.index(rules(30, 'audit'));
    expect((await library()).calibration).not.toEqual(calibration);
    await site.run((platform) => restorePrevious(platform, { library: 'rules' }));
    expect((await library()).calibration).toEqual(calibration);
  });
});

describe('a threshold', () => {
  beforeEach(() => site.index(rules(60)));

  it('is passed by what the library is about, in few words and in many', async () => {
    const long = 'The board asks who reviews a release before it meets, and by how many people.';
    for (const text of ['Who reviews a release?', long]) {
      expect((await find(text)).applies, text).toBe(true);
    }
  });

  it('is not passed by another walk of life', async () => {
    for (const text of [
      'Bake two plum cakes for the fair',
      'The goalkeeper broke a finger and the substitute is on holiday until Sunday',
    ]) {
      const { applies, hits, notes } = await find(text);
      expect({ text, applies, notes }).toEqual({ text, applies: false, notes: [] });
      expect(hits.every((hit) => !hit.applies)).toBe(true);
    }
  });
});

describe('a library without vectors', () => {
  it('is searched and calibrated by its words, at no provider, and says so', async () => {
    const before = site.server.requests.length;
    const texts = { ...rules(60), 'soup.md': 'Soup is served at noon.' };
    const provider = await lexicalProvider();
    await site.index(texts, { provider });
    const { calibration, fingerprint } = await library();
    expect(fingerprint).toMatchObject({ embedder: 'lexical', dimensions: 0 });
    expect(calibration).toMatchObject({ cosine: null, both: null });
    const { applies, hits, notes } = await find('When is soup served?');
    expect(applies).toBe(true);
    expect(hits[0]).toMatchObject({ document: 'soup.md', cosine: null });
    expect(notes).toMatchObject([{ kind: 'words_only', library: 'rules' }]);
    expect((await find('zebra')).applies).toBe(false);
    expect(site.server.requests).toHaveLength(before);
  });

  const lexicalProvider = async () => {
    const { createProvider } = await import('../../src/embedding/create-provider');
    return site.run(async (platform) => createProvider({ embedder: 'lexical', platform }));
  };
});
