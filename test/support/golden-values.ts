/**
 * One stored value of every kind in format 0, made of seeded data: no clock, no random bytes, no
 * function whose last bit differs from one machine to the next.
 */
import { ByteWriter } from '../../src/index/byte-stream';
import type { Calibration } from '../../src/index/calibration';
import {
  type Catalogue,
  catalogueValue,
  type Fingerprint,
  type IndexManifest,
  manifestValue,
} from '../../src/index/catalogue';
import { encodeCentroidTable } from '../../src/index/centroid-table';
import { ERASED_DOCUMENT, encodeDocuments } from '../../src/index/document-table';
import type { ValueKind } from '../../src/index/envelope';
import type { GoldenQuestion } from '../../src/index/golden-questions';
import {
  CATALOGUE_KEY,
  centroidsKey,
  documentsKey,
  goldenKey,
  lexicalKey,
  listKey,
  placesKey,
  postingsKey,
  recordKey,
  tombstonesKey,
} from '../../src/index/keys';
import { encodeLexicalColumns, type LexicalColumns } from '../../src/index/lexical-columns';
import { encodePlaces } from '../../src/index/places';
import { encodePostingList } from '../../src/index/posting-list';
import { encodePostings, type TermList, writeList } from '../../src/index/postings-value';
import { encodeRecord } from '../../src/index/record';
import type { SegmentDescriptor } from '../../src/index/segment';
import { toBase64, toItem } from '../../src/index/stored-item';
import { encodeTombstones } from '../../src/index/tombstones';
import type { JsonValue } from '../../src/platform/ports';
import {
  chunksOf,
  sampleCentroidTable,
  samplePostingList,
  sampleTombstones,
} from './stored-values';

export const LIBRARY = '0123456789abcdef';
export const SEGMENT = 'fedcba9876543210';
export const JOB = '00112233445566ff';

export const LIST_64 = samplePostingList(64, { dimensions: 64, count: 11, runs: 2 });
export const LIST_100 = samplePostingList(100, { dimensions: 100, count: 7, runs: 2 });
export const TABLE = sampleCentroidTable(1, { dimensions: 100, bits: 104, lists: 5 });
export const TOMBSTONES = sampleTombstones(5, 21);
/** Twelve rows of five documents, of which one has none; three terms with values of their own. */
export const LEXICAL: LexicalColumns = {
  rows: 12,
  documents: 5,
  postings: 77,
  rareBelow: 6,
  lengths: {
    bits: 2,
    lengths: Float32Array.of(11.5, 40, 40, 97.25),
    classOf: Uint8Array.of(0, 3, 1, 1, 2, 3, 0, 0, 3, 1, 2, 1),
  },
  documentOfRow: Uint32Array.of(0, 0, 0, 2, 2, 2, 2, 3, 4, 4, 4, 4),
  hashes: Float64Array.of(0x0102030405, 0x8000000000, 0xfffffffffe),
  frequencies: Uint32Array.of(12, 7, 9),
  sizes: Uint8Array.of(33, 0, 255),
  bucketSizes: Uint8Array.of(44, 0, 1, 61),
  runs: {
    jobs: [JOB, SEGMENT],
    rows: Uint32Array.of(0, 3, 4, 12),
    jobOf: Uint32Array.of(0, 1, 0),
    records: Uint32Array.of(7, 16_777_215, 2),
  },
  inline: undefined,
};
/** One term in rows and a title, one in a title alone, one in many rows. */
export const POSTINGS: TermList[] = [
  { hash: 0x4000000001, rows: Uint32Array.of(0, 7, 400_000), titles: Uint32Array.of(2) },
  { hash: 0x40ffffffff, rows: new Uint32Array(0), titles: Uint32Array.of(0, 15) },
  {
    hash: 0x4fffffffff,
    rows: Uint32Array.from({ length: 40 }, (_, i) => 4 * i + (i % 4)),
    titles: new Uint32Array(0),
  },
];
export const PLACES = [
  { start: 0, end: 1_180 },
  { start: 1_180, end: 2_011 },
  { start: 0, end: 64 },
  { start: 60, end: 4_999_999 },
];
export const DOCUMENTS = [
  {
    name: 'guides/größe 📏 "one".md',
    hash: 'ab'.repeat(32),
    chunks: [
      { start: 0, end: 1_180, job: JOB, record: 0, hash: 'q83vEjRWeJA' },
      { start: 1_180, end: 2_011, job: JOB, record: 1, hash: '-_-_-_-_-_8' },
    ],
  },
  { name: 'empty.txt', hash: 'cd'.repeat(32), chunks: [] },
  ERASED_DOCUMENT,
  ERASED_DOCUMENT,
  {
    name: 'a/later.md',
    hash: 'ef'.repeat(32),
    chunks: [{ start: 0, end: 4_999_999, job: SEGMENT, record: 16_777_215, hash: 'AAECAwQFBgc' }],
  },
];
export const RECORD = {
  document: 'guides/größe 📏 "one".md',
  headings: ['Release', 'Who "approves"'],
  lead: '| a | b |\n',
  text: 'Two reviewers approve.\r\n\tThen it ships. 🚀',
  trail: '```',
  vector: {
    values: Int8Array.from({ length: 64 }, (_, i) => ((i * 37) % 255) - 127),
    scale: 0.0078125,
  },
};

