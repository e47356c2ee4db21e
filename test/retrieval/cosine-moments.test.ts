/** The cosines of a whole library by estimate, held against every one of them. */
import { afterEach, describe, expect, it } from 'vitest';
import { loadHeads, loadLists } from '../../src/index/segment-heads';
import { momentsOf, populationOf } from '../../src/retrieval/fusion';
import { createScorerPool, planVectors, scanVectors } from '../../src/retrieval/vector-side';
import { clusteredVectors } from '../support/random-vectors';
import { inDocuments, openVectorSite, range, type VectorSite } from '../support/vector-site';

let site: VectorSite;
afterEach(() => site.close());

const dot = (a: Float32Array, b: Float32Array) =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);

describe.each([
  ['flat', 100, { mean: 0.1, deviation: 0.06 }],
  ['clustered', 700, { mean: 0.35, deviation: 0.15 }],
])('a %s segment of %i chunks', (kind, chunks, off) => {
  it('has the mean and spread of its cosines', async () => {
    const dimensions = 64;
    const all = clusteredVectors(chunks + 8, dimensions, { seed: 5, clusters: 12, spread: 0.8 });
    site = await openVectorSite(all);
    await site.index(inDocuments(range(0, chunks), { prefix: 'd', chunks: 5 }));
    const library = await site.library();
    expect(library.segments.map((segment) => segment.kind)).toEqual([kind]);
    const heads = await site.site.run(({ kv }) => loadHeads(kv, [library]));
    for (const query of all.slice(-8)) {
      const scorers = createScorerPool()(dimensions);
      const plan = planVectors(heads, query, { k: 20, coverage: 0.985, scorers });
      const lists = await site.site.run(({ kv }) => loadLists(kv, plan.wanted));
      const found = populationOf(scanVectors(plan, lists).moments);
      const exact = populationOf(
        momentsOf(range(0, chunks).map((i) => dot(query, all[i] as never))),
      );
      expect(found.count).toBe(chunks);
      // A deviation of the cosines is what a fused score counts in.
      expect(Math.abs(found.mean - exact.mean) / exact.deviation).toBeLessThan(off.mean);
      expect(Math.abs(found.deviation / exact.deviation - 1)).toBeLessThan(off.deviation);
    }
  });
});
