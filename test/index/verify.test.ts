/** Verifying a library: nothing is found where nothing is amiss, and every damage is, by its key. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LibraryEntry } from '../../src/index/catalogue';
import type { Finding } from '../../src/index/findings';
import { centroidsKey, documentsKey, listKey, tombstonesKey } from '../../src/index/keys';
import { restorePrevious } from '../../src/index/restore';
import type { SegmentDescriptor } from '../../src/index/segment';
import {
  type VerifyCursor,
  type VerifyStep,
  verifyLibrary,
  verifyStep,
} from '../../src/index/verify';
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
import {
  BASE,
  DELETED,
  EDITED,
  type LibraryLife,
  openLibraryLife,
  REPLACED,
} from '../support/library-life';
import { clusteredVectors } from '../support/random-vectors';
import { inDocuments, openVectorSite, range } from '../support/vector-site';

let life: LibraryLife;
let library: LibraryEntry;
let large: SegmentDescriptor;
let small: SegmentDescriptor;
/** A large clustered segment with tombstones, and a small flat one. */
beforeEach(async () => {
  life = await openLibraryLife();
  await life.index({ [EDITED]: [300, 301] });
  await refresh();
});
afterEach(() => life.close());

async function refresh(): Promise<void> {
  library = await life.library();
  [large, small] = library.segments as [SegmentDescriptor, SegmentDescriptor];
}

const verify = (unitsMax = 1_000) =>
  life.site.run((platform) => verifyLibrary(platform, 'rules', { unitsMax }));
const step = (cursor?: VerifyCursor, unitsMax = 1) =>
  life.site.run((platform) => verifyStep(platform, 'rules', cursor, { unitsMax }));
const summaryOf = (findings: readonly Finding[]) =>
  findings.map(({ code, key, document }) => [
    code,
    key,
    ...(document === undefined ? [] : [document]),
  ]);

/** Keys of one value of every kind, live and of the segment named. */
const KEYS: [string, () => Promise<string> | string][] = [
  ['a list of a clustered segment', () => listKey(library.id, large.id, 2)],
  ['a list of a flat segment', () => listKey(library.id, small.id, 0)],
  ['a document table', () => documentsKey(library.id, large, 0)],
  ['tombstones', () => tombstonesKey(library.id, large.id, large.tombstones?.job ?? '')],
];

describe('a library in which nothing is amiss', () => {
  it('is verified without a finding, after whatever befell it', async () => {
    const work: (() => Promise<unknown>)[] = [
      () => life.index({ [REPLACED]: [302], 'new.md': [303, 304] }),
      () => life.remove(DELETED),
      () => life.index(inDocuments(range(310, 340), { prefix: 'more', chunks: 3 })),
      () => life.site.run((platform) => restorePrevious(platform, { library: 'rules' })),
      () => life.site.sweepLater(),
      () => life.remove(EDITED),
    ];
    for (const next of work) {
      expect(await verify()).toMatchObject({ library: 'rules', findings: [] });
      await next();
    }
    const { checked, generation, findings } = await verify();
    const segments = await life.segments();
    const chunks = segments.reduce((sum, s) => sum + s.chunks - (s.tombstones?.chunks ?? 0), 0);
    expect({ findings, generation, chunks: checked.chunks }).toEqual({
      ...{ findings: [], generation: 7, chunks },
    });
    expect(checked.values).toBeGreaterThan(chunks);
  });

  it('is verified in as many small steps as wanted, with the same outcome', async () => {
    const whole = await verify();
    let cursor: VerifyCursor | undefined;
    let [steps, chunks] = [0, 0];
    do {
      const next: VerifyStep = await step(cursor);
      expect(next).toMatchObject({ generation: 2, findings: [], isRestarted: false });
      // As a job would store it between two functions.
      cursor = next.cursor && (JSON.parse(JSON.stringify(next.cursor)) as VerifyCursor);
      expect(JSON.stringify(cursor ?? null).length).toBeLessThan(200);
      chunks += next.checked.chunks;
      steps += 1;
    } while (cursor !== undefined);
    expect(steps).toBeGreaterThan(3);
    expect(chunks).toBe(whole.checked.chunks);
    expect(chunks).toBe(198);
  });

  it('is read in steps of about the units given', async () => {
    const { reading } = await life.site.measure(() => step(undefined, 5));
    expect(reading.readUnits).toBeLessThan(5 + 25);
    const all = await life.site.measure(() => verify(10_000));
    expect(all.reading.readUnits).toBeLessThan(100);
  });

  it('has nothing amiss either when it is empty, and must be there', async () => {
    for (const { name } of [...Object.keys(BASE)].map((name) => ({ name })))
      await life.remove(name);
    expect(await verify()).toMatchObject({ findings: [], checked: { values: 0, chunks: 0 } });
    const absent = life.site.run((platform) =>
      verifyStep(platform, 'x', undefined, { unitsMax: 1 }),
    );
    expect(await codeRejectedBy(absent)).toBe('library_unknown');
  });
});

