/**
 * A library over its life: which segments an update, an edit and a deletion leave, what of them is
 * found, and which values the store has afterwards, every key of it.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FaultRule } from '../../emulator/faults';
import { loadManifest } from '../../src/index/catalogue';
import { deleteDocument, deleteLibrary } from '../../src/index/delete';
import { MANIFEST_ENTITY } from '../../src/index/keys';
import type { Platform } from '../../src/platform/ports';
import { EXHAUSTIVE_KNOBS } from '../../src/retrieval/knobs';
import { codeRejectedBy } from '../support/error-code';
import {
  DOCUMENTS_KEY,
  keysLike,
  LIST_KEY,
  RECORD_KEY,
  TOMBSTONES_KEY,
} from '../support/index-site';
import { clusteredVectors } from '../support/random-vectors';
import { namedKeys } from '../support/stored-keys';
import {
  inDocuments,
  openVectorSite,
  range,
  textsOf,
  type VectorDocuments,
  type VectorSite,
} from '../support/vector-site';

const vectors = clusteredVectors(600, 64, { seed: 81, clusters: 20, spread: 0.8 });
const base = inDocuments(range(0, 200), { prefix: 'base', chunks: 4 });
/** Documents of the first segment, in the middle of it. */
const [EDITED, REPLACED, DELETED] = ['base0010.md', 'base0020.md', 'base0030.md'] as const;

let site: VectorSite;
beforeEach(async () => {
  site = await openVectorSite(vectors);
  await site.index(base);
});
afterEach(() => site.close());

const segmentsOf = async () => (await site.library()).segments;
const synchronise = (documents: VectorDocuments) => site.index(documents, { sync: true });
const without = (documents: VectorDocuments, ...names: string[]) =>
  Object.fromEntries(Object.entries(documents).filter(([name]) => !names.includes(name)));

/** Every chunk that any query finds at these knobs, as name and number of its vector. */
async function everythingFound(): Promise<Set<string>> {
  const found = new Set<string>();
  for (const query of vectors.slice(0, 40)) {
    for (const hit of await site.nearest(query, { k: 100, knobs: EXHAUSTIVE_KNOBS })) {
      found.add(`${hit.document} ${hit.vector}`);
    }
  }
  return found;
}

const placesOf = (documents: VectorDocuments) =>
  Object.entries(documents).flatMap(([name, numbers]) => numbers.map((n) => `${name} ${n}`));

/** The store holds what the live generation and the one before name, and nothing else. */
async function expectAccounted(): Promise<void> {
  const { keys } = await namedKeys(site.site);
  expect((await site.site.keys()).sort()).toEqual(keys);
}

/** The store holds what the live generation names, and nothing of the one before. */
async function expectSwept(): Promise<void> {
  const { live } = await namedKeys(site.site);
  expect((await site.site.keys()).sort()).toEqual(live);
}

