/**
 * The document table of a segment: its documents in the order given, so that a position in it (an
 * ordinal) names a document, and for each chunk where in the text it lies and which record holds
 * it. docs/format.md is the norm for the JSON.
 */

import type { JsonValue } from '../platform/ports';
import { corrupt, openValue, PART_BYTES_MAX } from './envelope';
import { documentsKey } from './keys';
import { type StoredItem, toItem } from './stored-item';

/** With a job and a hash of its own for every chunk, such a row still fits a value. */
const CHUNKS_PER_ROW_MAX = 3_500;
/** Characters of a chunk's hash: 8 bytes as base64url. */
export const CHUNK_HASH_CHARACTERS = 11;
/** JSON bytes of a chunk: two offsets up to 7 digits, a job, a record; and its hash. */
const CHUNK_REF_BYTES = 32 + CHUNK_HASH_CHARACTERS;
/** JSON bytes of a job's id, its quotes escaped in the envelope. */
const JOB_BYTES = 24;
/** JSON bytes of the document's hash, quotes and brackets of a row. */
const ROW_BYTES = 128;
/** JSON bytes of the envelope and of what the rows stand in. */
const FRAME_BYTES = 128;
const NUMBERS_PER_CHUNK = 4;
const CHUNK_HASHES = /^[A-Za-z0-9_-]*$/;

/** Where one chunk lies and which record holds it. */
export interface ChunkRef {
  /** [start, end) in UTF-16 units of the document's text. */
  start: number;
  end: number;
  /** The job that wrote the record, and the record's number within that job. */
  job: string;
  record: number;
  /** `recordHash` of what the record holds besides its vector. */
  hash: string;
}

export interface DocumentEntry {
  name: string;
  /** SHA-256 of the document as given, hexadecimal; '' where it is not known any more. */
  hash: string;
  chunks: ChunkRef[];
}

type TableRow = [name: string, hash: string, numbers: number[], chunkHashes: string];

/** The bodies of the table's parts. */
export function encodeDocuments(documents: readonly DocumentEntry[]): string[] {
  const parts: string[] = [];
  let rows: TableRow[] = [];
  let jobs = new Map<string, number>();
  let bytes = FRAME_BYTES;
  const flush = () => {
    if (rows.length > 0) parts.push(JSON.stringify({ jobs: [...jobs.keys()], documents: rows }));
    rows = [];
    jobs = new Map();
    bytes = FRAME_BYTES;
  };
  for (const document of documents) {
    // A document of very many chunks goes on in a further row, under its name.
    for (
      let first = 0;
      first === 0 || first < document.chunks.length;
      first += CHUNKS_PER_ROW_MAX
    ) {
      const chunks = document.chunks.slice(first, first + CHUNKS_PER_ROW_MAX);
      const rowBytes = rowBytesMax(document.name, chunks);
      if (bytes + rowBytes > PART_BYTES_MAX) flush();
      const numbers = chunks.flatMap((chunk) => numbersOf(chunk, jobs));
      rows.push([document.name, document.hash, numbers, chunks.map(({ hash }) => hash).join('')]);
      bytes += rowBytes;
    }
  }
  flush();
  return parts;
}

/** The values of a segment's table, as the job leaves it that its `documentsJob` names. */
export function documentItems(
  libraryId: string,
  segment: { id: string; documentsJob: string },
  documents: readonly DocumentEntry[],
): StoredItem[] {
  return encodeDocuments(documents).map((body, part) =>
    toItem('documents', documentsKey(libraryId, segment, part), body),
  );
}

/** What stands in the table for a document that was taken out of it; its ordinal stays. */
export const ERASED_DOCUMENT: DocumentEntry = { name: '', hash: '', chunks: [] };

/**
 * Decodes the table of a segment, its parts given in order. Of `chunks`, erased documents have
 * taken some out, but none of the `liveChunks`. Errors: `value_corrupt`.
 */
export function decodeDocuments(
  parts: readonly { key: string; value: JsonValue }[],
  expected: { documents: number; chunks: number; liveChunks: number },
): DocumentEntry[] {
  const documents = parseDocuments(parts);
  const found = countsAmiss(documents, expected);
  if (found === undefined) return documents;
  throw corrupt(parts.at(-1)?.key ?? 'segment', found);
}