describe('a value that is damaged', () => {
  it.each(
    KEYS.flatMap(([what, keyOf]) => DAMAGES.map((damage) => [what, ...damage, keyOf] as const)),
  )('%s %s: %s', async (_what, _how, code, damage, keyOf) => {
    const key = await keyOf();
    await damage(life.site, key);
    expect(summaryOf((await verify()).findings)).toEqual([[code, key]]);
  });

  it.each(DAMAGES)('a record %s: %s, with the name of its document', async (_how, code, damage) => {
    const [key = '', other = ''] = await recordKeysOf(life.site, library, REPLACED);
    await damage(life.site, key);
    expect(summaryOf((await verify()).findings)).toEqual([[code, key, REPLACED]]);
    await damage(life.site, other);
    expect(summaryOf((await verify()).findings)).toHaveLength(2);
  });

  it('is found in every step that comes to it, once', async () => {
    const keys = await Promise.all(KEYS.map(([, keyOf]) => keyOf()));
    for (const key of keys) await life.site.replaceValue(key, 'damaged');
    const whole = summaryOf((await verify()).findings);
    const [key = ''] = Object.keys(BASE);
    expect(key).not.toBe('');
    expect(summaryOf((await verify(1)).findings)).toEqual(whole);
    expect(whole.map(([, at]) => at).sort()).toEqual([...keys].sort());
  });

  it('is found in records too where the document table is damaged', async () => {
    const [record = ''] = await recordKeysOf(life.site, library, REPLACED);
    await life.site.removeValue(record);
    await life.site.removeValue(documentsKey(library.id, large, 0));
    const { findings, checked } = await verify();
    expect(summaryOf(findings)).toEqual([
      ['value_missing', documentsKey(library.id, large, 0)],
      ['value_missing', record],
    ]);
    expect(checked.chunks).toBe(198);
  });

  it.each([
    ...KEYS,
    ['a record', async () => (await recordKeysOf(life.site, library, REPLACED))[0]],
  ])('by a later version is told from damage: %s', async (_, keyOf) => {
    const key = (await (keyOf as () => Promise<string> | string)()) ?? '';
    await writeNewer(life.site, key);
    const [finding, ...more] = (await verify()).findings;
    expect(more).toEqual([]);
    expect(finding).toMatchObject({ code: 'format_newer', key, what: 'stored in format 1' });
  });

  it('is a part of a centroid table of its own, or the one in the catalogue', async () => {
    const wide = await openVectorSite(
      clusteredVectors(1_600, 512, { seed: 83, clusters: 30, spread: 0.8 }),
    );
    await wide.index(inDocuments(range(0, 1_600), { prefix: 'd', chunks: 10 }));
    const { id, segments } = await wide.library();
    const [segment] = segments as [SegmentDescriptor];
    const key = centroidsKey(id, segment.id, 0);
    const found = () =>
      wide.site.run((platform) => verifyLibrary(platform, 'rules', { unitsMax: 10_000 }));
    expect(segment.table).toHaveLength(1);
    expect((await found()).findings).toEqual([]);
    await wide.site.removeValue(key);
    expect(summaryOf((await found()).findings)).toEqual([['value_missing', key]]);
    await wide.close();

    const inline = String(large.table);
    const table = `${inline.slice(0, 40)}${inline[40] === 'A' ? 'B' : 'A'}${inline.slice(41)}`;
    const truncated = inline.slice(0, -8);
    for (const changed of [table, truncated]) {
      await rewriteDescriptor(life.site, 'rules', ([first, ...rest]) => [
        { ...(first as SegmentDescriptor), table: changed },
        ...rest,
      ]);
    }
    expect(summaryOf((await verify()).findings)).toEqual([
      ['value_corrupt', centroidsKey(library.id, large.id, 0)],
    ]);
  });
});

