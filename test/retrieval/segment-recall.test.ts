/**
 * What a library costs and finds at default knobs while it has several segments and tombstones,
 * beside one that was built at once from the same documents: after build, update, deletion and
 * compaction, and just below each limit of the compaction rule, where it has grown worst.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMPACTION_LIMITS, planCompaction } from '../../src/index/compaction';
import { liveChunks } from '../../src/index/segment';
import { deleteLibrary } from '../../src/jobs/delete-all';
import { clusteredVectors } from '../support/random-vectors';
import {
  exactNearest,
  type Found,
  inDocuments,
  openVectorSite,
  range,
  type VectorDocuments,
  type VectorSite,
} from '../support/vector-site';

const CHUNKS = 2_000;
const CHUNKS_PER_DOCUMENT = 4;
const QUERIES = 120;
const K = 10;
const DIFFERENCE_MAX = 0.01;

interface Row {
  state: string;
  segments: number;
  'small %': number;
  'tombstoned %': number;
  'recall, several': number;
  'recall, one': number;
  'units, several': number;
  'units, one': number;
}

describe.each([
  { shape: 'tight clusters', dimensions: 64, clusters: 50, spread: 0.7, seed: 61 },
  { shape: 'wide clusters', dimensions: 128, clusters: 80, spread: 1.3, seed: 62 },
])('a library of $shape in $dimensions dimensions', ({ dimensions, clusters, spread, seed }) => {
  const all = clusteredVectors(3_000, dimensions, { seed, clusters, spread });
  const queries = all.slice(-QUERIES);
  const base = inDocuments(range(0, CHUNKS), { prefix: 'base', chunks: CHUNKS_PER_DOCUMENT });
  const rows: Row[] = [];

  let site: VectorSite;
  beforeAll(async () => {
    site = await openVectorSite(all);
  });
  afterAll(async () => {
    console.table(rows);
    await site.close();
  });

  let spare = CHUNKS;
  /** So many chunks whose vectors were not used yet. */
  function fresh(chunks: number, prefix: string): VectorDocuments {
    const first = spare;
    spare += chunks;
    return inDocuments(range(first, spare), { prefix, chunks: CHUNKS_PER_DOCUMENT });
  }

  /** A library with its live documents. */
  async function open(library: string) {
    const live: VectorDocuments = { ...base };
    spare = CHUNKS;
    await site.index(live, { library });
    return {
      live,
      async add(documents: VectorDocuments) {
        Object.assign(live, documents);
        await site.index(documents, { library });
      },
      async remove(names: readonly string[]) {
        for (const name of names) delete live[name];
        await site.index(live, { library, sync: true });
      },
      async expectNear(state: string) {
        await site.index(live, { library: `${library}, one` });
        const row = await compare(library, { state, live });
        rows.push(row);
        await site.site.run((platform) => deleteLibrary(platform, `${library}, one`));
        const difference = Math.abs(row['recall, several'] - row['recall, one']);
        expect(difference, JSON.stringify(row)).toBeLessThanOrEqual(DIFFERENCE_MAX);
        return row;
      },
    };
  }

  async function compare(
    library: string,
    { state, live }: { state: string; live: VectorDocuments },
  ): Promise<Row> {
    const numbers = Object.values(live).flat();
    const truth = queries.map((query) => exactNearest(all, query, { numbers, k: K }));
    const several = await site.costOf(queries, { library, k: K });
    const one = await site.costOf(queries, { library: `${library}, one`, k: K });
    expect(several.roundTrips).toBeLessThanOrEqual(4);
    const { segments } = await site.library(library);
    const sizes = segments.map(liveChunks);
    const largest = segments[sizes.indexOf(Math.max(...sizes))];
    const [total, small] = [sum(sizes), sum(sizes) - Math.max(...sizes)];
    expect(planCompaction(segments)).toEqual([]);
    return {
      state,
      segments: segments.length,
      'small %': percent(small / total),
      'tombstoned %': percent((largest?.tombstones?.chunks ?? 0) / (largest?.chunks ?? 1)),
      'recall, several': recallOf(several.found, truth),
      'recall, one': recallOf(one.found, truth),
      'units, several': round(several.readUnits, 1),
      'units, one': round(one.readUnits, 1),
    };
  }

  it('finds as much after build, update, deletion and compaction', async () => {
    const library = await open('life');
    expect(await library.expectNear('built')).toMatchObject({ segments: 1, 'tombstoned %': 0 });
    for (const round of [1, 2, 3]) {
      const edited = Object.keys(base).slice(10 * round, 10 * round + 5);
      const replaced = Object.values(fresh(20, 'edit'));
      await library.add(Object.fromEntries(edited.map((name, i) => [name, replaced[i] ?? []])));
      await library.add(fresh(32, `update ${round} `));
    }
    expect(await library.expectNear('updated')).toMatchObject({ segments: 7 });
    await library.remove(Object.keys(library.live).filter((_, i) => i % 12 === 5));
    expect(await library.expectNear('deleted')).toMatchObject({ segments: 7 });
    await library.add(fresh(80, 'last '));
    expect(await library.expectNear('compacted')).toMatchObject({
      ...{ segments: 1, 'small %': 0, 'tombstoned %': 0 },
    });
  });

  it('finds as much with as many small segments as there may be', async () => {
    const library = await open('many');
    for (let i = 0; i < COMPACTION_LIMITS.smallSegmentsMax; i += 1) {
      await library.add(fresh(24, `small ${i} `));
    }
    expect(await library.expectNear('8 small segments')).toMatchObject({ segments: 9 });
    await library.add(fresh(24, 'ninth '));
    // Only the small ones are merged.
    expect(await library.expectNear('8 and 1, merged')).toMatchObject({ segments: 2 });
  });

  it('finds as much with small segments just under 10 %', async () => {
    const library = await open('share');
    await library.add(fresh(110, 'small 1 '));
    await library.add(fresh(110, 'small 2 '));
    expect(await library.expectNear('small ones just under 10 %')).toMatchObject({
      ...{ segments: 3, 'small %': 9.9 },
    });
  });

  it('finds as much with tombstones just under 20 %', async () => {
    const library = await open('tombstones');
    await library.remove(Object.keys(base).filter((_, i) => i % 5 === 0 && i > 0));
    expect(await library.expectNear('tombstones just under 20 %')).toMatchObject({
      ...{ segments: 1, 'tombstoned %': 19.8 },
    });
  });

  it('finds as much just below all limits at once', async () => {
    const library = await open('all');
    await library.remove(Object.keys(base).filter((_, i) => i % 5 === 0 && i > 0));
    for (let i = 0; i < COMPACTION_LIMITS.smallSegmentsMax; i += 1) {
      await library.add(fresh(20, `small ${i} `));
    }
    expect(await library.expectNear('all limits at once')).toMatchObject({
      ...{ segments: 9, 'small %': 9.1, 'tombstoned %': 19.8 },
    });
    const [name = ''] = Object.keys(base);
    await library.remove([name, ...Object.keys(base).slice(2, 5)]);
    expect(await library.expectNear('beyond, and merged')).toMatchObject({
      ...{ segments: 1, 'tombstoned %': 0 },
    });
  });
});

function recallOf(found: readonly Found[][], truth: readonly number[][]): number {
  const hits = truth.map((wanted, i) => {
    const numbers = new Set(found[i]?.map(({ vector }) => vector));
    return wanted.filter((number) => numbers.has(number)).length;
  });
  return round(sum(hits) / sum(truth.map(({ length }) => length)), 4);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function percent(share: number): number {
  return round(100 * share, 1);
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
