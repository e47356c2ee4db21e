/** What words cost: values and units to write, units to read, at ten thousand chunks and more. */
import { describe, expect, it } from 'vitest';
import { assembleLexical } from '../../src/index/assemble-lexical';
import type { LibraryEntry } from '../../src/index/catalogue';
import { openBytes } from '../../src/index/envelope';
import { type LexicalHead, openLexicalHead } from '../../src/index/lexical-head';
import { loadPostings } from '../../src/index/lexical-postings';
import { readValues, writeValues } from '../../src/index/read-values';
import { type SegmentDescriptor, segmentKeys } from '../../src/index/segment';
import type { SegmentHead } from '../../src/index/segment-heads';
import { hashTerm } from '../../src/index/term-hash';
import { meterStore } from '../../src/platform/metered-store';
import type { JsonValue, KeyValueStore } from '../../src/platform/ports';
import { seededRandom } from '../../src/quantization/seeded-random';
import { LIBRARY, SEGMENT, wordOf, zipfLibrary, zipfRanks } from '../support/zipf-library';

const QUERIES = 100;
const QUERY_TERMS = 40;
/** Terms in more of the rows are not worth reading. */
const FREQUENT_SHARE = 0.3;
const HEAD_UNITS_MAX = 5;

/** A store in memory, of which only batches are used. */
function memoryStore(): KeyValueStore {
  const values = new Map<string, JsonValue>();
  return {
    batchGet: async (keys: readonly string[]) =>
      new Map(
        keys.flatMap((key) => (values.has(key) ? [[key, values.get(key) as JsonValue]] : [])),
      ),
    batchSet: async (items: readonly { key: string; value: JsonValue }[]) => {
      for (const { key, value } of items) values.set(key, value);
    },
  } as unknown as KeyValueStore;
}

interface Sealed {
  kv: KeyValueStore;
  descriptor: SegmentDescriptor;
  lexical: LexicalHead;
  values: number;
  writeUnits: number;
  headUnits: number;
}

async function seal(rows: number): Promise<Sealed> {
  const { documents, terms } = zipfLibrary(rows);
  const ids = { libraryId: LIBRARY, segmentId: SEGMENT };
  const { items, lexical } = assembleLexical({ ...ids, documents, terms: [terms] });
  const kv = memoryStore();
  const writing = meterStore(kv);
  await writeValues(writing.kv, items);
  const counts = { chunks: rows, documents: documents.length };
  const descriptor = { id: SEGMENT, ...counts, lexical, documentBytes: [], lists: [], table: [] };
  const segment = descriptor as unknown as SegmentDescriptor;
  const reading = meterStore(kv);
  const parts = await readValues(
    reading.kv,
    segmentKeys(LIBRARY, { ...segment, tombstones: null }).lexical,
  );
  const bytes = parts.map(({ key, value }) => openBytes('lexical', key, value));
  return {
    kv,
    descriptor: segment,
    lexical: openLexicalHead(LIBRARY, segment, bytes),
    values: items.length,
    writeUnits: writing.used().writeUnits,
    headUnits: reading.used().readUnits,
  };
}

/** Units of reading the head and the postings of a query's terms. */
async function unitsOfQueries({ kv, descriptor, lexical, headUnits }: Sealed): Promise<number[]> {
  const rank = zipfRanks(seededRandom(7));
  const library = { id: LIBRARY } as LibraryEntry;
  const head = { library, descriptor, lexical } as SegmentHead;
  const units: number[] = [];
  for (let query = 0; query < QUERIES; query += 1) {
    const terms = new Set<string>();
    while (terms.size < QUERY_TERMS) {
      const term = wordOf(rank());
      const rows = lexical.documentFrequency(term) ?? 0;
      if (rows <= FREQUENT_SHARE * lexical.rows) terms.add(term);
    }
    const reading = meterStore(kv);
    await loadPostings(
      reading.kv,
      [...terms].map((term) => ({ head, term })),
    );
    expect(reading.used().requests).toBeLessThanOrEqual(2);
    units.push(headUnits + reading.used().readUnits);
  }
  return units;
}

const mean = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length;

describe('the words of 10,000 chunks', () => {
  it('are read with at most ten units for forty terms, the head among them', async () => {
    const sealed = await seal(10_000);
    expect(sealed.headUnits).toBe(2);
    expect(sealed.lexical.columns.lengths.bits).toBe(4);
    const units = await unitsOfQueries(sealed);
    expect(mean(units)).toBeLessThanOrEqual(10);
    expect(Math.max(...units)).toBeLessThanOrEqual(10);
    // The records of as many chunks are 3,600 units.
    expect(sealed.writeUnits).toBeLessThan(250);
    expect(JSON.stringify(sealed.descriptor.lexical).length).toBeLessThan(100);
  });
});

