/**
 * Repairing a library: afterwards nothing is amiss, everything that could be kept is found, what was
 * lost is named, and the provider was never asked.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LibraryEntry } from '../../src/index/catalogue';
import type { Finding } from '../../src/index/findings';
import { centroidsKey, documentsKey, listKey, tombstonesKey } from '../../src/index/keys';
import { planRepair, type RepairReport, repairLibrary } from '../../src/index/repair';
import { restorePrevious } from '../../src/index/restore';
import type { SegmentDescriptor } from '../../src/index/segment';
import { type Verification, verifyLibrary } from '../../src/index/verify';
import {
  DAMAGES,
  damageManifest,
  recordKeysOf,
  rewriteBytes,
  rewriteDescriptor,
  rewriteJson,
  rewriteManifest,
  writeNewer,
} from '../support/damage';
import { codeRejectedBy } from '../support/error-code';
import { DOCUMENTS_KEY, keysLike, TOMBSTONES_KEY } from '../support/index-site';
import {
  BASE,
  DELETED,
  EDITED,
  type LibraryLife,
  openLibraryLife,
  REPLACED,
  without,
} from '../support/library-life';
import { clusteredVectors } from '../support/random-vectors';
import { inDocuments, openVectorSite, range, type VectorDocuments } from '../support/vector-site';

const LIVE: VectorDocuments = { ...without(BASE, DELETED), [EDITED]: [300, 301] };

let life: LibraryLife;
let library: LibraryEntry;
let large: SegmentDescriptor;
let small: SegmentDescriptor;
/** A large clustered segment that lost one document to an edit and one to a deletion; a flat one. */
beforeEach(async () => {
  life = await openLibraryLife();
  await life.index({ [EDITED]: [300, 301] });
  await life.remove(DELETED);
  library = await life.library();
  [large, small] = library.segments as [SegmentDescriptor, SegmentDescriptor];
});
afterEach(() => life.close());

const verify = () =>
  life.site.run((platform) => verifyLibrary(platform, 'rules', { unitsMax: 1_000 }));
const repair = (verified: Pick<Verification, 'library' | 'generation' | 'findings'>) =>
  life.site.run((platform) => repairLibrary(platform, verified));

/** Verifies, repairs, and makes sure that all is well, these documents are found and no others. */
async function expectRepaired(live: VectorDocuments, lost: string[] = []): Promise<RepairReport> {
  const found = await verify();
  expect(found.findings).not.toEqual([]);
  const embedded = life.provider.embedded.length;
  const report = await repair(found);
  expect(life.provider.embedded).toHaveLength(embedded);
  expect(report.lost.map(({ document }) => document)).toEqual([...lost].sort());
  const [before, kept] = [Object.keys(LIVE).length, Object.keys(live).length];
  expect(report.documents).toEqual({ before, kept, lost: before - kept });
  expect(await verify()).toMatchObject({ generation: report.generation, findings: [] });
  await life.expectFound(live);
  await life.expectSwept();
  // And the library lives on: what is unchanged is known, and what was lost is taken again.
  const again = await life.index(Object.fromEntries(lost.map((name) => [name, LIVE[name] ?? []])));
  expect(again.indexed).toBe(lost.length);
  await life.expectFound(LIVE);
  await life.index({ 'new.md': [302] });
  await life.remove('new.md');
  expect((await verify()).findings).toEqual([]);
  await life.expectSwept();
  return report;
}

const HOW = DAMAGES.map(([how, , damage]) => [how, damage] as const);

