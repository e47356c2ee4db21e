/** Words that are damaged: each damage is found by its key, and mended from the records. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LibraryEntry } from '../../src/index/catalogue';
import { openBytes } from '../../src/index/envelope';
import { documentsKey, lexicalKey, placesKey, postingsKey } from '../../src/index/keys';
import { LEXICAL_HEADER } from '../../src/index/lexical-columns';
import { openLexicalHead } from '../../src/index/lexical-head';
import { repairLibrary } from '../../src/index/repair';
import type { SegmentDescriptor } from '../../src/index/segment';
import { verifyLibrary } from '../../src/index/verify';
import {
  DAMAGES,
  recordKeysOf,
  rewriteBytes,
  rewriteDescriptor,
  writeNewer,
} from '../support/damage';
import { namedKeys } from '../support/stored-keys';
import { DOCUMENTS, nameOf, openWordSite, type WordSite, wordTexts } from '../support/word-site';

let words: WordSite;
let library: LibraryEntry;
let segment: SegmentDescriptor;
let buckets: number;
beforeEach(async () => {
  words = await openWordSite();
  await words.index(wordTexts());
  library = await words.library();
  [segment] = library.segments as [SegmentDescriptor];
  const key = lexicalKey(library.id, segment.id, 0);
  const bytes = openBytes('lexical', key, await words.site.valueAt(key));
  buckets = openLexicalHead(library.id, segment, [bytes]).columns.bucketSizes.length;
});
afterEach(() => words.site.close());

const verify = (unitsMax = 1_000) =>
  words.site.run((platform) => verifyLibrary(platform, 'words', { unitsMax }));
const found = async () => (await verify()).findings.map(({ code, key }) => [code, key]);

const KEYS: [string, () => string][] = [
  ['the head', () => lexicalKey(library.id, segment.id, 0)],
  ['a bucket', () => postingsKey(library.id, segment.id, 0)],
  ['the postings of a term', () => postingsKey(library.id, segment.id, buckets)],
  ['places', () => placesKey(library.id, segment.id, 1)],
];

/** Repairs what was found; nothing may be lost, amiss or left over then. */
async function expectMended(report: object, { isSwept = true } = {}): Promise<void> {
  const before = await verify();
  const repaired = await words.site.run((platform) => repairLibrary(platform, before));
  const documents = { before: DOCUMENTS, kept: DOCUMENTS, lost: 0 };
  expect(repaired).toMatchObject({ documents, lost: [], unnamed: 0, ...report });
  expect(await found()).toEqual([]);
  const { live } = await namedKeys(words.site);
  const stored = (await words.site.keys()).sort();
  if (isSwept) expect(stored).toEqual(live);
  else expect(stored).toEqual(expect.arrayContaining(live));
  expect(words.site.server.requests).toEqual([]);
}

describe('words that are damaged', () => {
  it.each(
    KEYS.flatMap(([what, keyOf]) => DAMAGES.map((damage) => [what, ...damage, keyOf] as const)),
  )('%s %s: %s, and is mended', async (_what, _how, code, damage, keyOf) => {
    await damage(words.site, keyOf());
    expect(await found()).toEqual([[code, keyOf()]]);
    await expectMended({ segments: 1, tables: 0 });
  });

  it.each(KEYS)('by a later version are told from damage: %s', async (_, keyOf) => {
    await writeNewer(words.site, keyOf());
    expect(await found()).toEqual([['format_newer', keyOf()]]);
  });

  it('are found in small steps as in one', async () => {
    for (const [, keyOf] of KEYS.slice(1)) await words.site.removeValue(keyOf());
    const whole = await found();
    expect(whole).toHaveLength(3);
    const steps = (await verify(1)).findings.map(({ code, key }) => [code, key]);
    expect(steps).toEqual(whole);
  });

  it.each(DAMAGES)(
    'leave a document table that %s to be made again from them',
    async (...damage) => {
      const key = documentsKey(library.id, segment, 0);
      await damage[2](words.site, key);
      expect(await found()).toEqual([[damage[1], key]]);
      const { checked } = await verify();
      expect(checked.chunks).toBe(segment.chunks);
      await expectMended({ segments: 0, tables: 1 });
    },
  );

  it('leave a record that is damaged to be told by its document', async () => {
    const [record = ''] = await recordKeysOf(words.site, library, nameOf(4));
    await words.site.removeValue(record);
    expect((await verify()).findings).toMatchObject([{ key: record, document: nameOf(4) }]);
  });
});