describe('an update', () => {
  it('adds a small segment beside the large one, and leaves that as it is', async () => {
    const [first] = await segmentsOf();
    await site.index({ 'new.md': [200, 201] });
    const segments = await segmentsOf();
    expect(segments).toHaveLength(2);
    expect(segments[0]).toEqual(first);
    expect(segments[1]).toMatchObject({ kind: 'flat', chunks: 2, documents: 1, tombstones: null });
    const [hit] = await site.nearest(vectors[200] as Float32Array);
    expect(hit).toMatchObject({ document: 'new.md', vector: 200 });
    await expectAccounted();
  });

  it('puts a tombstone where it replaces a document, and finds it in its new form only', async () => {
    const old = base[EDITED] ?? [];
    await site.index({ [EDITED]: [300, 301, 302] });
    const [large, small] = await segmentsOf();
    expect(large?.tombstones).toMatchObject({ documents: 1, chunks: 4 });
    expect(small).toMatchObject({ chunks: 3, tombstones: null });
    for (const number of old) {
      const found = await site.nearest(vectors[number] as Float32Array, { k: 50 });
      expect(found.map(({ document, vector }) => `${document} ${vector}`)).not.toContain(
        `${EDITED} ${number}`,
      );
    }
    expect(await everythingFound()).toEqual(
      new Set(placesOf({ ...without(base, EDITED), [EDITED]: [300, 301, 302] })),
    );
    await expectAccounted();
  });

  it('adds tombstones to tombstones, in one value of the segment', async () => {
    await site.index({ [EDITED]: [300] });
    await site.index({ [REPLACED]: [301] });
    await site.index({ [EDITED]: [302] });
    const [large, ...small] = await segmentsOf();
    expect(large?.tombstones).toMatchObject({ documents: 2, chunks: 8 });
    expect(small.map(({ chunks }) => chunks)).toEqual([1, 1]);
    await expectAccounted();
    // Those of the generation before are still there, for queries under way.
    expect(await keysLike(site.site, TOMBSTONES_KEY)).toHaveLength(1);
    await site.index({ [REPLACED]: [303] });
    expect(await keysLike(site.site, TOMBSTONES_KEY)).toHaveLength(1);
    await site.index({ 'base0040.md': [304] });
    expect(await keysLike(site.site, TOMBSTONES_KEY)).toHaveLength(2);
    await expectAccounted();
  });

  it('drops a segment that has no document left, and sweeps all of it one job later', async () => {
    await site.index({ 'small.md': [300, 301] });
    const [, small] = await segmentsOf();
    await site.index({ 'small.md': [302] });
    const ids = (await segmentsOf()).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(ids).not.toContain(small?.id);
    expect((await site.site.keys()).join()).toContain(`s:${small?.id}:`);
    await site.index({ 'other.md': [303] });
    expect((await site.site.keys()).join()).not.toContain(`s:${small?.id}:`);
    await expectAccounted();
  });

  it('leaves the segments of the generation before readable, for a query under way', async () => {
    await site.index({ [EDITED]: [300], 'small.md': [301] });
    const before = await site.library();
    const expected = await site.nearest(vectors[42] as Float32Array, { k: 20 });
    await site.index({ [EDITED]: [302], [REPLACED]: [303], 'small.md': [304] });
    expect(await site.nearestOf(before, vectors[42] as Float32Array, { k: 20 })).toEqual(expected);
    await site.index({ 'other.md': [305] });
    const late = site.nearestOf(before, vectors[42] as Float32Array, { k: 20 });
    expect(await codeRejectedBy(late)).toBe('value_missing');
  });

  it('after update leaves nothing that the live generation and the one before do not name', async () => {
    const live: VectorDocuments = { ...base };
    for (let round = 0; round < 12; round += 1) {
      const change: VectorDocuments = {
        [`base00${10 + round}.md`]: [400 + round],
        [`new ${round % 4}.md`]: [420 + round, 440 + round],
      };
      Object.assign(live, change);
      await site.index(change);
      await expectAccounted();
    }
    expect(await everythingFound()).toEqual(new Set(placesOf(live)));
    expect(await keysLike(site.site, RECORD_KEY)).toHaveLength(placesOf(live).length + 4 + 2);
  });
});

