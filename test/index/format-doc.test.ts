/**
 * docs/format.md against the code: its tables give the same headers, and decode by themselves what
 * the encoders wrote, field for field.
 */
import { describe, expect, it } from 'vitest';
import { CENTROID_TABLE_HEADER } from '../../src/index/centroid-table';
import { FORMAT_VERSION, openBytes, openValue, VALUE_KINDS } from '../../src/index/envelope';
import { LEXICAL_HEADER } from '../../src/index/lexical-columns';
import { POSTING_LIST_HEADER, POSTING_LIST_RUN } from '../../src/index/posting-list';
import { POSTINGS_HEADER } from '../../src/index/postings-value';
import { TOMBSTONES_HEADER } from '../../src/index/tombstones';
import type { JsonValue } from '../../src/platform/ports';
import {
  decodeByTable,
  formatDoc,
  headerOf,
  isOfType,
  readFormatDoc,
  type Table,
  tableOf,
  valuesAt,
} from '../support/format-doc';
import {
  DOCUMENTS,
  goldenValues,
  LEXICAL,
  LIST_64,
  LIST_100,
  PLACES,
  POSTINGS,
  SEGMENTS,
  TABLE,
  TOMBSTONES,
} from '../support/golden-values';
import { linesOf } from '../support/sample-export';

const tables = readFormatDoc();
const HEADINGS = {
  list: 'Posting list: kind `list`',
  centroids: 'Centroid table: kind `centroids`',
  lexical: 'Head of words: kind `lexical`',
  postings: 'Postings: kind `postings`',
  tombstones: 'Tombstones: kind `tombstones`',
  documents: 'Document table: kind `documents`',
  record: 'Record: kind `record`',
  questions: 'Golden questions: kind `questions`',
};
const golden = new Map(goldenValues().map((value) => [value.name, value]));

type BinaryKind = 'list' | 'centroids' | 'lexical' | 'postings' | 'places' | 'tombstones';

function bytesOf(name: string, kind: BinaryKind): Buffer {
  const { key, value } = golden.get(name) as { key: string; value: JsonValue };
  return openBytes(kind, key, value);
}

function decoded(name: string, kind: Exclude<BinaryKind, 'places'>) {
  const { fields, rest } = decodeByTable(
    tables,
    tableOf(tables, HEADINGS[kind]),
    bytesOf(name, kind),
  );
  expect(rest.length, 'bytes after the last field').toBe(0);
  return fields as Record<string, number & number[]>;
}

/** Every place of a table exists and is of its type. */
function expectDescribed(json: unknown, table: Table): void {
  expect(table.rows.length).toBeGreaterThan(2);
  for (const { place, field, type } of table.rows) {
    const values = valuesAt(json, place).filter((value) => value !== undefined);
    expect(values.length, `nothing at ${place}`).toBeGreaterThan(0);
    const wrong = values.filter((value) => !isOfType(value, type));
    expect(wrong, `${place} (${field}), ${type}`).toEqual([]);
  }
}

