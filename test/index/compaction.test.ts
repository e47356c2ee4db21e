import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { COMPACTION_LIMITS, planCompaction, type SegmentSize } from '../../src/index/compaction';
import { deleteDocument } from '../../src/index/delete';
import { liveChunks } from '../../src/index/segment';
import type { Platform } from '../../src/platform/ports';
import { EXHAUSTIVE_KNOBS } from '../../src/retrieval/knobs';
import { keysLike, LIST_KEY, RECORD_KEY, WORK_KEY } from '../support/index-site';
import { BASE, type LibraryLife, openLibraryLife, VECTORS, without } from '../support/library-life';
import type { Found, VectorDocuments } from '../support/vector-site';

function sizeOf(chunks: number, tombstoned = 0): SegmentSize {
  if (tombstoned === 0) return { chunks, tombstones: null };
  const job = 'fedcba9876543210';
  return { chunks, tombstones: { job, bytes: 100, documents: 1, chunks: tombstoned } };
}

const repeated = (count: number, chunks: number) => Array.from({ length: count }, () => chunks);
const plan = (...sizes: SegmentSize[]) => planCompaction(sizes);
const planOf = (...chunks: number[]) => planCompaction(chunks.map((count) => sizeOf(count)));

describe('the rule of compaction', () => {
  it('has the limits that docs/tuning.md measures', () => {
    expect(COMPACTION_LIMITS).toEqual({
      smallSegmentsMax: 8,
      smallShareMax: 0.1,
      tombstonedShareMax: 0.2,
    });
  });

  it('leaves no segment, one segment, and one beside which nothing is small alone', () => {
    expect(plan()).toEqual([]);
    expect(planOf(1)).toEqual([]);
    expect(planOf(100_000)).toEqual([]);
    expect(planOf(10_000, 1)).toEqual([]);
  });

  it('merges the small ones when there are more than 8, and not the largest', () => {
    expect(planOf(10_000, ...repeated(8, 10))).toEqual([]);
    expect(planOf(10_000, ...repeated(9, 10))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(planOf(...repeated(4, 10), 10_000, ...repeated(5, 10))).toEqual([
      0, 1, 2, 3, 5, 6, 7, 8, 9,
    ]);
  });

  it('merges all when the small ones are more than a tenth of the live chunks', () => {
    expect(planOf(900, 100)).toEqual([]);
    expect(planOf(900, 101)).toEqual([0, 1]);
    expect(planOf(50, 900, 50)).toEqual([]);
    expect(planOf(50, 900, 51)).toEqual([0, 1, 2]);
    // Nine small ones that are also too many chunks: all, and not twice.
    expect(planOf(900, ...repeated(9, 20))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('counts live chunks only: tombstones make a large segment smaller', () => {
    expect(plan(sizeOf(1_000, 100), sizeOf(100))).toEqual([]);
    expect(plan(sizeOf(1_000, 101), sizeOf(100))).toEqual([0, 1]);
    expect(plan(sizeOf(900), sizeOf(200, 100))).toEqual([]);
    // The largest is the one with most live chunks.
    expect(plan(sizeOf(1_000, 190), sizeOf(811))).toEqual([0, 1]);
  });

  it('merges all when more than a fifth of the largest is tombstoned', () => {
    expect(plan(sizeOf(1_000, 200))).toEqual([]);
    expect(plan(sizeOf(1_000, 201))).toEqual([0]);
    expect(plan(sizeOf(1_000, 201), sizeOf(10))).toEqual([0, 1]);
    // Tombstones of a small one cost little.
    expect(plan(sizeOf(1_000), sizeOf(50, 49))).toEqual([]);
  });

  const size = fc
    .record({ chunks: fc.integer({ min: 1, max: 5_000 }), gone: fc.double({ max: 0.99, min: 0 }) })
    .map(({ chunks, gone }) => sizeOf(chunks, Number.isNaN(gone) ? 0 : Math.floor(gone * chunks)));
  const sizes = fc.array(size, { maxLength: 14 });

  it('names positions once and in order, all of them or all but the largest', () => {
    fc.assert(
      fc.property(sizes, (segments) => {
        const merged = planCompaction(segments);
        expect(merged).toEqual([...new Set(merged)].sort((a, b) => a - b));
        expect([0, segments.length - 1, segments.length]).toContain(merged.length);
        if (merged.length === 0 || merged.length === segments.length) return;
        const left = segments.findIndex((_, i) => !merged.includes(i));
        const most = Math.max(...segments.map(liveChunks));
        expect(liveChunks(segments[left] as SegmentSize)).toBe(most);
      }),
    );
  });

  it('leaves nothing to be merged after what it says was merged, and is needed where it speaks', () => {
    fc.assert(
      fc.property(sizes, (segments) => {
        const merged = new Set(planCompaction(segments));
        const isWithin = (after: readonly SegmentSize[]) => {
          const live = after.map(liveChunks);
          const most = Math.max(0, ...live);
          const largest = after[live.indexOf(most)];
          const small = live.reduce((sum, chunks) => sum + chunks, -most);
          const gone = (largest?.tombstones?.chunks ?? 0) / (largest?.chunks ?? 1);
          return after.length <= 9 && small <= 0.1 * (small + most) && gone <= 0.2;
        };
        expect(isWithin(segments)).toBe(merged.size === 0);
        if (merged.size === 0) return;
        const chunks = segments
          .filter((_, i) => merged.has(i))
          .reduce((sum, segment) => sum + liveChunks(segment), 0);
        const after = [...segments.filter((_, i) => !merged.has(i)), sizeOf(chunks)];
        expect(planCompaction(after)).toEqual([]);
        expect(isWithin(after)).toBe(true);
      }),
    );
  });
});

describe('compaction by real updates', () => {
  let life: LibraryLife;
  beforeEach(async () => {
    life = await openLibraryLife();
  });
  afterEach(() => life.close());

  interface Traffic {
    read: string[];
    written: string[];
  }

  /** Runs work, and gives the record keys it read and wrote by batch. */
  async function recordsOf(work: (platform: Platform) => Promise<unknown>): Promise<Traffic> {
    const traffic: Traffic = { read: [], written: [] };
    const isRecord = (key: string) => RECORD_KEY.test(`plain//${key}`);
    await life.site.run((platform) => {
      const { kv } = platform;
      const batchGet: typeof kv.batchGet = (keys) => {
        traffic.read.push(...keys.filter(isRecord));
        return kv.batchGet(keys);
      };
      const batchSet: typeof kv.batchSet = (items) => {
        traffic.written.push(...items.map(({ key }) => key).filter(isRecord));
        return kv.batchSet(items);
      };
      return work({ ...platform, kv: { ...kv, batchGet, batchSet } });
    });
    return traffic;
  }

  const add = (documents: VectorDocuments) => (platform: Platform) =>
    life.indexOn(platform, documents);
  const remove = (document: string) => (platform: Platform) =>
    deleteDocument(platform, { library: 'rules', document });
  const ids = async () => (await life.segments()).map(({ id }) => id);
  const recordKeys = () => keysLike(life.site, RECORD_KEY);

  /** What queries find with every row rescored, but for documents that came or went. */
  async function answers(but: readonly string[] = []): Promise<Found[][]> {
    const answers: Found[][] = [];
    for (const query of VECTORS.slice(190, 230)) {
      const found = await life.nearest(query, { k: 100, knobs: EXHAUSTIVE_KNOBS });
      answers.push(found.filter(({ document }) => !but.includes(document)).slice(0, 80));
    }
    return answers;
  }

  it('by the share of small segments: none at 9.9 %, all beyond a tenth', async () => {
    const few = { 'a.md': Array.from({ length: 22 }, (_, i) => 300 + i) };
    const added = await recordsOf(add(few));
    // Of a job that merges nothing, the seal reads its own records and no other.
    expect(added.read.sort()).toEqual(added.written.sort());
    expect(added.read).toHaveLength(22);
    expect(await ids()).toHaveLength(2);
    const [before, records] = [await answers(), await recordKeys()];
    life.provider.embedded.length = 0;
    const traffic = await recordsOf(add({ 'b.md': [400] }));
    expect(await life.segments()).toMatchObject([{ chunks: 223, tombstones: null }]);
    expect(life.provider.embedded).toHaveLength(1);
    expect(traffic.written).toHaveLength(1);
    // Each record that is merged is read once, and so is that of the new chunk.
    expect(traffic.read.sort()).toEqual([...records, ...traffic.written].sort());
    expect(await recordKeys()).toEqual([...records, ...traffic.written].sort());
    expect(await answers(['b.md'])).toEqual(before);
    await life.expectAccounted();
  });

  it('by the number of small segments: none at 8, the small ones alone at the ninth', async () => {
    const [large = ''] = await ids();
    for (let i = 0; i < 8; i += 1) await life.index({ [`small ${i}.md`]: [300 + 2 * i] });
    expect(await ids()).toHaveLength(9);
    const [before, records] = [await answers(), await recordKeys()];
    const lists = (await keysLike(life.site, LIST_KEY)).filter((key) => key.includes(large));
    life.provider.embedded.length = 0;
    const traffic = await recordsOf(add({ 'ninth.md': [400, 401] }));
    expect(await life.segments()).toMatchObject([{ id: large }, { chunks: 10, kind: 'flat' }]);
    expect(life.provider.embedded).toHaveLength(2);
    expect(traffic.written).toHaveLength(2);
    expect(traffic.read).toHaveLength(8 + 2);
    expect(new Set(traffic.read).size).toBe(8 + 2);
    expect([...records, ...traffic.written]).toEqual(expect.arrayContaining(traffic.read));
    expect(await keysLike(life.site, LIST_KEY)).toEqual(expect.arrayContaining(lists));
    expect(await answers(['ninth.md'])).toEqual(before);
    await life.expectAccounted();
  });

  it('by tombstones: none at a fifth; all beyond, by the next job and not by the deletion', async () => {
    const gone = Object.keys(BASE).slice(0, 11);
    const last = gone.at(-1) ?? '';
    for (const name of gone.slice(0, -1)) await life.remove(name);
    expect(await life.segments()).toMatchObject([{ chunks: 200, tombstones: { chunks: 40 } }]);
    const before = await answers([last]);
    life.provider.embedded.length = 0;
    // It has no time to read and seal segments: a page waits for it.
    expect(await recordsOf(remove(last))).toEqual({ read: [], written: [] });
    expect(await life.segments()).toMatchObject([{ chunks: 200, tombstones: { chunks: 44 } }]);
    await life.expectSwept();
    const records = await recordKeys();
    expect(records).toHaveLength(156);
    const traffic = await recordsOf(add({ 'next.md': [400] }));
    expect(await life.segments()).toMatchObject([{ chunks: 157, tombstones: null }]);
    expect(life.provider.embedded).toHaveLength(1);
    expect(traffic.written).toHaveLength(1);
    expect(traffic.read.sort()).toEqual([...records, ...traffic.written].sort());
    const shortest = Math.min(...before.map(({ length }) => length));
    expect((await answers(['next.md'])).map((found) => found.slice(0, shortest))).toEqual(
      before.map((found) => found.slice(0, shortest)),
    );
    await life.expectAccounted();
    await life.expectFound({ ...without(BASE, ...gone), 'next.md': [400] });
  });

  it('merges documents of many jobs, whose records stay under the keys of their jobs', async () => {
    const live: VectorDocuments = { ...BASE };
    for (let round = 0; round < 14; round += 1) {
      const change = { [`r${round}.md`]: [300 + round, 320 + round], 'base0007.md': [400 + round] };
      Object.assign(live, change);
      await life.index(change);
    }
    const jobs = new Set((await recordKeys()).map((key) => key.split(':')[3]));
    expect(jobs.size).toBeGreaterThanOrEqual(15);
    expect((await life.segments()).length).toBeLessThanOrEqual(9);
    await life.expectFound(live);
    expect(await keysLike(life.site, WORK_KEY)).toEqual([]);
    await life.expectAccounted();
  });
});