/** A descriptor of every form: a table inline, a table in parts with tombstones, and flat. */
export const SEGMENTS: SegmentDescriptor[] = [
  {
    id: SEGMENT,
    chunks: chunksOf(TABLE),
    documents: 21,
    kind: 'clustered',
    listCount: TABLE.lists,
    lists: [],
    table: toBase64(encodeCentroidTable(TABLE)[0] as Uint8Array),
    spread: 1.25,
    documentsJob: SEGMENT,
    documentBytes: [240_001, 1_234],
    lexical: { analysis: 1, headBytes: [1_234], values: 0, places: 0 },
    tombstones: null,
  },
  {
    id: JOB,
    chunks: 100_000,
    documents: 900,
    kind: 'clustered',
    listCount: 831,
    lists: [],
    table: [241_000, 77_000],
    spread: 0.75,
    documentsJob: LIBRARY,
    documentBytes: [200_000],
    lexical: { analysis: 1, headBytes: [49_000, 1_000], values: 2_560, places: 1_563 },
    tombstones: { job: LIBRARY, bytes: 260, documents: 3, chunks: 41 },
  },
  {
    id: 'ffeeddccbbaa9988',
    chunks: 40,
    documents: 2,
    kind: 'flat',
    listCount: 1,
    lists: [3_210],
    table: [],
    spread: 0,
    documentsJob: 'ffeeddccbbaa9988',
    documentBytes: [1_111],
    lexical: { analysis: 1, headBytes: [2_222], values: 9, places: 1 },
    tombstones: null,
  },
];
const FINGERPRINT: Fingerprint = {
  embedder: 'openai',
  model: 'text-embedding-3-small',
  modelId: 'openai/text-embedding-3-small/100',
  dimensions: 100,
  queryConvention: 'same',
  normalized: true,
  chunkerVersion: 1,
  embeddedTextVersion: 1,
  maskingVersion: 0,
};
const CALIBRATION: Calibration = {
  version: 1_001,
  chunks: 15,
  lexical: { offset: 0.25, slope: 0.5, deviation: 0.125 },
  cosine: { offset: 0.1, slope: 0, deviation: 0.0625 },
  both: { offset: -0.5, slope: 0.25, deviation: 1.5 },
};
export const CATALOGUE: Catalogue = {
  generation: 12,
  libraries: [
    {
      id: LIBRARY,
      name: 'Größe & "norms"',
      projects: ['ACME', 'OPS'],
      generation: 8,
      fingerprint: FINGERPRINT,
      calibration: CALIBRATION,
      segments: SEGMENTS.slice(0, 2),
    },
  ],
};
export const MANIFEST: IndexManifest = {
  generation: 8,
  publisher: JOB,
  publishedAt: 1_780_000_000_000,
  segments: SEGMENTS.slice(0, 2),
  previous: {
    generation: 7,
    fingerprint: FINGERPRINT,
    calibration: null,
    segments: SEGMENTS.slice(1, 2),
  },
  retired: [
    { at: 0, segments: SEGMENTS.slice(2) },
    { at: 1_779_999_000_000, segments: [{ ...(SEGMENTS[0] as SegmentDescriptor), table: '' }] },
  ],
};

