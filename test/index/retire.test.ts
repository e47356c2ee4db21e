/** Segments of generations that are live no more: how long they are kept, and how they go. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IndexManifest, LibraryEntry } from '../../src/index/catalogue';
import { loadManifest } from '../../src/index/catalogue';
import { documentsKey, listKey } from '../../src/index/keys';
import { RETIRED_GRACE_MS, succession, sweepRetired } from '../../src/index/retire';
import type { SegmentDescriptor } from '../../src/index/segment';
import type { Platform } from '../../src/platform/ports';
import { codeRejectedBy } from '../support/error-code';
import { CATALOGUE, MANIFEST, SEGMENTS } from '../support/golden-values';
import { BASE, EDITED, type LibraryLife, openLibraryLife, REPLACED } from '../support/library-life';
import { range } from '../support/vector-site';

const NOW = 1_780_000_000_000;
const library = CATALOGUE.libraries[0] as LibraryEntry;
const [inline, , flat] = SEGMENTS as [SegmentDescriptor, SegmentDescriptor, SegmentDescriptor];
const fresh: SegmentDescriptor = { ...flat, id: '7777777777777777', documentsJob: 'x' };

describe('what a publish keeps', () => {
  const manifest: IndexManifest = { ...MANIFEST, retired: [] };
  const change = { library, manifest, isDeletion: false, now: NOW };

  it('is nothing of a library that is new', () => {
    const first = { ...change, library: undefined, manifest: undefined, segments: [flat] };
    expect(succession(first)).toEqual({ previous: null, retired: [] });
  });

  it('is the live generation whole, and of the one before what no later one names', () => {
    const before = [inline, flat, { ...inline, documentsJob: 'older' }];
    const { fingerprint, calibration } = library;
    const previous = { generation: 7, fingerprint, calibration, segments: before };
    const segments = [inline, fresh];
    const next = succession({ ...change, manifest: { ...manifest, previous }, segments });
    expect(next.previous).toEqual({
      ...{ generation: 8, fingerprint, calibration },
      segments: library.segments,
    });
    const lean = { ...inline, documentsJob: 'older', table: '' };
    expect(next.retired).toEqual([{ at: NOW, segments: [flat, lean] }]);
  });

  it('is nothing after a deletion, and what goes is each state once', () => {
    const retired = [{ at: NOW - 5, segments: [flat, { ...flat, documentsJob: 'b' }] }];
    const segments = [inline];
    const deletion = { ...change, isDeletion: true, manifest: { ...manifest, retired }, segments };
    const next = succession(deletion);
    expect(next.previous).toBeNull();
    expect(next.retired.map(({ at }) => at)).toEqual([0]);
    const states = next.retired[0]?.segments.map(({ id, documentsJob }) => [id, documentsJob]);
    expect(states).toEqual([
      [flat.id, flat.documentsJob],
      [flat.id, 'b'],
      ...library.segments.slice(1).map(({ id, documentsJob }) => [id, documentsJob]),
    ]);
  });

  it('is bounded: beyond 100,000 bytes the oldest wait no longer', () => {
    const segments = Array.from({ length: 200 }, (_, i) => ({ ...flat, id: `segment ${i}` }));
    const retired = segments.map((segment, i) => ({ at: NOW + i, segments: [segment] }));
    const next = succession({ ...change, manifest: { ...manifest, retired }, segments: [fresh] });
    expect(next.retired).toHaveLength(200);
    expect(next.retired.every(({ at }) => at > 0)).toBe(true);
    const more = [...retired, ...retired];
    const bounded = succession({
      ...{ ...change, manifest: { ...manifest, retired: more }, segments: [fresh] },
    }).retired;
    const waiting = bounded.filter(({ at }) => at > 0);
    expect(JSON.stringify(waiting).length).toBeLessThan(101_000);
    expect(JSON.stringify(waiting).length).toBeGreaterThan(95_000);
    expect(bounded.slice(0, -waiting.length).every(({ at }) => at === 0)).toBe(true);
  });
});

describe('retired segments', () => {
  let life: LibraryLife;
  let id: string;
  beforeEach(async () => {
    life = await openLibraryLife();
    id = (await life.library()).id;
    for (const number of [300, 301, 302]) await life.index({ [EDITED]: [number] });
  });
  afterEach(() => life.close());

  const sweepAt = (
    graceMs: number,
    change: (platform: Platform) => Partial<Platform> = () => ({}),
  ) =>
    life.site.run((platform) =>
      sweepRetired({ ...platform, ...change(platform) }, id, { now: platform.clock(), graceMs }),
    );
  const manifest = () =>
    life.site.run(({ entities }) => loadManifest(entities, id)) as Promise<IndexManifest>;

  it('are kept for their grace, each entry for its own', async () => {
    const before = await life.site.keys();
    expect((await manifest()).retired).toHaveLength(2);
    await sweepAt(RETIRED_GRACE_MS);
    expect(await life.site.keys()).toEqual(before);
    life.site.pass(RETIRED_GRACE_MS / 2);
    await life.index({ [EDITED]: [303] });
    life.site.pass(RETIRED_GRACE_MS / 2);
    await sweepAt(RETIRED_GRACE_MS);
    expect((await manifest()).retired).toHaveLength(1);
    expect(await life.storedParts()).toEqual([...range(0, 40), ...range(44, 200), 301, 302, 303]);
    await life.expectAccounted();
    await life.site.sweepLater();
    expect(await manifest()).toMatchObject({ generation: 5, retired: [] });
    expect(await life.storedParts()).toEqual([...range(0, 40), ...range(44, 200), 302, 303]);
    await life.expectAccounted();
  });

  it('are swept once, however often it is tried, and also beside each other', async () => {
    await Promise.all([sweepAt(0), sweepAt(0)]);
    const keys = await life.site.keys();
    await sweepAt(0);
    expect(await life.site.keys()).toEqual(keys);
    await life.expectAccounted();
    await life.expectFound({ ...BASE, [EDITED]: [302] });
  });

  it.each([1, 2, 3, 4])('are swept by the next when a sweep ends before delete %i', async (nth) => {
    let deletes = 0;
    const ending = sweepAt(0, ({ kv }) => ({
      kv: {
        ...kv,
        batchDelete: async (keys) => {
          deletes += 1;
          if (deletes === nth) throw new Error('the function was ended');
          return kv.batchDelete(keys);
        },
      },
    }));
    await ending.catch(() => undefined);
    await sweepAt(0);
    expect((await manifest()).retired).toEqual([]);
    await life.expectAccounted();
  });

  it('do not come back to a manifest that was published while they were swept', async () => {
    await sweepAt(0, ({ entities }) => ({
      entities: {
        ...entities,
        transact: async (sets) => {
          await life.index({ [REPLACED]: [303] });
          return entities.transact(sets);
        },
      },
    }));
    expect(await manifest()).toMatchObject({ generation: 5 });
    await life.expectFound({ ...BASE, [EDITED]: [302], [REPLACED]: [303] });
    await life.site.sweepLater();
    await life.expectAccounted();
  });

  /** Of the small segment that the first edit wrote: its document table and its list. */
  async function smallKeys(): Promise<[table: string, list: string]> {
    const [, second] = (await manifest()).retired;
    const segment = second?.segments.at(-1) as SegmentDescriptor;
    expect(segment).toMatchObject({ kind: 'flat', chunks: 1 });
    return [documentsKey(id, segment, 0), listKey(id, segment.id, 0)];
  }

  it.each(['damaged', undefined])(
    'whose document table is %s are swept by their lists',
    async (value) => {
      const [table] = await smallKeys();
      if (value === undefined) await life.site.removeValue(table);
      else await life.site.replaceValue(table, value);
      await sweepAt(0);
      expect((await manifest()).retired).toEqual([]);
      await life.expectAccounted();
      await life.expectFound({ ...BASE, [EDITED]: [302] });
    },
  );

  it('that say no more what they had stay named, and keep no other from being swept', async () => {
    for (const key of await smallKeys()) await life.site.replaceValue(key, 'damaged');
    expect(await codeRejectedBy(sweepAt(0))).toBe('value_corrupt');
    const left = (await manifest()).retired;
    expect(left.flatMap(({ segments }) => segments)).toHaveLength(1);
    await life.expectFound({ ...BASE, [EDITED]: [302] });
    expect(await life.storedParts()).toEqual([...range(0, 40), ...range(44, 200), 300, 301, 302]);
  });

  it('of a library that is gone are nobody’s', async () => {
    await life.site.run((platform) =>
      sweepRetired(platform, '0000000000000000', { now: NOW, graceMs: 0 }),
    );
    await life.expectAccounted();
  });
});
