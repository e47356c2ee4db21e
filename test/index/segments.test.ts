/** Which segments updates and edits leave, what of them is found, and which values are stored. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCatalogue, loadManifest } from '../../src/index/catalogue';
import { codeRejectedBy } from '../support/error-code';
import { keysLike, LIST_KEY, RECORD_KEY, TOMBSTONES_KEY } from '../support/index-site';
import {
  BASE,
  DELETED,
  EDITED,
  type LibraryLife,
  openLibraryLife,
  placesOf,
  REPLACED,
  VECTORS,
  without,
} from '../support/library-life';
import { clusteredVectors } from '../support/random-vectors';
import {
  inDocuments,
  openVectorSite,
  range,
  textsOf,
  type VectorDocuments,
} from '../support/vector-site';

let life: LibraryLife;
beforeEach(async () => {
  life = await openLibraryLife();
});
afterEach(() => life.close());

describe('an update', () => {
  it('adds a small segment beside the large one, and leaves that as it is', async () => {
    const [first] = await life.segments();
    await life.index({ 'new.md': [200, 201] });
    const segments = await life.segments();
    expect(segments).toHaveLength(2);
    expect(segments[0]).toEqual(first);
    expect(segments[1]).toMatchObject({ kind: 'flat', chunks: 2, documents: 1, tombstones: null });
    const [hit] = await life.nearest(VECTORS[200] as Float32Array);
    expect(hit).toMatchObject({ document: 'new.md', vector: 200 });
    await life.expectAccounted();
  });

  it('puts a tombstone where it replaces a document, and finds it in its new form only', async () => {
    const old = BASE[EDITED] ?? [];
    await life.index({ [EDITED]: [300, 301, 302] });
    const [large, small] = await life.segments();
    expect(large?.tombstones).toMatchObject({ documents: 1, chunks: 4 });
    expect(small).toMatchObject({ chunks: 3, tombstones: null });
    for (const number of old) {
      const found = await life.nearest(VECTORS[number] as Float32Array, { k: 50 });
      expect(found.map(({ document, vector }) => `${document} ${vector}`)).not.toContain(
        `${EDITED} ${number}`,
      );
    }
    await life.expectFound({ ...without(BASE, EDITED), [EDITED]: [300, 301, 302] });
    await life.expectAccounted();
  });

  it('adds tombstones to tombstones, in one value of the segment', async () => {
    await life.index({ [EDITED]: [300] });
    await life.index({ [REPLACED]: [301] });
    await life.index({ [EDITED]: [302] });
    const [large, ...small] = await life.segments();
    expect(large?.tombstones).toMatchObject({ documents: 2, chunks: 8 });
    expect(small.map(({ chunks }) => chunks)).toEqual([1, 1]);
    await life.expectAccounted();
    // Those of generations before are still there, for queries under way.
    expect(await keysLike(life.site, TOMBSTONES_KEY)).toHaveLength(2);
    await life.index({ [REPLACED]: [303] });
    await life.site.sweepLater();
    expect(await keysLike(life.site, TOMBSTONES_KEY)).toHaveLength(1);
    await life.index({ 'base0040.md': [304] });
    expect(await keysLike(life.site, TOMBSTONES_KEY)).toHaveLength(2);
    await life.expectAccounted();
  });

  it('drops a segment that has no document left, and sweeps all of it when it may', async () => {
    await life.index({ 'small.md': [300, 301] });
    const [, small] = await life.segments();
    await life.index({ 'small.md': [302] });
    const ids = (await life.segments()).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(ids).not.toContain(small?.id);
    expect((await life.site.keys()).join()).toContain(`s:${small?.id}:`);
    await life.index({ 'other.md': [303] });
    await life.site.sweepLater();
    expect((await life.site.keys()).join()).not.toContain(`s:${small?.id}:`);
    await life.expectAccounted();
  });

  it('leaves the segments of the generation before readable, for a query under way', async () => {
    await life.index({ [EDITED]: [300], 'small.md': [301] });
    const before = await life.library();
    const expected = await life.nearest(VECTORS[42] as Float32Array, { k: 20 });
    await life.index({ [EDITED]: [302], [REPLACED]: [303], 'small.md': [304] });
    expect(await life.nearestOf(before, VECTORS[42] as Float32Array, { k: 20 })).toEqual(expected);
    await life.index({ 'other.md': [305] });
    expect(await life.nearestOf(before, VECTORS[42] as Float32Array, { k: 20 })).toEqual(expected);
    await life.site.sweepLater();
    const late = life.nearestOf(before, VECTORS[42] as Float32Array, { k: 20 });
    expect(await codeRejectedBy(late)).toBe('value_missing');
  });

  it('after update leaves nothing that the live generation and the one before do not name', async () => {
    const live: VectorDocuments = { ...BASE };
    for (let round = 0; round < 12; round += 1) {
      const change: VectorDocuments = {
        [`base00${10 + round}.md`]: [400 + round],
        [`new ${round % 4}.md`]: [420 + round, 440 + round],
      };
      Object.assign(live, change);
      await life.index(change);
      await life.expectAccounted();
    }
    await life.expectFound(live);
    await life.site.sweepLater();
    await life.expectAccounted();
    expect(await keysLike(life.site, RECORD_KEY)).toHaveLength(placesOf(live).length + 4 + 2);
  });
});

describe('what the catalogue says of a library', () => {
  it('is what its segments hold, in the manifest too', async () => {
    await life.index({ [EDITED]: [300, 301] });
    await life.remove(DELETED);
    const { id, segments } = await life.library();
    const manifest = await life.site.run(({ entities }) => loadManifest(entities, id));
    expect(manifest?.segments).toEqual(segments);
    const lists = await keysLike(life.site, LIST_KEY);
    expect(lists).toHaveLength(segments.reduce((sum, { listCount }) => sum + listCount, 0));
    const report = await life.index({ 'new.md': [302] });
    expect(report.chunks).toBe(200 - 4 + 2 - 4 + 1);
  });

  it('has no more centroid tables in it than 24,000 characters, whosever they are', async () => {
    const wide = clusteredVectors(3_000, 512, { seed: 82, clusters: 30, spread: 0.8 });
    const own = await openVectorSite(wide);
    for (const library of ['a', 'b', 'c']) {
      await own.index(inDocuments(range(0, 740), { prefix: 'd', chunks: 10 }), { library });
    }
    await own.index(inDocuments(range(0, 560), { prefix: 'd', chunks: 10 }), { library: 'd' });
    await own.index(inDocuments(range(0, 2_720), { prefix: 'base', chunks: 10 }));
    await own.index(inDocuments(range(2_720, 2_856), { prefix: 'new', chunks: 10 }));
    await own.index(inDocuments(range(2_856, 2_992), { prefix: 'newer', chunks: 10 }));
    const { libraries } = await own.site.run(({ entities }) => loadCatalogue(entities));
    const kinds = (await own.library()).segments.map(({ kind, table }) => [kind, typeof table]);
    expect(kinds).toEqual([
      ['clustered', 'object'],
      ['clustered', 'string'],
      ['clustered', 'object'],
    ]);
    const segments = libraries.flatMap((library) => library.segments);
    const characters = segments.map(({ table }) => (typeof table === 'string' ? table.length : 0));
    const sum = characters.reduce((total, length) => total + length, 0);
    expect(sum).toBeGreaterThan(23_000);
    expect(sum).toBeLessThanOrEqual(24_000);
    await own.close();
  });
});

it('texts of chunks name their vectors once', () => {
  expect(textsOf({ 'a.md': [7] })['a.md']?.match(/v7/g)).toHaveLength(1);
});