describe('what is sealed again from records', () => {
  it.each(HOW)('a list of a clustered segment that %s', async (_, damage) => {
    await damage(life.site, listKey(library.id, large.id, 1));
    expect(await expectRepaired(LIVE)).toMatchObject({ segments: 1, tables: 0, lost: [] });
  });

  it.each(HOW)('a list of a flat segment that %s', async (_, damage) => {
    await damage(life.site, listKey(library.id, small.id, 0));
    expect(await expectRepaired(LIVE)).toMatchObject({ segments: 1, tables: 0, lost: [] });
  });

  it.each(HOW)('a segment whose set of tombstones %s', async (_, damage) => {
    await damage(life.site, tombstonesKey(library.id, large.id, large.tombstones?.job ?? ''));
    expect(await expectRepaired(LIVE)).toMatchObject({ segments: 1, tables: 0, lost: [] });
  });

  it('a segment whose centroid table in the catalogue is damaged', async () => {
    await rewriteDescriptor(life.site, 'rules', ([first, ...rest]) => [
      { ...(first as SegmentDescriptor), table: 'AAAA' },
      ...rest,
    ]);
    await expectRepaired(LIVE);
  });

  it('a segment whose centroid table is not the same in catalogue and index manifest', async () => {
    const inline = String(large.table);
    const table = `${inline.slice(0, 40)}${inline[40] === 'A' ? 'B' : 'A'}${inline.slice(41)}`;
    const change = ([first, ...rest]: SegmentDescriptor[]) => [
      { ...(first as SegmentDescriptor), table },
      ...rest,
    ];
    await rewriteDescriptor(life.site, 'rules', change, { inManifest: false });
    expect(await expectRepaired(LIVE)).toMatchObject({ segments: 1 });
    expect((await life.segments())[0]?.table).not.toBe(table);
  });

  it('a segment whose descriptor has other counts', async () => {
    await rewriteDescriptor(life.site, 'rules', ([first, second]) => [
      { ...(first as SegmentDescriptor), chunks: 190 },
      { ...(second as SegmentDescriptor), documentBytes: [77] },
    ]);
    expect(await expectRepaired(LIVE)).toMatchObject({ segments: 2 });
  });

  it('a segment whose rows are not its chunks', async () => {
    const key = listKey(library.id, small.id, 0);
    await rewriteBytes(life.site, 'list', key, (bytes) => {
      bytes.copyWithin(bytes.length - 15, bytes.length - 18, bytes.length - 15);
      return bytes;
    });
    await expectRepaired(LIVE);
  });

  it('everything that can be, at once', async () => {
    for (let number = 0; number < large.listCount; number += 2) {
      await life.site.removeValue(listKey(library.id, large.id, number));
    }
    await life.site.replaceValue(listKey(library.id, small.id, 0), {});
    await life.site.removeValue(tombstonesKey(library.id, large.id, large.tombstones?.job ?? ''));
    expect(await expectRepaired(LIVE)).toMatchObject({ segments: 2, lost: [] });
    expect(await life.segments()).toHaveLength(1);
  });

  it('a centroid table in values of its own', async () => {
    const vectors = clusteredVectors(1_600, 512, { seed: 83, clusters: 30, spread: 0.8 });
    const wide = await openVectorSite(vectors);
    await wide.index(inDocuments(range(0, 1_600), { prefix: 'd', chunks: 10 }));
    const { id, segments } = await wide.library();
    const query = vectors[7] as Float32Array;
    const before = await wide.nearest(query, { k: 20 });
    await wide.site.removeValue(centroidsKey(id, segments[0]?.id ?? '', 0));
    const options = { unitsMax: 10_000 };
    const report = await wide.site.run(async (platform) =>
      repairLibrary(platform, await verifyLibrary(platform, 'rules', options)),
    );
    expect(report).toMatchObject({ documents: { before: 160, kept: 160, lost: 0 } });
    const after = await wide.site.run((platform) => verifyLibrary(platform, 'rules', options));
    expect(after.findings).toEqual([]);
    expect(await wide.nearest(query, { k: 20 })).toEqual(before);
    await wide.close();
  });
});