/** The same, whatever the index manifest says of its counts. Errors: `value_corrupt`. */
export function parseDocuments(
  parts: readonly { key: string; value: JsonValue }[],
): DocumentEntry[] {
  const documents: DocumentEntry[] = [];
  for (const { key, value } of parts) {
    const table = parseTable(key, openValue('documents', key, value));
    for (const row of table.documents) {
      const [name, hash] = row;
      const refs = refsOf(key, row, table.jobs);
      const last = documents.at(-1);
      if (last?.name === name && name !== ERASED_DOCUMENT.name) last.chunks.push(...refs);
      else documents.push({ name, hash, chunks: refs });
    }
  }
  return documents;
}

/** What is wrong with the counts of a table; undefined when nothing is. */
export function countsAmiss(
  documents: readonly DocumentEntry[],
  expected: { documents: number; chunks: number; liveChunks: number },
): string | undefined {
  const chunks = documents.reduce((sum, document) => sum + document.chunks.length, 0);
  const isErased = documents.some(({ name }) => name === ERASED_DOCUMENT.name);
  const chunksMin = isErased ? expected.liveChunks : expected.chunks;
  const isRight =
    chunks >= chunksMin && chunks <= expected.chunks && documents.length === expected.documents;
  if (isRight) return undefined;
  return `${documents.length} documents of ${chunks} chunks, the index manifest says ${expected.documents} of ${expected.chunks}`;
}

function rowBytesMax(name: string, chunks: readonly ChunkRef[]): number {
  const jobs = new Set(chunks.map(({ job }) => job)).size;
  // The name twice: a character may be escaped here and again in the envelope.
  const nameBytes = 4 * Buffer.byteLength(name);
  return nameBytes + ROW_BYTES + jobs * JOB_BYTES + chunks.length * CHUNK_REF_BYTES;
}

/** Start, end, number of the job in `jobs` (added when new), record. */
function numbersOf(chunk: ChunkRef, jobs: Map<string, number>): number[] {
  let job = jobs.get(chunk.job);
  if (job === undefined) {
    job = jobs.size;
    jobs.set(chunk.job, job);
  }
  return [chunk.start, chunk.end, job, chunk.record];
}

function refsOf(key: string, row: TableRow, jobs: readonly string[]): ChunkRef[] {
  const [, , numbers, hashes] = row;
  const refs: ChunkRef[] = [];
  for (let i = 0; i < numbers.length; i += NUMBERS_PER_CHUNK) {
    const start = numbers[i] as number;
    const end = numbers[i + 1] as number;
    const job = jobs[numbers[i + 2] as number];
    const record = numbers[i + 3] as number;
    if (job === undefined) throw corrupt(key, `job ${numbers[i + 2]} of ${jobs.length}`);
    const at = refs.length * CHUNK_HASH_CHARACTERS;
    refs.push({ start, end, job, record, hash: hashes.slice(at, at + CHUNK_HASH_CHARACTERS) });
  }
  return refs;
}

function parseTable(key: string, body: string): { jobs: string[]; documents: TableRow[] } {
  // The checksum has vouched for the bytes; what is left to find is a writer's mistake.
  const table = parseJson(body) as { jobs?: unknown; documents?: unknown } | null | undefined;
  if (!isArrayOf(table?.jobs, isString) || !isArrayOf(table?.documents, isTableRow)) {
    throw corrupt(key, 'no table of jobs and documents');
  }
  return { jobs: table.jobs, documents: table.documents };
}

/** Undefined for what is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isTableRow(row: unknown): row is TableRow {
  if (!Array.isArray(row) || row.length !== 4) return false;
  const [name, hash, numbers, chunkHashes] = row as unknown[];
  if (!isString(name) || !isString(hash) || !isArrayOf(numbers, isCount)) return false;
  if (!isString(chunkHashes) || !CHUNK_HASHES.test(chunkHashes)) return false;
  return (
    numbers.length % NUMBERS_PER_CHUNK === 0 &&
    chunkHashes.length === (numbers.length / NUMBERS_PER_CHUNK) * CHUNK_HASH_CHARACTERS
  );
}

function isArrayOf<T>(value: unknown, is: (entry: unknown) => entry is T): value is T[] {
  return Array.isArray(value) && value.every(is);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}