describe('a value that a faulty writer wrote', () => {
  /** But for sizes: a checksum that was made anew may have a digit more or less. */
  const findings = async () =>
    (await verify()).findings.filter(({ code }) => code !== 'size_mismatch');
  const codesAt = async () => summaryOf(await findings()).map(([code, key]) => [code, key]);
  const prefix = (segment: SegmentDescriptor) => `l:${library.id}:s:${segment.id}:`;

  it.each([
    ['another start', 0, 1],
    ['another end', 1, 1],
    ['another record', 3, 500],
  ])('a document table that gives a chunk %s', async (_, at, more) => {
    const key = documentsKey(library.id, small, 0);
    await rewriteJson(life.site, 'documents', key, (json) => {
      const table = json as { documents: [string, string, number[], string][] };
      const numbers = table.documents[0]?.[2] as number[];
      numbers[at] = (numbers[at] as number) + more;
      return table;
    });
    const codes = (await codesAt()).map(([code]) => code);
    expect(codes).toContain('rows_mismatch');
  });

  it('a document table in which a chunk is of another text', async () => {
    const key = documentsKey(library.id, small, 0);
    await rewriteJson(life.site, 'documents', key, (json) => {
      const table = json as { documents: [string, string, number[], string][] };
      const row = table.documents[0] as [string, string, number[], string];
      row[3] = `AAAAAAAAAAA${row[3].slice(11)}`;
      return table;
    });
    const [record = ''] = await recordKeysOf(life.site, library, EDITED);
    expect(summaryOf(await findings())).toEqual([['record_mismatch', record, EDITED]]);
  });

  it('a document table that has lost a document', async () => {
    const key = documentsKey(library.id, large, 0);
    await rewriteJson(life.site, 'documents', key, (json) => {
      const table = json as { documents: unknown[] };
      return { ...table, documents: table.documents.slice(0, -1) };
    });
    const codes = (await verify()).findings.map(({ code }) => code);
    expect(codes).toContain('size_mismatch');
    expect(codes).toContain('count_mismatch');
  });

  it('a record of another document, of other dimensions, or of another text', async () => {
    const keys = await recordKeysOf(life.site, library, REPLACED);
    const [first = '', second = '', third = '', fourth = ''] = keys;
    const changes: [string, number, unknown][] = [
      [first, 0, 'other.md'],
      [second, 3, 'Another text.'],
      [third, 6, 'AAAA'],
      [fourth, 5, 0],
    ];
    for (const [key, at, value] of changes) {
      await rewriteJson(life.site, 'record', key, (json) => (json as unknown[]).with(at, value));
    }
    expect(summaryOf((await verify()).findings)).toEqual([
      ['record_mismatch', first, REPLACED],
      ['record_mismatch', second, REPLACED],
      ['value_corrupt', third, REPLACED],
      ['record_mismatch', fourth, REPLACED],
    ]);
  });

  it('a record that is JSON of another shape', async () => {
    const [key = ''] = await recordKeysOf(life.site, library, REPLACED);
    for (const json of [null, [], {}, [1, 2, 3, 4, 5, 6, 7], ['a', null, '', '', '', 1, null]]) {
      await rewriteJson(life.site, 'record', key, () => json);
      expect(summaryOf((await verify()).findings)).toEqual([['value_corrupt', key, REPLACED]]);
    }
  });

  it('tombstones that cover another document, or one more', async () => {
    const key = tombstonesKey(library.id, large.id, large.tombstones?.job ?? '');
    await rewriteBytes(life.site, 'tombstones', key, (bytes) => {
      bytes[4] = (bytes[4] as number) ^ 1;
      return bytes;
    });
    const [first] = await findings();
    expect(first?.code).toBe('count_mismatch');
    expect(first?.what).toBe('2 documents deleted, the descriptor says 1');
  });

  it('a list in which a row stands twice and another not at all', async () => {
    const key = listKey(library.id, small.id, 0);
    await rewriteBytes(life.site, 'list', key, (bytes) => {
      // The last three columns of u24: records, starts, lengths of two rows.
      for (const column of [18, 12, 6]) {
        bytes.copyWithin(
          bytes.length - column + 3,
          bytes.length - column,
          bytes.length - column + 3,
        );
      }
      return bytes;
    });
    expect(await codesAt()).toEqual([['rows_mismatch', prefix(small)]]);
  });

  it.each([
    ['chunks', { chunks: 3 }],
    ['documents', { documents: 2 }],
    ['bytes of a list', { lists: [999] }],
    ['bytes of the document table', { documentBytes: [999] }],
  ])('a catalogue that says otherwise of %s', async (_, change) => {
    await rewriteDescriptor(life.site, 'rules', ([first, second]) => [
      first as SegmentDescriptor,
      { ...(second as SegmentDescriptor), ...change },
    ]);
    const codes = (await verify()).findings.map(({ code }) => code);
    expect(codes.length).toBeGreaterThan(0);
    for (const code of codes) expect(code).toMatch(/^(count|size)_mismatch$/);
  });

  it('a catalogue that says otherwise of lists and tombstones', async () => {
    const tombstones = { ...large.tombstones, documents: 2, chunks: 5 };
    await rewriteDescriptor(life.site, 'rules', ([first, second]) => [
      { ...first, listCount: large.listCount - 1, tombstones } as SegmentDescriptor,
      second as SegmentDescriptor,
    ]);
    const found = (await verify()).findings;
    const whats = found.map(({ what }) => what).join('\n');
    expect(whats).toContain(`${large.listCount} lists, the segment's descriptor says`);
    expect(whats).toContain('1 documents deleted, the descriptor says 2');
    expect(whats).toContain('4 rows of deleted documents, the descriptor says 5');
    expect(found.map(({ code }) => code)).toContain('rows_mismatch');
  });

  it('an index manifest that is not the catalogue’s', async () => {
    await rewriteManifest(life.site, 'rules', (manifest) => ({ ...manifest, generation: 9 }));
    expect((await verify()).findings).toEqual([
      { code: 'manifest_mismatch', key: library.id, what: 'generation 9, the catalogue says 2' },
    ]);
    await rewriteManifest(life.site, 'rules', (manifest) => ({
      ...{ ...manifest, generation: 2, segments: manifest.segments.slice(1) },
    }));
    expect(summaryOf((await verify()).findings)).toEqual([['manifest_mismatch', library.id]]);
    await rewriteManifest(life.site, 'rules', (manifest) => ({
      ...{ ...manifest, segments: [large, { ...small, spread: 1 }] },
    }));
    expect(await codesAt()).toEqual([['manifest_mismatch', prefix(small)]]);
    await rewriteManifest(life.site, 'rules', () => undefined);
    expect(summaryOf((await verify()).findings)).toEqual([['value_missing', library.id]]);
    await damageManifest(life.site, library.id);
    expect(summaryOf((await verify()).findings)).toEqual([['catalogue_corrupt', library.id]]);
  });
});

