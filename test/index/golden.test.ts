/**
 * Stored values of format 0 as they were once written: the decoders of today open them, and the
 * encoders of today write the same bytes again, from what was decoded and from the data they were
 * made of.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  catalogueValue,
  loadCatalogue,
  loadManifest,
  manifestValue,
} from '../../src/index/catalogue';
import { decodeCentroidTable, encodeCentroidTable } from '../../src/index/centroid-table';
import { decodeDocuments, encodeDocuments } from '../../src/index/document-table';
import { openBytes, sealValue, type ValueKind } from '../../src/index/envelope';
import {
  type GivenQuestion,
  type GoldenQuestion,
  loadGoldenQuestions,
  saveGoldenQuestions,
} from '../../src/index/golden-questions';
import { MANIFEST_ENTITY } from '../../src/index/keys';
import { decodeLexicalColumns, encodeLexicalColumns } from '../../src/index/lexical-columns';
import { decodePlaces, encodePlaces } from '../../src/index/places';
import { decodePostingList, encodePostingList } from '../../src/index/posting-list';
import { decodePostings, listOf } from '../../src/index/postings-value';
import { decodeRecord, encodeRecord } from '../../src/index/record';
import { toBytesItem } from '../../src/index/stored-item';
import { decodeTombstones, encodeTombstones } from '../../src/index/tombstones';
import type { EntityStore, JsonValue, KeyValueStore } from '../../src/platform/ports';
import {
  CATALOGUE,
  DOCUMENTS,
  encodedPostings,
  type GoldenValue,
  goldenText,
  goldenValues,
  LEXICAL,
  LIBRARY,
  LIST_64,
  LIST_100,
  MANIFEST,
  PLACES,
  POSTINGS,
  QUESTIONS,
  RECORD,
  TABLE,
  TOMBSTONES,
} from '../support/golden-values';
import { ROOT } from '../support/project-files';
import { chunksOf } from '../support/stored-values';

const FOLDER = join(ROOT, 'test', 'golden', 'v0');
const names = readdirSync(FOLDER).map((file) => file.replace(/\.json$/, ''));

function golden(name: string): GoldenValue {
  const text = readFileSync(join(FOLDER, `${name}.json`), 'utf8');
  return { name, ...(JSON.parse(text) as { key: string; value: JsonValue }) };
}

/** The bytes of a value, and the value that other bytes would be stored as. */
function binary(name: string, kind: ValueKind) {
  const { key, value } = golden(name);
  const bytes = openBytes(kind, key, value);
  const seal = (again: Uint8Array) => toBytesItem(kind, key, again).value;
  return { key, value, bytes, seal };
}

const expectSame = (written: JsonValue, stored: JsonValue) =>
  expect(JSON.stringify(written)).toBe(JSON.stringify(stored));

/** A store of one entity. */
const storeOf = ({ value }: GoldenValue) => ({ get: async () => value }) as unknown as EntityStore;

/** A kept question as it was given. */
function asGiven({ text, document, quote }: GoldenQuestion): GivenQuestion {
  const expected = document === null ? { nothingApplies: true } : { document };
  return { text, ...expected, ...(quote === null ? {} : { quote }) };
}

