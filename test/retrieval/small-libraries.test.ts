/** Libraries at the edges: few chunks, many hits asked for, equal vectors, every size of vector. */
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_KNOBS, EXHAUSTIVE_KNOBS } from '../../src/retrieval/knobs';
import { clusteredVectors, randomVectors } from '../support/random-vectors';
import {
  exactNearest,
  inDocuments,
  openVectorSite,
  range,
  type VectorSite,
} from '../support/vector-site';

let site: VectorSite;
afterEach(() => site.close());

describe.each([64, 100, 384])('a library of %i dimensions', (dimensions) => {
  it('finds nearly all of the ten nearest, before and after an update and a deletion', async () => {
    const all = clusteredVectors(700, dimensions, { seed: dimensions, clusters: 25, spread: 0.9 });
    const queries = all.slice(-60);
    site = await openVectorSite(all);
    const live = inDocuments(range(0, 560), { prefix: 'd', chunks: 5 });
    await site.index(live);
    const expectFound = async () => {
      const numbers = Object.values(live).flat();
      let found = 0;
      for (const query of queries) {
        const exact = new Set(exactNearest(all, query, { numbers }));
        const hits = await site.nearest(query);
        expect(hits).toHaveLength(10);
        found += hits.filter(({ vector }) => exact.has(vector)).length;
      }
      expect(found / (10 * queries.length)).toBeGreaterThanOrEqual(0.95);
    };
    await expectFound();
    Object.assign(live, { 'new.md': range(560, 590), 'd0005.md': range(590, 600) });
    await site.index({ 'new.md': range(560, 590), 'd0005.md': range(590, 600) });
    await expectFound();
    delete live['d0007.md'];
    await site.remove('d0007.md');
    await expectFound();
  });
});

describe.each([1, 2, 11])('a library of %i chunks', (chunks) => {
  it.each([10, 100])('gives what there is, in order, when %i are asked for', async (k) => {
    const all = randomVectors(40, 64, chunks);
    site = await openVectorSite(all);
    await site.index(inDocuments(range(0, chunks), { prefix: 'd', chunks: 3 }));
    expect((await site.library()).segments).toMatchObject([{ kind: 'flat', listCount: 1, chunks }]);
    for (const query of all.slice(-20)) {
      const exact = exactNearest(all, query, { numbers: range(0, chunks), k });
      for (const knobs of [DEFAULT_KNOBS, EXHAUSTIVE_KNOBS]) {
        const hits = await site.nearest(query, { k, knobs });
        expect(hits).toHaveLength(Math.min(k, chunks));
        const scores = hits.map(({ score }) => score);
        expect(scores).toEqual([...scores].sort((a, b) => b - a));
        if (k >= chunks) {
          expect(hits.map(({ vector }) => vector).sort()).toEqual([...exact].sort());
        }
      }
    }
  });

  it('is empty after its last document is deleted, and takes documents again', async () => {
    const all = randomVectors(40, 64, chunks);
    site = await openVectorSite(all);
    await site.index({ 'd.md': range(0, chunks) });
    await site.remove('d.md');
    expect((await site.library()).segments).toEqual([]);
    await site.index({ 'e.md': [20] });
    expect(await site.nearest(all[20] as Float32Array)).toMatchObject([{ document: 'e.md' }]);
  });
});

describe('a library whose chunks all have the same vector', () => {
  const [vector, other] = randomVectors(2, 64, 5) as [Float32Array, Float32Array];
  const all = Array.from({ length: 320 }, (_, i) => (i < 300 ? vector : other));

  it.each([3, 128, 129, 300])('gives them in order of document and start: %i chunks', async (n) => {
    site = await openVectorSite(all);
    await site.index(inDocuments(range(0, n), { prefix: 'd', chunks: 4 }));
    for (const query of [vector, other]) {
      for (const k of [10, 100]) {
        const hits = await site.nearest(query, { k, knobs: EXHAUSTIVE_KNOBS });
        expect(hits.map(({ vector: number }) => number)).toEqual(range(0, Math.min(k, n)));
        expect(new Set(hits.map(({ score }) => score)).size).toBe(1);
      }
      const hits = await site.nearest(query, { k: 10 });
      expect(hits).toHaveLength(Math.min(10, n));
    }
  });

  it('finds another vector that comes to them, and nothing of what is deleted', async () => {
    site = await openVectorSite(all);
    await site.index(inDocuments(range(0, 300), { prefix: 'd', chunks: 4 }));
    await site.index({ 'other.md': [310] });
    expect((await site.library()).segments).toHaveLength(2);
    expect((await site.nearest(other))[0]).toMatchObject({ document: 'other.md', vector: 310 });
    await site.remove('d0000.md');
    const hits = await site.nearest(vector, { k: 100, knobs: EXHAUSTIVE_KNOBS });
    expect(hits.map(({ vector: number }) => number)).toEqual(range(4, 104));
  });
});