/** Places of the fields that an object of JSON has at its first level. */
const fieldsOf = (table: Table) =>
  table.rows.filter(({ place }) => !/[.[]/.test(place)).map(({ field }) => field);

describe('docs/format.md', () => {
  it('names the version, and has one table for every kind that has a fixed layout', () => {
    expect(HEADINGS).toMatchObject(
      Object.fromEntries(
        VALUE_KINDS.filter((kind) => !['work', 'places'].includes(kind)).map((kind) => [
          kind,
          expect.any(String),
        ]),
      ),
    );
    for (const [kind, heading] of Object.entries(HEADINGS)) {
      expect(heading).toContain(`\`${kind}\``);
      expect(tableOf(tables, heading).rows.length).toBeGreaterThan(0);
    }
    expect(versionStated()).toBe(FORMAT_VERSION);
  });

  it.each(VALUE_KINDS)('has a section for the kind %s', (kind) => {
    expect(headings().filter((heading) => heading.endsWith(`: kind \`${kind}\``)).length).toBe(1);
  });

  it('has no section for a kind that is none', () => {
    const kinds = headings().flatMap((heading) => /: kind `(\w+)`$/.exec(heading)?.[1] ?? []);
    expect(kinds.sort()).toEqual([...VALUE_KINDS].sort());
  });

  it.each([
    [HEADINGS.list, POSTING_LIST_HEADER],
    ['Run', POSTING_LIST_RUN],
    [HEADINGS.centroids, CENTROID_TABLE_HEADER],
    [HEADINGS.lexical, LEXICAL_HEADER],
    [HEADINGS.postings, POSTINGS_HEADER],
    [HEADINGS.tombstones, TOMBSTONES_HEADER],
  ])('gives the offsets of the code, in their order: %s', (heading, header) => {
    const documented = headerOf(tableOf(tables, heading));
    expect(documented).toEqual(header);
    expect(Object.keys(documented)).toEqual(Object.keys(header));
  });

  it.each([
    ['list-64', LIST_64],
    ['list-100', LIST_100],
  ])('decodes a posting list: %s', (name, list) => {
    const fields = decoded(name, 'list');
    const { dimensions, count, runs, reserved, centroidScale, factorMax } = fields;
    expect([dimensions, count, reserved]).toEqual([list.dimensions, list.count, 0]);
    expect(runs).toBe(list.runs.length);
    expect(centroidScale).toBe(list.centroid.scale);
    expect(fields['centroid']).toEqual([...list.centroid.nibbles]);
    expect(fields['run']).toEqual(
      list.runs.map(({ job, rows }) => ({ job: [...Buffer.from(job, 'hex')], rows })),
    );
    for (const column of ['codes', 'documents', 'records', 'starts', 'lengths'] as const) {
      expect(fields[column], column).toEqual([...list[column]]);
    }
    expect(factorMax).toBe(Math.max(...list.factors));
    expect(fields['offsetMin']).toBe(Math.min(...list.offsets));
    for (let i = 0; i < list.count; i += 1) {
      const factor = ((fields['factors']?.[i] as number) / 255) * (factorMax as number);
      const offset =
        (fields['offsetMin'] as number) +
        ((fields['offsets']?.[i] as number) / 255) * (fields['offsetSpan'] as number);
      expect(factor).toBeCloseTo(list.factors[i] as number, 3);
      expect(offset).toBeCloseTo(list.offsets[i] as number, 3);
    }
  });

  it('decodes a centroid table', () => {
    const fields = decoded('centroids', 'centroids');
    const { dimensions, bits, lists, scaleMax, radiusMax } = fields;
    expect([dimensions, bits, lists]).toEqual([TABLE.dimensions, TABLE.bits, TABLE.lists]);
    for (const column of ['codes', 'counts', 'runs'] as const) {
      expect(fields[column], column).toEqual([...TABLE[column]]);
    }
    for (let i = 0; i < TABLE.lists; i += 1) {
      const scale = ((fields['scales']?.[i] as number) / 65_535) * (scaleMax as number);
      const radius = ((fields['radii']?.[i] as number) / 65_535) * (radiusMax as number);
      expect(scale).toBeCloseTo(TABLE.scales[i] as number, 5);
      expect(radius).toBeCloseTo(TABLE.radii[i] as number, 4);
    }
  });

  it('decodes a head of words', () => {
    const fields = decoded('lexical', 'lexical');
    const { rows, documents, postings, rareBelow, emptyDocuments, classes, lengthBits } = fields;
    expect([rows, documents, postings, rareBelow]).toEqual([12, 5, 77, 6]);
    expect([emptyDocuments, classes, lengthBits, fields['reserved']]).toEqual([1, 4, 2, 0]);
    expect(fields['lengths']).toEqual([...LEXICAL.lengths.lengths]);
    const classOf = bitsOf(fields['classOf'] as unknown as number[], 2, 12);
    expect(classOf).toEqual([...LEXICAL.lengths.classOf]);
    const starts = bitsOf(fields['starts'] as unknown as number[], 1, 12);
    expect(starts).toEqual([1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0]);
    expect(fields['emptyOrdinals']).toEqual([1]);
    const hashes = Buffer.from(fields['hashes'] as unknown as number[]);
    expect([0, 5, 10].map((at) => hashes.readUIntLE(at, 5))).toEqual([...LEXICAL.hashes]);
    for (const column of ['frequencies', 'sizes', 'bucketSizes'] as const) {
      expect(fields[column], column).toEqual([...LEXICAL[column]]);
    }
    const jobs = Buffer.from(fields['jobIds'] as unknown as number[]).toString('hex');
    expect(jobs).toBe(LEXICAL.runs.jobs.join(''));
    const numbers = varintsOf(fields['runList'] as unknown as number[]);
    // The third run follows on the first, which ended before record 10.
    expect(numbers).toEqual([3, 0, 14, 1, 1, 33_554_430, 8, 0, 15]);
  });

  it('decodes postings', () => {
    const { fields, rest } = decodeByTable(
      tables,
      tableOf(tables, HEADINGS.postings),
      bytesOf('postings', 'postings'),
    );
    expect(fields).toEqual({ terms: 3 });
    // Sixteen buckets leave 36 bits of each hash.
    const ends = [0, 5, 10].map((at) => rest.readUIntLE(at, 5) % 2 ** 36);
    expect(ends.map((end) => 4 * 2 ** 36 + end)).toEqual(POSTINGS.map(({ hash }) => hash));
    const numbers = varintsOf([...rest.subarray(15)]);
    const take = () => numbers.shift() as number;
    for (const { rows, titles } of POSTINGS) {
      const rowCount = take();
      const titleCount = rowCount % 2 === 1 ? take() : 0;
      for (const [count, expected] of [
        [Math.floor(rowCount / 2), rows],
        [titleCount, titles],
      ] as const) {
        let number = 0;
        const found = Array.from({ length: count }, () => {
          const posting = 4 * number + take();
          number = Math.floor(posting / 4);
          return posting;
        });
        expect(found).toEqual([...expected]);
      }
    }
    expect(numbers).toEqual([]);
  });

  it('decodes places', () => {
    const numbers = varintsOf([...bytesOf('places', 'places')]);
    expect(numbers).toHaveLength(2 * PLACES.length);
    let before = 0;
    for (const [i, { start, end }] of PLACES.entries()) {
      const [difference, length] = numbers.slice(2 * i) as [number, number];
      const signed = difference % 2 === 0 ? difference / 2 : -(difference + 1) / 2;
      expect([before + signed, before + signed + length]).toEqual([start, end]);
      before = end;
    }
  });

  it('decodes tombstones', () => {
    const fields = decoded('tombstones', 'tombstones');
    expect(fields).toEqual({ documents: TOMBSTONES.documents, bits: [...TOMBSTONES.bits] });
  });

  it('describes the JSON of a document table and of a record', () => {
    const documents = openJson('documents');
    expectDescribed(documents, tableOf(tables, HEADINGS.documents));
    expect(Object.keys(documents as object)).toEqual(['jobs', 'documents']);
    expect(valuesAt(documents, 'documents[][0]')).toEqual(DOCUMENTS.map(({ name }) => name));
    expect(valuesAt(documents, 'documents[]')).toHaveLength(DOCUMENTS.length);
    const record = openJson('record') as unknown[];
    expectDescribed(record, tableOf(tables, HEADINGS.record));
    expect(record).toHaveLength(tableOf(tables, HEADINGS.record).rows.length);
  });

  it('describes the JSON of golden questions', () => {
    const table = tableOf(tables, HEADINGS.questions);
    const questions = openJson('questions');
    expectDescribed(questions, table);
    expect(Object.keys(questions as object)).toEqual(['questions']);
    const [question] = valuesAt(questions, 'questions[]') as [object];
    expect(Object.keys(question)).toEqual(table.rows.slice(1).map(({ field }) => field));
  });

  it('describes every line of an export', () => {
    const lines = linesOf().map((line) => JSON.parse(line) as Record<string, unknown>);
    const kinds: [string, (line: Record<string, unknown>) => boolean][] = [
      ['Export manifest', (line) => 'format' in line],
      ['Exported document', (line) => 'document' in line],
      ['Exported chunk', (line) => 'vector' in line],
      ['End of an export', (line) => 'end' in line && !('vector' in line)],
    ];
    for (const [heading, isOne] of kinds) {
      const own = lines.filter(isOne);
      expect(own.length, heading).toBeGreaterThan(0);
      for (const line of own) {
        expectDescribed(line, tableOf(tables, heading));
        expect(Object.keys(line)).toEqual(fieldsOf(tableOf(tables, heading)));
      }
    }
  });

  it('describes the envelope, the catalogue, the manifest and every form of a descriptor', () => {
    const envelope = tableOf(tables, 'Envelope');
    for (const { name, value } of golden.values()) {
      if (name === 'catalogue' || name === 'manifest') continue;
      expectDescribed(value, envelope);
      expect(Object.keys(value as object)).toEqual(fieldsOf(envelope));
    }
    const catalogue = tableOf(tables, 'Catalogue');
    expectDescribed(bodyOf('catalogue'), catalogue);
    expect(
      Object.keys((valuesAt(bodyOf('catalogue'), 'libraries[]') as object[])[0] ?? {}),
    ).toEqual(catalogue.rows.slice(2).map(({ field }) => field));
    const [fingerprint] = valuesAt(bodyOf('catalogue'), 'libraries[].fingerprint') as [object];
    const listed = /A fingerprint is `\{([^}]*)\}`/.exec(formatDoc())?.[1]?.split(/,\s+/);
    expect(listed).toEqual(Object.keys(fingerprint));
    const manifest = tableOf(tables, 'Index manifest');
    expectDescribed(bodyOf('manifest'), manifest);
    expect(Object.keys(bodyOf('manifest') as object)).toEqual(fieldsOf(manifest));
    const descriptor = tableOf(tables, 'Segment descriptor');
    expectDescribed(SEGMENTS[1], descriptor);
    for (const segment of SEGMENTS) {
      expect(Object.keys(segment)).toEqual(fieldsOf(descriptor));
      expectDescribed(segment, {
        ...descriptor,
        rows: descriptor.rows.filter(({ place }) => !place.includes('.')),
      });
    }
  });
});

describe('the reader of its tables', () => {
  const table = (rows: [string, string, string][]): Table => ({
    heading: 'A',
    rows: rows.map(([place, field, type]) => ({ place, field, type })),
  });

  it.each([
    [
      'a gap',
      [
        ['0–1', 'a', 'u16'],
        ['4–5', 'b', 'u16'],
      ],
    ],
    ['a field too long for its type', [['0–3', 'a', 'u16']]],
    ['a field too short for its type', [['0–2', 'a', 'f32']]],
    [
      'columns that begin too late',
      [
        ['0–1', 'a', 'u16'],
        ['4–', 'b', 'u8 × a'],
      ],
    ],
  ] as [string, [string, string, string][]][])('notices %s', (_, rows) => {
    expect(() => headerOf(table(rows))).toThrow('docs/format.md');
  });

  it('multiplies factors, numbers, fields and rounded-up quotients', () => {
    const rows = table([
      ['0–0', 'a', 'u8'],
      ['1–', 'b', 'u8 × a × ceil(a / 2)'],
      ['then', 'c', 'u16 × 1'],
    ]);
    const { fields, rest } = decodeByTable([], rows, Buffer.from([3, 1, 2, 3, 4, 5, 6, 7, 0, 9]));
    expect(fields).toEqual({ a: 3, b: [1, 2, 3, 4, 5, 6], c: [7] });
    expect([...rest]).toEqual([9]);
  });
});

/** Fields of so many bits, the first in the lowest of the first byte. */
function bitsOf(bytes: readonly number[], bits: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    const byte = bytes[Math.floor((i * bits) / 8)] as number;
    return (byte >> ((i * bits) % 8)) % 2 ** bits;
  });
}

/** Numbers of variable length, as the document describes them. */
function varintsOf(bytes: readonly number[]): number[] {
  const numbers: number[] = [];
  let [number, shift] = [0, 0];
  for (const byte of bytes) {
    number += (byte % 128) * 2 ** shift;
    shift += 7;
    if (byte >= 128) continue;
    numbers.push(number);
    [number, shift] = [0, 0];
  }
  expect(shift, 'an unfinished number').toBe(0);
  return numbers;
}

function headings(): string[] {
  return formatDoc()
    .split('\n')
    .filter((line) => line.startsWith('#'));
}

function versionStated(): number {
  return Number(/Format version: \*\*(\d+)\*\*/.exec(formatDoc())?.[1]);
}

function openJson(kind: 'documents' | 'record' | 'questions'): unknown {
  const { key, value } = golden.get(kind) as { key: string; value: JsonValue };
  return JSON.parse(openValue(kind, key, value));
}

function bodyOf(name: 'catalogue' | 'manifest'): unknown {
  return (golden.get(name) as unknown as { value: { body: unknown } }).value.body;
}