describe('a deletion', () => {
  /** Numbers of the vectors whose chunks have a record. */
  async function storedParts(): Promise<number[]> {
    const parts = (await site.site.storedText()).matchAll(/# Part v(\d+)\\/g);
    return [...new Set([...parts].map(([, number]) => Number(number)))].sort((a, b) => a - b);
  }

  /** These documents are all there is: in the store by text and name, and for every query. */
  async function expectOnly(live: VectorDocuments, gone: readonly string[]): Promise<void> {
    const numbers = Object.values(live).flat();
    expect(await storedParts()).toEqual([...numbers].sort((a, b) => a - b));
    const stored = await site.site.storedText();
    for (const name of gone) expect(stored).not.toContain(name);
    for (const name of Object.keys(live)) expect(stored).toContain(name);
    expect(await everythingFound()).toEqual(new Set(placesOf(live)));
  }

  it('of a document leaves a tombstone and a table without its name, and is swept at once', async () => {
    expect(await storedParts()).toEqual(range(0, 200));
    await site.remove(DELETED);
    const [large] = await segmentsOf();
    expect(large?.tombstones).toMatchObject({ documents: 1, chunks: 4 });
    await expectOnly(without(base, DELETED), [DELETED]);
    await expectSwept();
  });

  it('by synchronising does the same', async () => {
    const live = without(base, DELETED, REPLACED);
    await synchronise(live);
    await expectOnly(live, [DELETED, REPLACED]);
    await expectSwept();
  });

  it('beside edits in one synchronisation takes away both', async () => {
    const live = { ...without(base, DELETED), [EDITED]: [300] };
    await synchronise(live);
    await expectOnly(live, [DELETED]);
    await expectSwept();
  });

  it.each([
    ['deleting it', () => site.remove(EDITED)],
    ['synchronising', () => synchronise(without(base, EDITED))],
  ])('of a document that was edited takes every form and its name: %s', async (_, remove) => {
    await site.index({ [EDITED]: [300, 301] });
    await site.index({ [EDITED]: [302] });
    expect((await segmentsOf())[0]?.tombstones).toMatchObject({ documents: 1 });
    await remove();
    await expectOnly(without(base, EDITED), [EDITED]);
    await expectSwept();
  });

  it('takes what an edit of another document of the segment had left', async () => {
    await site.index({ [EDITED]: [300] });
    await site.remove(DELETED);
    await expectOnly({ ...without(base, DELETED), [EDITED]: [300] }, [DELETED]);
    await expectSwept();
  });

  it('of one after another keeps one set of tombstones and one document table', async () => {
    const names = Object.keys(base).slice(5, 12);
    for (const [i, name] of names.entries()) {
      await site.remove(name);
      const gone = names.slice(0, i + 1);
      await expectOnly(without(base, ...gone), gone);
      await expectSwept();
    }
    expect(await keysLike(site.site, TOMBSTONES_KEY)).toHaveLength(1);
    expect(await keysLike(site.site, DOCUMENTS_KEY)).toHaveLength(1);
  });

  it('of all documents of a segment drops the segment', async () => {
    await site.index({ 'small.md': [300, 301] });
    await site.remove('small.md');
    expect(await segmentsOf()).toHaveLength(1);
    await expectOnly(base, ['small.md']);
    await expectSwept();
  });

  it('of a library with many segments leaves no key of it', async () => {
    await site.index({ [EDITED]: [300] });
    await site.index({ 'new.md': [301] });
    await site.remove(DELETED);
    await site.site.run((platform) => deleteLibrary(platform, 'rules'));
    const left = (await site.site.keys()).filter((key) => key.startsWith('plain/'));
    expect(left).toEqual([]);
  });

  const failing = (path: string, nth?: number): FaultRule => ({
    match: { kind: 'kvs', path: `/api/v1/batch/${path}` },
    action: { type: 'fail', status: 503, code: 'SERVICE_UNAVAILABLE' },
    ...(nth === undefined ? {} : { nth }),
  });

  it.each([
    ['at no batch', undefined],
    ['at the first batch', 1],
    ['at the second batch', 2],
    ['at the third batch', 3],
    ['at the fourth batch', 4],
  ])('that could not sweep %s is finished by the next job, old forms included', async (_, nth) => {
    await site.index({ [EDITED]: [300] });
    await site.index({ [EDITED]: [301] });
    site.site.local.calls.setFaults([failing('delete', nth)]);
    await codeRejectedBy(site.remove(DELETED));
    site.site.local.calls.setFaults([]);
    await site.index({ 'next.md': [302] });
    const live = { ...without(base, DELETED), [EDITED]: [301], 'next.md': [302] };
    await expectOnly(live, [DELETED]);
    await expectAccounted();
  });

  it('that reads nothing while it sweeps leaves the rest to the job after the next', async () => {
    await site.index({ [EDITED]: [300] });
    site.site.local.calls.setFaults([failing('delete')]);
    expect(await codeRejectedBy(site.remove(DELETED))).toBe('store_unavailable');
    // The next job reads its baseline, and then no document table of what it is to sweep.
    site.site.local.calls.setFaults([failing('get', 2)]);
    await site.index({ 'next.md': [302] });
    site.site.local.calls.setFaults([]);
    await site.index({ 'after.md': [303] });
    const added = { [EDITED]: [300], 'next.md': [302], 'after.md': [303] };
    await expectOnly({ ...without(base, DELETED), ...added }, [DELETED]);
    await expectAccounted();
  });
});

describe('a job that loses the library to another', () => {
  const EDIT: VectorDocuments = { [EDITED]: [300, 301] };

  it.each([
    ['an edit', () => site.index({ [REPLACED]: [302] })],
    ['an edit of the same document', () => site.index({ [EDITED]: [302] })],
    ['a deletion', () => site.remove(DELETED)],
    ['a deletion of the same document', () => site.remove(EDITED)],
    ['a synchronisation', () => synchronise(without(base, DELETED, EDITED))],
  ])('leaves the generation of the winner whole: %s', async (_, win) => {
    const losing = site.index(EDIT, { beforePublish: async () => void (await win()) });
    expect(await codeRejectedBy(losing)).toBe('publish_lost');
    await expectAccounted();
    const { segments } = await site.library();
    const found = await everythingFound();
    const chunks = segments.reduce((sum, s) => sum + s.chunks - (s.tombstones?.chunks ?? 0), 0);
    expect(found.size).toBe(chunks);
    expect([...found].join()).not.toMatch(/ 300,| 301,/);
    await site.index(EDIT);
    await expectAccounted();
  });

  it('says so, and not that a value is missing, when that swept what it was to merge', async () => {
    const many = inDocuments(range(300, 360), { prefix: 'many', chunks: 4 });
    const embed = site.provider.doEmbed;
    const provider = {
      ...site.provider,
      async doEmbed(texts: readonly string[]) {
        await site.remove(DELETED);
        return embed(texts, 'document');
      },
    };
    expect(await codeRejectedBy(site.index(many, { provider }))).toBe('publish_lost');
    await expectSwept();
  });

  it.each([
    ['a job', (platform: Platform) => site.indexOn(platform, EDIT)],
    [
      'a deletion',
      (platform: Platform) => deleteDocument(platform, { library: 'rules', document: 'x.md' }),
    ],
  ])('sweeps nothing that is live, published between its reads: %s', async (_, work) => {
    let isDone = false;
    const losing = site.site.run((platform) => {
      const { entities } = platform;
      const get: typeof entities.get = async (entity, key) => {
        if (entity === MANIFEST_ENTITY && !isDone) {
          isDone = true;
          await site.index({ 'new.md': [305] });
          await site.index({ 'newer.md': [306] });
        }
        return entities.get(entity, key);
      };
      return work({ ...platform, entities: { ...entities, get } });
    });
    expect(await codeRejectedBy(losing)).toMatch(/publish_lost|document_unknown/);
    await expectAccounted();
    expect(await everythingFound()).toContain('new.md 305');
  });

  it('starts from the newer generation where the older was swept while the job read it', async () => {
    /** Runs with a deletion before the first batch that is read. */
    const overtaken = <T>(work: (platform: Platform) => Promise<T>): Promise<T> => {
      let isDone = false;
      return site.site.run((platform) => {
        const { kv } = platform;
        const batchGet: typeof kv.batchGet = async (keys) => {
          if (!isDone) {
            isDone = true;
            await site.remove(DELETED);
          }
          return kv.batchGet(keys);
        };
        return work({ ...platform, kv: { ...kv, batchGet } });
      });
    };
    const report = await overtaken((platform) => site.indexOn(platform, EDIT));
    expect(report).toMatchObject({ generation: 3, indexed: 1 });
    await expectAccounted();
    await site.index({ [DELETED]: [304] });
    const request = { library: 'rules', document: EDITED };
    const removed = await overtaken((platform) => deleteDocument(platform, request));
    expect(removed).toEqual({ generation: 6, chunks: 2 });
    await expectSwept();
  });
});

describe('what the catalogue says of a library', () => {
  it('is what its segments hold, in the manifest too', async () => {
    await site.index({ [EDITED]: [300, 301] });
    await site.remove(DELETED);
    const { id, segments } = await site.library();
    const manifest = await site.site.run(({ entities }) => loadManifest(entities, id));
    expect(manifest?.segments).toEqual(segments);
    const lists = await keysLike(site.site, LIST_KEY);
    expect(lists).toHaveLength(segments.reduce((sum, { listCount }) => sum + listCount, 0));
    const report = await site.index({ 'new.md': [302] });
    expect(report.chunks).toBe(200 - 4 + 2 - 4 + 1);
  });

  it('has no more inline tables of one library than there is room for', async () => {
    const wide = clusteredVectors(2_500, 512, { seed: 82, clusters: 30, spread: 0.8 });
    const own = await openVectorSite(wide);
    await own.index(inDocuments(range(0, 2_000), { prefix: 'base', chunks: 10 }));
    await own.index(inDocuments(range(2_000, 2_200), { prefix: 'new', chunks: 10 }));
    const { segments } = await own.library();
    expect(segments.map(({ table }) => typeof table)).toEqual(['object', 'string']);
    await own.close();
  });
});

it('texts of chunks name their vectors once', () => {
  expect(textsOf({ 'a.md': [7] })['a.md']?.match(/v7/g)).toHaveLength(1);
});