export const QUESTIONS: readonly GoldenQuestion[] = [
  { text: 'Who approves a release?', document: 'release.md', quote: 'two reviewers' },
  { text: 'リリースは誰が承認しますか。', document: 'release.md', quote: null },
  { text: 'Where is lunch?', document: null, quote: null },
];

/** What one file below test/golden/v0 holds. */
export interface GoldenValue {
  name: string;
  key: string;
  value: JsonValue;
}

export function goldenValues(): GoldenValue[] {
  const recordAt = recordKey(LIBRARY, JOB, 12);
  return [
    bytesOf('list-64', 'list', listKey(LIBRARY, SEGMENT, 0), encodePostingList(LIST_64)),
    bytesOf('list-100', 'list', listKey(LIBRARY, SEGMENT, 1), encodePostingList(LIST_100)),
    bytesOf(
      'centroids',
      'centroids',
      centroidsKey(LIBRARY, SEGMENT, 0),
      encodeCentroidTable(TABLE)[0] as Uint8Array,
    ),
    bytesOf(
      'tombstones',
      'tombstones',
      tombstonesKey(LIBRARY, SEGMENT, JOB),
      encodeTombstones(TOMBSTONES),
    ),
    bytesOf('lexical', 'lexical', lexicalKey(LIBRARY, SEGMENT, 0), encodeLexicalColumns(LEXICAL)),
    bytesOf('postings', 'postings', postingsKey(LIBRARY, SEGMENT, 4), encodedPostings()),
    bytesOf('places', 'places', placesKey(LIBRARY, SEGMENT, 0), encodePlaces(PLACES)),
    textOf(
      'documents',
      'documents',
      documentsKey(LIBRARY, { id: SEGMENT, documentsJob: JOB }, 0),
      encodeDocuments(DOCUMENTS)[0] as string,
    ),
    { name: 'record', key: recordAt, value: encodeRecord(recordAt, RECORD) },
    textOf('questions', 'questions', goldenKey(LIBRARY), JSON.stringify({ questions: QUESTIONS })),
    { name: 'catalogue', key: CATALOGUE_KEY, value: catalogueValue(CATALOGUE) },
    { name: 'manifest', key: LIBRARY, value: manifestValue(MANIFEST) },
  ];
}

/** The value of the fifth of sixteen buckets. */
export function encodedPostings(): Uint8Array {
  const lists = POSTINGS.map((list) => {
    const writer = new ByteWriter();
    writeList(writer, list);
    return { hash: list.hash, bytes: writer.finish() };
  });
  return encodePostings(lists, 16);
}

/** The text of a golden file: one field a line, so that a change shows where it is. */
export function goldenText({ key, value }: GoldenValue): string {
  const text = JSON.stringify({ key, value }, null, 2);
  // Lists of numbers and names on one line, as the formatter has them.
  const isFlat = /\[\n\s*([^[\]{}]*?)\n\s*\]/g;
  return `${text.replace(isFlat, (_, entries: string) => `[${entries.replace(/,\n\s*/g, ', ')}]`)}\n`;
}

function bytesOf(name: string, kind: ValueKind, key: string, bytes: Uint8Array): GoldenValue {
  return textOf(name, kind, key, toBase64(bytes));
}

function textOf(name: string, kind: ValueKind, key: string, body: string): GoldenValue {
  return { name, key, value: toItem(kind, key, body).value };
}
