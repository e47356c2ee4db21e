/** The words of a library: what is read of them is what its texts have, through whatever befalls it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nameWords } from '../../src/analysis/name-words';
import { analyze } from '../../src/analysis/terms';
import { createCodeCaches } from '../../src/index/code-cache';
import { loadPlaces, loadPostings } from '../../src/index/lexical-postings';
import { loadRecords, loadSegmentDocuments } from '../../src/index/reader';
import { loadHeads, type SegmentHead } from '../../src/index/segment-heads';
import { verifyLibrary } from '../../src/index/verify';
import { keysLike } from '../support/index-site';
import { namedKeys } from '../support/stored-keys';
import {
  CHUNKS_PER_DOCUMENT,
  DOCUMENTS,
  EVERYWHERE,
  nameOf,
  openWordSite,
  textOf,
  type WordSite,
  wordTexts,
} from '../support/word-site';

let words: WordSite;
beforeAll(async () => {
  words = await openWordSite();
  await words.index(wordTexts());
});
afterAll(() => words.site.close());

interface Model {
  head: SegmentHead;
  /** Of each row, how often each term stands in it. */
  rows: Map<string, number>[];
  lengths: number[];
  places: { start: number; end: number; job: string; record: number }[];
  documentOfRow: number[];
  /** Of each document, terms of title and name. */
  titles: Map<string, number>[];
}

const count = (terms: readonly string[]) => {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
};

/** What each segment must say, from document table and records alone. */
function models(): Promise<Model[]> {
  return words.site.run(async ({ kv }) => {
    const library = await words.library();
    const heads = await loadHeads(kv, [library]);
    const result: Model[] = [];
    for (const head of heads) {
      const [segment] = await loadSegmentDocuments(kv, library.id, [head.descriptor]);
      const documents = (segment?.documents ?? []).filter(({ name }) => name !== '');
      const model: Model = {
        ...{ head, rows: [], lengths: [], places: [], documentOfRow: [], titles: [] },
      };
      for (const [ordinal, { name, chunks }] of documents.entries()) {
        const records = await loadRecords(
          kv,
          chunks.map((chunk) => ({ library, chunk })),
        );
        for (const [i, { lead, text, trail }] of records.entries()) {
          const terms = analyze(`${lead}${text}${trail}`);
          model.rows.push(count(terms));
          model.lengths.push(terms.length);
          const { start, end, job, record } = chunks[i] as (typeof chunks)[number];
          model.places.push({ start, end, job, record });
          model.documentOfRow.push(ordinal);
        }
        const [title = ''] = records[0]?.headings ?? [];
        model.titles.push(count([...analyze(title), ...analyze(nameWords(name))]));
      }
      result.push(model);
    }
    return result;
  });
}