describe('a document table', () => {
  it.each(HOW)('that %s is made again from lists and records', async (_, damage) => {
    await damage(life.site, documentsKey(library.id, large, 0));
    const report = await expectRepaired(LIVE);
    expect(report).toMatchObject({ segments: 0, tables: 1, lost: [], unnamed: 0 });
  });

  it('made again leaves the segment as it was, and its documents to be taken as changed', async () => {
    const key = documentsKey(library.id, large, 0);
    await life.site.removeValue(key);
    await repair(await verify());
    const [mended] = await life.segments();
    const { tombstones, documentsJob, documentBytes, ...same } = mended as SegmentDescriptor;
    expect(large).toMatchObject(same);
    expect(tombstones).toMatchObject({ documents: 2, chunks: 8 });
    const [first = ''] = Object.keys(LIVE);
    const report = await life.index({ [first]: LIVE[first] ?? [] });
    expect(report).toMatchObject({ indexed: 1, unchanged: 0 });
    await life.expectFound(LIVE);
  });

  it('of a flat segment is made again too', async () => {
    await life.site.removeValue(documentsKey(library.id, small, 0));
    expect(await expectRepaired(LIVE)).toMatchObject({ tables: 1 });
  });

  it('and the tombstones beside it are made again together', async () => {
    await life.site.removeValue(documentsKey(library.id, large, 0));
    await life.site.removeValue(tombstonesKey(library.id, large.id, large.tombstones?.job ?? ''));
    expect(await expectRepaired(LIVE)).toMatchObject({ segments: 1, tables: 1, unnamed: 0 });
  });

  it('and a record beside it: that one document is lost', async () => {
    const [record = ''] = await recordKeysOf(life.site, library, REPLACED);
    await life.site.removeValue(record);
    await life.site.removeValue(documentsKey(library.id, large, 0));
    await expectRepaired(without(LIVE, REPLACED), [REPLACED]);
  });

  it('and a list beside it leave a segment that cannot be mended: all of it is lost, by name', async () => {
    await life.site.removeValue(documentsKey(library.id, large, 0));
    await life.site.removeValue(listKey(library.id, large.id, 0));
    const lost = Object.keys(LIVE).filter((name) => name !== EDITED);
    const verified = await verify();
    const report = await repair(verified);
    const named = report.lost.map(({ document }) => document);
    expect(named.length + report.unnamed).toBe(lost.length);
    expect(lost).toEqual(expect.arrayContaining(named));
    expect(named.length).toBeGreaterThan(40);
    expect(report.documents).toEqual({ before: 49, kept: 1, lost: 48 });
    expect((await verify()).findings).toEqual([]);
    await life.expectFound({ [EDITED]: [300, 301] });
    await life.index(without(LIVE, EDITED));
    await life.expectFound(LIVE);
  });
});

describe('a record', () => {
  it.each(HOW)('that %s takes its document out of the library', async (_, damage) => {
    const [key = ''] = await recordKeysOf(life.site, library, REPLACED);
    await damage(life.site, key);
    const report = await expectRepaired(without(LIVE, REPLACED), [REPLACED]);
    expect(report.lost[0]?.what).toMatch(/index this document again/);
    expect(report.segments).toBe(0);
  });

  it('of another text does so too, and several documents are lost together', async () => {
    const [first = ''] = await recordKeysOf(life.site, library, REPLACED);
    const [second = ''] = await recordKeysOf(life.site, library, EDITED);
    await rewriteJson(life.site, 'record', first, (json) => (json as unknown[]).with(3, 'Other.'));
    await life.site.removeValue(second);
    await expectRepaired(without(LIVE, REPLACED, EDITED), [REPLACED, EDITED]);
  });

  it('of a segment that is sealed again is not read', async () => {
    const [key = ''] = await recordKeysOf(life.site, library, REPLACED);
    await life.site.removeValue(key);
    await life.site.removeValue(listKey(library.id, large.id, 0));
    await expectRepaired(without(LIVE, REPLACED), [REPLACED]);
  });

  it('of every document leaves a library that takes documents again', async () => {
    for (const name of Object.keys(LIVE)) {
      const [key = ''] = await recordKeysOf(life.site, library, name);
      await life.site.removeValue(key);
    }
    const report = await repair(await verify());
    expect(report.documents).toEqual({ before: 49, kept: 0, lost: 49 });
    expect(await life.segments()).toEqual([]);
    expect((await verify()).findings).toEqual([]);
    await life.index(LIVE);
    await life.expectFound(LIVE);
  });
});