describe('golden values', () => {
  it('are written today as they were, of every kind', () => {
    const written = goldenValues();
    expect(written.map(({ name }) => name).sort()).toEqual([...names].sort());
    for (const value of written) {
      const stored = readFileSync(join(FOLDER, `${value.name}.json`), 'utf8');
      expect(goldenText(value)).toBe(stored);
    }
  });

  it.each([
    ['list-64', LIST_64],
    ['list-100', LIST_100],
  ])('%s: a posting list', (name, list) => {
    const { key, value, bytes, seal } = binary(name, 'list');
    const decoded = decodePostingList(key, bytes, list.dimensions);
    const { factors, offsets, ...exact } = list;
    expect(decoded).toMatchObject(exact);
    for (let i = 0; i < list.count; i += 1) {
      expect(decoded.factors[i]).toBeCloseTo(factors[i] as number, 3);
      expect(decoded.offsets[i]).toBeCloseTo(offsets[i] as number, 3);
    }
    expectSame(seal(encodePostingList(decoded)), value);
  });

  it('a centroid table', () => {
    const { key, value, bytes, seal } = binary('centroids', 'centroids');
    const expected = { dimensions: TABLE.dimensions, chunks: chunksOf(TABLE) };
    const decoded = decodeCentroidTable([{ key, bytes }], expected);
    const { scales, radii, ...exact } = TABLE;
    expect(decoded).toMatchObject(exact);
    for (let i = 0; i < TABLE.lists; i += 1) {
      expect(decoded.scales[i]).toBeCloseTo(scales[i] as number, 4);
      expect(decoded.radii[i]).toBeCloseTo(radii[i] as number, 4);
    }
    expectSame(seal(encodeCentroidTable(decoded)[0] as Uint8Array), value);
  });

  it('tombstones', () => {
    const { key, value, bytes, seal } = binary('tombstones', 'tombstones');
    const decoded = decodeTombstones(key, bytes, { documents: TOMBSTONES.documents });
    expect(decoded).toEqual(TOMBSTONES);
    expectSame(seal(encodeTombstones(decoded)), value);
  });

  it('a head of words', () => {
    const { key, value, bytes, seal } = binary('lexical', 'lexical');
    const expected = { rows: LEXICAL.rows, documents: LEXICAL.documents, values: 7 };
    const decoded = decodeLexicalColumns(key, bytes, expected);
    expect(decoded).toEqual(LEXICAL);
    expectSame(seal(encodeLexicalColumns(decoded)), value);
  });

  it('a value of postings', () => {
    const { key, value, bytes, seal } = binary('postings', 'postings');
    const limits = { rows: 100_001, documents: 5 };
    const decoded = decodePostings(key, bytes, limits, { buckets: 16, bucket: 4 });
    expect(POSTINGS.map(({ hash }) => listOf(key, decoded, hash))).toEqual(POSTINGS);
    expectSame(seal(encodedPostings()), value);
  });

  it('places', () => {
    const { key, value, bytes, seal } = binary('places', 'places');
    const decoded = decodePlaces(key, bytes, { rows: PLACES.length });
    expect(decoded).toEqual(PLACES);
    expectSame(seal(encodePlaces(decoded)), value);
  });

  it('a document table', () => {
    const { key, value } = golden('documents');
    const decoded = decodeDocuments([{ key, value }], {
      documents: DOCUMENTS.length,
      chunks: 5,
      liveChunks: 3,
    });
    expect(decoded).toEqual(DOCUMENTS);
    const [body] = encodeDocuments(decoded);
    expectSame(sealValue('documents', key, body as string), value);
  });

  it('a record', () => {
    const { key, value } = golden('record');
    const decoded = decodeRecord(key, value, RECORD.vector.values.length);
    expect(decoded).toEqual(RECORD);
    expectSame(encodeRecord(key, decoded), value);
  });

  it('golden questions', async () => {
    const { key, value } = golden('questions');
    const stored = new Map<string, JsonValue>([[key, value]]);
    const kv = {
      get: async (one: string) => stored.get(one),
      set: async (one: string, other: JsonValue) => void stored.set(one, other),
    } as unknown as KeyValueStore;
    const questions = await loadGoldenQuestions({ kv }, LIBRARY);
    expect(questions).toEqual(QUESTIONS);
    await saveGoldenQuestions({ kv }, LIBRARY, questions.map(asGiven));
    expectSame(stored.get(key) ?? null, value);
  });

  it('the catalogue', async () => {
    const stored = golden('catalogue');
    const decoded = await loadCatalogue(storeOf(stored));
    expect(decoded).toEqual(CATALOGUE);
    expectSame(catalogueValue(decoded), stored.value);
  });

  it('an index manifest', async () => {
    const stored = golden('manifest');
    expect(stored.key).toBe(LIBRARY);
    const decoded = await loadManifest(storeOf(stored), LIBRARY);
    expect(decoded, MANIFEST_ENTITY).toEqual(MANIFEST);
    expectSame(manifestValue(decoded as typeof MANIFEST), stored.value);
  });
});