describe('words that a faulty writer wrote', () => {
  const rewrite = async (
    kind: 'lexical' | 'postings' | 'places',
    key: string,
    change: (bytes: Buffer) => Uint8Array,
  ) => {
    await rewriteBytes(words.site, kind, key, change);
    // But for sizes: a checksum that was made anew may have a digit more or less.
    const findings = (await verify()).findings.filter(({ code }) => code !== 'size_mismatch');
    return findings.map(({ code, what }) => `${code}: ${what}`);
  };
  const head = () => lexicalKey(library.id, segment.id, 0);

  it('a head that counts other postings', async () => {
    const all = await rewrite('lexical', head(), (bytes) => {
      bytes.writeUInt32LE(bytes.readUInt32LE(LEXICAL_HEADER.postings) + 1, LEXICAL_HEADER.postings);
      return bytes;
    });
    expect(all).toEqual([expect.stringMatching(/^count_mismatch: \d+ postings in its values/)]);
  });

  it('a head below whose limit other terms are not', async () => {
    const all = await rewrite('lexical', head(), (bytes) => {
      bytes.writeUInt32LE(2, LEXICAL_HEADER.rareBelow);
      return bytes;
    });
    expect(all.length).toBeGreaterThan(1);
    for (const one of all) expect(one).toMatch(/^count_mismatch: a term in \d+ rows, their head/);
  });

  it('a head whose rows are of other records', async () => {
    const all = await rewrite('lexical', head(), (bytes) => {
      // The last byte of the only run: its first record.
      bytes[bytes.length - 1] = 2;
      return bytes;
    });
    expect(all[0]).toBe('rows_mismatch: 300 of 300 rows are of no chunk of the document table');
  });

  it('a term under whose key another stands', async () => {
    const all = await rewrite('postings', postingsKey(library.id, segment.id, buckets), (bytes) => {
      bytes[2] = (bytes[2] as number) ^ 1;
      return bytes;
    });
    expect(all).toContain('count_mismatch: of another term');
  });

  it('a term that has lost a row', async () => {
    const all = await rewrite('postings', postingsKey(library.id, segment.id, buckets), (bytes) => {
      // Twice the rows in two bytes after the hash, and a posting of one byte at the end.
      const announced = (bytes[7] as number) - 128 + 128 * (bytes[8] as number) - 2;
      bytes[7] = (announced % 128) + 128;
      bytes[8] = Math.floor(announced / 128);
      return bytes.subarray(0, -1);
    });
    expect(all.join()).toMatch(/count_mismatch: a term in \d+ rows, their head says \d+/);
    expect(all.join()).toMatch(/count_mismatch: \d+ postings in its values/);
  });

  it('a place that is another', async () => {
    const all = await rewrite('places', placesKey(library.id, segment.id, 2), (bytes) => {
      // Some units later: the first bit above the sign that is not set.
      const first = bytes[0] as number;
      bytes[0] = first | ([2, 4, 8, 16, 32, 64].find((bit) => (first & bit) === 0) ?? 0);
      return bytes;
    });
    expect(all).toEqual([
      expect.stringMatching(/^rows_mismatch: \d+ of 64 places are not those of the document table/),
    ]);
  });

  it.each([
    ['values', { values: 1 }],
    ['places', { places: 1 }],
    ['bytes of the head', { headBytes: [999] }],
  ])('a catalogue that says otherwise of %s', async (_, change) => {
    await rewriteDescriptor(words.site, 'words', ([first]) => {
      const { lexical } = first as SegmentDescriptor;
      return [{ ...(first as SegmentDescriptor), lexical: { ...lexical, ...change } }];
    });
    expect((await verify()).findings.length).toBeGreaterThan(0);
    // What a descriptor does not name, nothing deletes but the look for orphans.
    await expectMended({ segments: 1 }, { isSwept: 'headBytes' in change });
  });
});