describe('an index manifest', () => {
  it('that does not fit the catalogue is written again', async () => {
    await rewriteManifest(life.site, 'rules', (manifest) => ({ ...manifest, segments: [] }));
    await expectRepaired(LIVE);
  });

  it('that is gone, damaged or of another generation is written anew', async () => {
    const damages: (() => Promise<void>)[] = [
      () => rewriteManifest(life.site, 'rules', () => undefined),
      () => damageManifest(life.site, library.id),
      () => rewriteManifest(life.site, 'rules', (manifest) => ({ ...manifest, generation: 99 })),
    ];
    for (const damage of damages) {
      await damage();
      const found = await verify();
      expect(found.findings).toHaveLength(1);
      await repair(found);
      expect((await verify()).findings).toEqual([]);
    }
    await life.expectFound(LIVE);
    await life.expectSwept();
    await life.index({ 'new.md': [302] });
    await life.expectFound({ ...LIVE, 'new.md': [302] });
  });
});

describe('a repair', () => {
  it('keeps no generation before, whose values may be the damaged ones', async () => {
    await life.index({ 'new.md': [302] });
    await life.site.removeValue(listKey(library.id, large.id, 1));
    await repair(await verify());
    const restoring = life.site.run((platform) => restorePrevious(platform, { library: 'rules' }));
    expect(await codeRejectedBy(restoring)).toBe('nothing_to_restore');
    await life.expectSwept();
  });

  it('is refused where the app is older than what wrote a value', async () => {
    await writeNewer(life.site, listKey(library.id, large.id, 1));
    expect(await codeRejectedBy(repair(await verify()))).toBe('format_newer');
    expect(await life.library()).toMatchObject({ generation: 3 });
  });

  it('is refused where the library was published after it was verified', async () => {
    await life.site.removeValue(listKey(library.id, large.id, 1));
    const verified = await verify();
    await life.index({ 'new.md': [302] });
    expect(await codeRejectedBy(repair(verified))).toBe('publish_lost');
  });

  it('that loses to a job leaves nothing behind', async () => {
    const [key = ''] = await recordKeysOf(life.site, library, REPLACED);
    await life.site.removeValue(key);
    await life.site.removeValue(documentsKey(library.id, small, 0));
    const verified = await verify();
    const losing = life.site.run((platform) => {
      const { entities } = platform;
      const transact: typeof entities.transact = async () => {
        await rewriteManifest(life.site, 'rules', (manifest) => ({ ...manifest, generation: 9 }));
        return false;
      };
      return repairLibrary({ ...platform, entities: { ...entities, transact } }, verified);
    });
    const before = await life.site.keys();
    expect(await codeRejectedBy(losing)).toBe('publish_lost');
    expect(await life.site.keys()).toEqual(before);
  });

  it('leaves one table and one set of tombstones, not those of before', async () => {
    await life.site.removeValue(documentsKey(library.id, large, 0));
    await repair(await verify());
    expect(await keysLike(life.site, TOMBSTONES_KEY)).toHaveLength(1);
    expect(await keysLike(life.site, DOCUMENTS_KEY)).toHaveLength(2);
  });
});

describe('the plan of a repair', () => {
  const key = (segment: string, kind: string) => `l:0123456789abcdef:s:${segment}:${kind}:0`;
  const finding = (code: string, at: string, document?: string): Finding => ({
    ...{ code, key: at, what: 'damaged' },
    ...(document === undefined ? {} : { document }),
  });

  it('is made of findings alone', () => {
    const plan = planRepair([
      finding('value_missing', key('aa', 'p')),
      finding('value_corrupt', key('aa', 'd')),
      finding('value_missing', key('bb', 'd')),
      finding('count_mismatch', key('cc', 'd')),
      finding('rows_mismatch', 'l:0123456789abcdef:s:dd:'),
      finding('value_missing', 'l:0123456789abcdef:r:ee:7', 'a.md'),
      finding('record_mismatch', 'l:0123456789abcdef:r:ee:8', 'a.md'),
      finding('value_missing', 'l:0123456789abcdef:r:ff:1'),
      finding('value_corrupt', 'q:0123456789abcdef'),
    ]);
    expect(plan).toEqual({
      sealed: new Set(['aa', 'cc', 'dd']),
      tables: new Set(['aa', 'bb']),
      lost: new Set(['a.md']),
      manifest: false,
      questions: true,
    });
    expect(planRepair([]).questions).toBe(false);
    expect(planRepair([finding('manifest_mismatch', '0123456789abcdef')]).manifest).toBe(true);
  });
});
