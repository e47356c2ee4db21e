/**
 * With every list read and every row rescored, what several segments give is what one segment of
 * the same documents gives: the same chunks, in the same order, with the same scores. Many chunks
 * share a vector, in one document, in several, and in several segments.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { successAnswer } from '../../emulator/providers/openai-answers';
import { DEFAULT_KNOBS, EXHAUSTIVE_KNOBS } from '../../src/retrieval/knobs';
import { rankChunks } from '../../src/retrieval/search';
import { clusteredVectors, randomVectors } from '../support/random-vectors';
import {
  exactNearest,
  type Found,
  inDocuments,
  openVectorSite,
  range,
  type VectorDocuments,
  type VectorSite,
} from '../support/vector-site';

const DIMENSIONS = 128;
const CHUNKS = 400;
const vectors = clusteredVectors(700, DIMENSIONS, { seed: 71, clusters: 25, spread: 0.9 });
/** Vectors of chunks, so that they tie with their doubles, and others. */
const queries = [...vectors.slice(0, 10), ...vectors.slice(-12)];

/** Four chunks to a document; every tenth has one vector twice, every seventh that of another. */
const base: VectorDocuments = Object.fromEntries(
  Object.entries(inDocuments(range(0, CHUNKS), { prefix: 'base', chunks: 4 })).map(
    ([name, numbers], i) => {
      const [a = 0, b = 0, c = 0, d = 0] = numbers;
      if (i % 10 === 3) return [name, [a, b, a, d]];
      return [name, i % 7 === 2 ? [a, (i * 4) % 12, c, (i * 4 + 5) % 12] : [a, b, c, d]];
    },
  ),
);

/** An update of eight chunks: new ones, and doubles of what other segments have. */
function update(round: number, first: number): VectorDocuments {
  return {
    // Names before, among and after those of the base.
    [`${['a', 'base0050x', 'z'][round % 3]}${round}.md`]: [first, 0, first + 1, 5],
    [`update ${round}.md`]: [0, round, first + 2, 0],
  };
}

let site: VectorSite;
let live: VectorDocuments;
beforeEach(async () => {
  site = await openVectorSite(vectors);
  live = { ...base };
  await site.index(live);
});
afterEach(() => site.close());

async function add(documents: VectorDocuments): Promise<void> {
  Object.assign(live, documents);
  await site.index(documents);
}

async function remove(names: readonly string[]): Promise<void> {
  for (const name of names) delete live[name];
  await site.index(live, { sync: true });
}

const segmentsOf = async () => (await site.library()).segments;

async function expectSameAsOne(segments: number): Promise<void> {
  expect(await segmentsOf()).toHaveLength(segments);
  const library = `one of ${Object.keys(live).length} and ${segments}`;
  await site.index(live, { library });
  expect((await site.library(library)).segments).toHaveLength(1);
  const chunks = Object.values(live).flat().length;
  let ties = 0;
  for (const query of queries) {
    for (const k of [10, 100]) {
      const options = { k, knobs: EXHAUSTIVE_KNOBS };
      const several = await site.nearest(query, options);
      expect(several).toEqual(await site.nearest(query, { ...options, library }));
      expect(several).toHaveLength(Math.min(k, chunks));
      ties += tiesIn(several);
    }
  }
  expect(ties).toBeGreaterThan(100);
}

/** Neighbours of equal score, which are in order of document and start. */
function tiesIn(found: readonly Found[]): number {
  let ties = 0;
  for (const [i, after] of found.entries()) {
    const before = found[i - 1];
    if (before === undefined) continue;
    expect(before.score).toBeGreaterThanOrEqual(after.score);
    if (before.score !== after.score) continue;
    ties += 1;
    const isInOrder =
      before.document < after.document ||
      (before.document === after.document && before.start < after.start);
    expect(isInOrder, `${JSON.stringify(before)} before ${JSON.stringify(after)}`).toBe(true);
  }
  return ties;
}

describe('hits over several segments equal those over one', () => {
  it('of one segment, built and with tombstones', async () => {
    await expectSameAsOne(1);
    await remove(Object.keys(base).filter((_, i) => i % 8 === 1));
    await expectSameAsOne(1);
  });

  it('of two segments, after an update and a deletion', async () => {
    await add(update(1, CHUNKS));
    await expectSameAsOne(2);
    await remove(['update 1.md', 'base0002.md', 'base0009.md']);
    await expectSameAsOne(2);
  });

  it('of five segments, after edits, deletions and compaction', async () => {
    for (let round = 0; round < 4; round += 1) await add(update(round, CHUNKS + 4 * round));
    await expectSameAsOne(5);
    await add({ 'base0009.md': [9, 0, 450, 0], 'update 2.md': [0, 0, 451, 3] });
    await expectSameAsOne(6);
    // With the edit above, the segment of the third update has no document left.
    await remove(['update 0.md', 'base0003.md', 'base0013.md', 'z2.md']);
    await expectSameAsOne(5);
    for (let round = 4; round < 8; round += 1) await add(update(round, 460 + 4 * round));
    // Beyond ten per cent all are merged.
    await add(inDocuments(range(500, 540), { prefix: 'last', chunks: 4 }));
    await expectSameAsOne(1);
  });
});

describe('exhaustive hits', () => {
  it('are those of search, whose query a provider embeds', async () => {
    await add(update(1, CHUNKS));
    for (const query of queries.slice(0, 5)) {
      const request = { model: 'text-embedding-3-small', input: ['q'], dimensions: DIMENSIONS };
      const answer = successAnswer({ ...request, encodingFormat: 'base64' }, [[...query]]);
      site.site.server.script([{ kind: 'raw', answer }]);
      const hits = await site.site.run((platform) =>
        rankChunks(platform, { text: 'q', scope: 'all', k: 20 }, { knobs: EXHAUSTIVE_KNOBS }),
      );
      const found = await site.nearest(query, { k: 20, knobs: EXHAUSTIVE_KNOBS });
      expect(hits.map(({ document, start }) => ({ document, start }))).toEqual(
        found.map(({ document, start }) => ({ document, start })),
      );
      for (const [i, hit] of hits.entries()) expect(hit.score).toBeCloseTo(found[i]?.score ?? 0, 6);
    }
  });

  it('are at least 96 % of the ten nearest by exact float32, inside clusters and without', async () => {
    const { length } = queries;
    for (const [library, all] of [
      ['clustered', vectors],
      ['unstructured', randomVectors(700, DIMENSIONS, 72)],
    ] as const) {
      const own = await openVectorSite(all);
      const numbers = range(0, 600);
      await own.index(inDocuments(numbers, { prefix: 'd', chunks: 4 }), { library });
      let found = 0;
      for (const query of all.slice(-length)) {
        const exact = new Set(exactNearest(all, query, { numbers }));
        const hits = await own.nearest(query, { library, knobs: EXHAUSTIVE_KNOBS });
        found += hits.filter(({ vector }) => exact.has(vector)).length;
      }
      expect(found / (10 * length), library).toBeGreaterThanOrEqual(0.96);
      await own.close();
    }
  });

  it('score by the cosine to within 0.01, at any knobs', async () => {
    for (const knobs of [EXHAUSTIVE_KNOBS, DEFAULT_KNOBS]) {
      for (const query of queries.slice(0, 10)) {
        for (const { vector, score } of await site.nearest(query, { k: 100, knobs })) {
          const own = vectors[vector] as Float32Array;
          const exact = own.reduce((sum, value, i) => sum + value * (query[i] as number), 0);
          expect(Math.abs(score - exact)).toBeLessThan(0.01);
        }
      }
    }
  });
});