describe('the words of few chunks', () => {
  it.each([1, 10, 40])('stand in one value, read with two units at most: %i', async (rows) => {
    const sealed = await seal(rows);
    expect(sealed.values).toBe(1);
    expect(sealed.headUnits).toBeLessThanOrEqual(2);
    expect(await unitsOfQueries(sealed)).toEqual(Array(QUERIES).fill(sealed.headUnits));
  });

  it.each([100, 300, 1_000])('are read with five units: %i', async (rows) => {
    const units = await unitsOfQueries(await seal(rows));
    expect(Math.max(...units)).toBeLessThanOrEqual(5);
  });
});

describe('a head', () => {
  it('is five units also of 100,000 chunks, with fewer classes of lengths', async () => {
    const { documents } = zipfLibrary(7);
    const [one] = documents;
    const many = Array.from({ length: 14_286 }, (_, i) => ({
      ...{ name: `d${i}.md`, hash: '' },
      chunks: Array.from({ length: 7 }, (__, c) => ({
        ...(one?.chunks[0] as NonNullable<typeof one>['chunks'][number]),
        record: 7 * i + c,
      })),
    }));
    const rows = 7 * many.length;
    const numbers = Uint32Array.from({ length: rows }, (_, row) => row);
    // Six hundred terms with lists of their own, as many as the table has room for and more.
    const random = seededRandom(5);
    const lists = Array.from({ length: 600 }, () => {
      const picked = new Set(Array.from({ length: 2_000 }, () => Math.floor(random() * rows)));
      return [...picked].sort((a, b) => a - b).map((row) => 4 * row);
    });
    const starts = [0];
    for (const list of lists) starts.push((starts.at(-1) as number) + list.length);
    const terms = {
      rows: numbers,
      lengths: numbers.map((row) => row % 97),
      hashes: Float64Array.from(lists, (_, i) => 1_700_000_000 * (i + 1)),
      starts: Uint32Array.from(starts),
      postings: Uint32Array.from(lists.flat()),
      titles: [],
    };
    const parts = { libraryId: LIBRARY, segmentId: SEGMENT, documents: many, terms: [terms] };
    const { items, lexical } = assembleLexical(parts);
    const bytes = items.filter(({ key }) => key.includes(':h:'));
    expect(bytes).toHaveLength(1);
    const descriptor = { id: SEGMENT, chunks: rows, documents: many.length, lexical };
    const opened = bytes.map(({ key, value }) => openBytes('lexical', key, value));
    const head = openLexicalHead(LIBRARY, descriptor, opened);
    expect(head.columns.hashes).toHaveLength(512);
    expect(head.columns.lengths.bits).toBe(1);
    expect(Math.ceil((bytes[0]?.bytes ?? 0) / 10_000)).toBeLessThanOrEqual(HEAD_UNITS_MAX);
  });

  it('says how many rows have a term whose postings would not fit a value', () => {
    const rows = 200_000;
    const numbers = Uint32Array.from({ length: rows }, (_, row) => row);
    const chunks = Array.from({ length: rows }, (_, record) => ({
      ...{ start: 0, end: 9, job: SEGMENT, record, hash: 'AAAAAAAAAAA' },
    }));
    const terms = {
      rows: numbers,
      lengths: numbers.map(() => 1),
      hashes: Float64Array.of(hashTerm('common')),
      starts: Uint32Array.of(0, rows),
      postings: numbers.map((row) => 4 * row),
      titles: [],
    };
    const documents = [{ name: '!', hash: '', chunks }];
    const ids = { libraryId: LIBRARY, segmentId: SEGMENT };
    const { items, lexical } = assembleLexical({ ...ids, documents, terms: [terms] });
    expect(items.filter(({ key }) => key.includes(':b:'))).toEqual([]);
    const descriptor = { id: SEGMENT, chunks: rows, documents: 1, lexical };
    const parts = items
      .filter(({ key }) => key.includes(':h:'))
      .map(({ key, value }) => openBytes('lexical', key, value));
    const head = openLexicalHead(LIBRARY, descriptor, parts);
    expect(head.documentFrequency('common')).toBe(rows);
    expect(head.valueOf('common')).toBeUndefined();
    expect(head.documentFrequency('rare')).toBeUndefined();
    expect(head.valueOf('rare')).toBeUndefined();
    expect(head.rareBelow).toBe(0);
  });
});