describe('a verification beside jobs', () => {
  it('begins anew when the library is published between two steps', async () => {
    const first = await step();
    expect(first.cursor).toBeDefined();
    await life.index({ 'new.md': [302] });
    const second = await step(first.cursor, 1_000);
    expect(second).toMatchObject({ generation: 3, isRestarted: true, findings: [] });
    expect(second).toMatchObject({ cursor: undefined, checked: { chunks: 199 } });
  });

  it('finds nothing missing that was swept while it read', async () => {
    let isDone = false;
    const overtaken = await life.site.run((platform) => {
      const { kv } = platform;
      const batchGet: typeof kv.batchGet = async (keys) => {
        if (!isDone) {
          isDone = true;
          await life.remove(DELETED);
        }
        return kv.batchGet(keys);
      };
      return verifyLibrary({ ...platform, kv: { ...kv, batchGet } }, 'rules', { unitsMax: 1_000 });
    });
    expect(overtaken).toMatchObject({ generation: 3, findings: [], checked: { chunks: 194 } });
  });

  it('gives up when it is overtaken again and again', async () => {
    let number = 320;
    const losing = life.site.run((platform) => {
      const { kv } = platform;
      const batchGet: typeof kv.batchGet = async (keys) => {
        number += 1;
        await life.index({ 'busy.md': [number] });
        return kv.batchGet(keys);
      };
      return verifyLibrary({ ...platform, kv: { ...kv, batchGet } }, 'rules', { unitsMax: 1 });
    });
    expect(await codeRejectedBy(losing)).toBe('publish_lost');
  });
});