describe('a library that is indexed for its words', () => {
  it('asks no provider, pays nothing, and has segments without lists', async () => {
    expect(words.site.server.requests).toEqual([]);
    const library = await words.library();
    expect(library.fingerprint).toMatchObject({ embedder: 'lexical', dimensions: 0 });
    const [segment] = library.segments;
    expect(segment).toMatchObject({ kind: 'flat', listCount: 0, lists: [], table: [], spread: 0 });
    expect(segment?.chunks).toBe(DOCUMENTS * CHUNKS_PER_DOCUMENT);
    expect(await keysLike(words.site, /:s:[0-9a-f]+:p:/)).toEqual([]);
  });

  it('has a table, buckets and places in values of their own', async () => {
    const [{ head }] = (await models()) as [Model];
    const { columns, inline } = head.lexical as NonNullable<typeof head.lexical>;
    expect(inline).toBeUndefined();
    expect(columns.hashes.length).toBeGreaterThan(0);
    expect(columns.bucketSizes.length).toBeGreaterThan(1);
    expect(head.descriptor.lexical.places).toBe(Math.ceil(columns.rows / 64));
  });

  it('says of each row how long it is, where it stands, and of which record and document', async () => {
    const [model] = (await models()) as [Model];
    const { head, places, lengths } = model;
    const lexical = head.lexical as NonNullable<typeof head.lexical>;
    expect([...lexical.documentOfRow]).toEqual(model.documentOfRow);
    const rows = places.map((_, row) => row);
    const found = await words.site.run(({ kv }) =>
      loadPlaces(
        kv,
        rows.map((row) => ({ head, row })),
      ),
    );
    expect(found.map((place, row) => ({ ...place, ...lexical.recordOf(row) }))).toEqual(places);
    expect(places.map((place) => lexical.rowOf(place))).toEqual(rows);
    expect(lexical.rowOf({ job: '0'.repeat(16), record: 0 })).toBeUndefined();
    expect(lexical.rowOf({ job: places[0]?.job ?? '', record: 100_000 })).toBeUndefined();
    const sum = (numbers: Iterable<number>) => [...numbers].reduce((a, b) => a + b, 0);
    expect(sum(lexical.rowLengths)).toBeCloseTo(sum(lengths), 0);
    expect(lexical.meanRowLength).toBeCloseTo(sum(lengths) / rows.length, 3);
    expect(lexical.meanDocumentLength).toBeCloseTo(sum(lengths) / DOCUMENTS, 3);
    for (const [row, length] of lexical.rowLengths.entries()) {
      expect(Math.abs(length - (lengths[row] as number))).toBeLessThan(8);
    }
  });

  it('gives the postings of every term, in one round trip', async () => {
    const [{ head, rows, titles }] = (await models()) as [Model];
    const lexical = head.lexical as NonNullable<typeof head.lexical>;
    const terms = [...new Set([...rows, ...titles].flatMap((counts) => [...counts.keys()]))];
    expect(terms.length).toBeGreaterThan(2_000);
    const wanted = [...terms, 'absent'].map((term) => ({ head, term }));
    const loaded = await words.site.run(({ kv }) => loadPostings(kv, wanted));
    for (const [i, postings] of loaded.entries()) {
      const term = wanted[i]?.term ?? '';
      const expected = rows.flatMap((counts, row) =>
        counts.has(term) ? [[row, Math.min(4, counts.get(term) ?? 0)]] : [],
      );
      const inTitles = titles.flatMap((counts, ordinal) =>
        counts.has(term) ? [{ ordinal, frequency: Math.min(4, counts.get(term) ?? 0) }] : [],
      );
      const found = [...postings.rows].map((row, at) => [row, postings.frequencies[at]]);
      expect(found, term).toEqual(expected);
      expect(postings, term).toMatchObject({
        ...{ term, titles: inTitles, documentFrequency: expected.length },
      });
      const known = lexical.documentFrequency(term);
      if (known === undefined) expect(expected.length).toBeLessThan(lexical.rareBelow);
      else expect(known).toBe(expected.length);
    }
    expect(lexical.documentFrequency(EVERYWHERE)).toBe(rows.length);
    const trips = await words.site.measure(({ kv }) => loadPostings(kv, wanted.slice(0, 40)));
    expect(trips.reading).toMatchObject({ roundTrips: 1 });
    expect(trips.reading.requests).toBeLessThanOrEqual(2);
  });

  it('is looked up in what the cache keeps, without a read', async () => {
    const cache = createCodeCaches({ bytesMax: 1e7, ageMsMax: 1e9, now: () => 0 }).of('acme');
    const library = await words.library();
    const once = () =>
      words.site.measure(async ({ kv }) => {
        const [head] = (await loadHeads(kv, [library], cache)) as [SegmentHead];
        const wanted = ['w3x', 'w50x', EVERYWHERE].map((term) => ({ head, term }));
        return loadPostings(kv, wanted, cache);
      });
    const cold = await once();
    const warm = await once();
    expect(cold.reading.requests).toBe(2);
    expect(warm.reading.requests).toBe(0);
    expect(warm.result).toEqual(cold.result);
  });
});

describe('what befalls a library of words', () => {
  const verify = () =>
    words.site.run((platform) => verifyLibrary(platform, 'words', { unitsMax: 1_000 }));
  const stored = async () => (await words.site.keys()).sort();

  it('an edit adds a small segment with all its words in one value', async () => {
    await words.index({ [nameOf(3)]: `# Only ${EVERYWHERE}\n\nOne rollback.` });
    const all = await models();
    expect(all).toHaveLength(2);
    const [, small] = all as [Model, Model];
    expect(small.head.descriptor.lexical).toMatchObject({ values: 0, places: 0 });
    const [, head] = all.map((model) => model.head) as [SegmentHead, SegmentHead];
    const wanted = ['rollback', EVERYWHERE, 'absent'].map((term) => ({ head, term }));
    const { result, reading } = await words.site.measure(({ kv }) => loadPostings(kv, wanted));
    expect(reading.requests).toBe(0);
    expect(result.map(({ rows, titles }) => [[...rows], titles])).toEqual([
      [[0], []],
      [[0], [{ ordinal: 0, frequency: 1 }]],
      [[], []],
    ]);
    const places = await words.site.measure(({ kv }) => loadPlaces(kv, [{ head, row: 0 }]));
    expect(places.result).toEqual([{ start: 0, end: 29 }]);
    expect(places.reading.requests).toBe(0);
    expect((await verify()).findings).toEqual([]);
    expect(await stored()).toEqual((await namedKeys(words.site)).keys);
  });

  it('compaction seals its words again, and leaves nothing of the segments before', async () => {
    for (let seed = 2; seed < 9; seed += 1) {
      const edited = Array.from({ length: 4 }, (_, i) => 7 * seed - 4 + i);
      const texts = Object.fromEntries(edited.map((i) => [nameOf(i % DOCUMENTS), textOf(i, seed)]));
      await words.index(texts);
    }
    const library = await words.library();
    const live = library.segments.reduce(
      (sum, { chunks, tombstones }) => sum + chunks - (tombstones?.chunks ?? 0),
      0,
    );
    expect(live).toBe(DOCUMENTS * CHUNKS_PER_DOCUMENT);
    expect((await verify()).findings).toEqual([]);
    await words.site.sweepLater('words');
    expect(await stored()).toEqual((await namedKeys(words.site)).keys);
  });

  it('synchronising takes away documents, and leaves no value that is not named', async () => {
    await words.index(wordTexts(0, 20), { sync: true });
    expect((await verify()).findings).toEqual([]);
    expect(await stored()).toEqual((await namedKeys(words.site)).live);
  });
});
