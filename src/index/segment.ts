/**
 * A segment: the immutable output of one publish. It holds the int8 vectors of a library's chunks,
 * row by row in document order, and the document table that says which rows belong to which
 * document, where in the text each chunk lies, and which record holds it. docs/format.md is the
 * norm for the bytes.
 */

import { GroundworkError } from '../errors';
import { KVS_BATCH_BYTES_SAFE, KVS_BATCH_KEYS_MAX, KVS_VALUE_BYTES_MAX } from '../platform/limits';
import type { JsonValue, TimeToLive } from '../platform/ports';
import { corrupt, openValue, sealValue, type ValueKind } from './envelope';
import { documentsKey, vectorsKey } from './keys';

/** Slack under the platform's 240 KiB: how it counts them is not confirmed to the byte. */
const PART_BYTES_MAX = KVS_VALUE_BYTES_MAX - 4_096;
const VECTORS_HEADER_BYTES = 8;
const SCALE_BYTES = 4;
const CHUNKS_PER_ROW_MAX = 5_000;
/** JSON bytes of one chunk's four numbers: two offsets up to 7 digits, a job, a record. */
const CHUNK_REF_BYTES = 32;

/** Where one chunk lies and which record holds it. */
export interface ChunkRef {
  /** [start, end) in UTF-16 units of the document's text. */
  start: number;
  end: number;
  /** The job that wrote the record, and the record's number within that job. */
  job: string;
  record: number;
}

export interface DocumentEntry {
  name: string;
  /** SHA-256 of the document as given, hexadecimal. */
  hash: string;
  chunks: ChunkRef[];
}

/** All vectors of a segment: `values[row * dimensions + i] * scales[row]`. */
export interface VectorRows {
  dimensions: number;
  count: number;
  /** Float32Array[count] */
  scales: Float32Array;
  /** Int8Array[count x dimensions], row-major. */
  values: Int8Array;
}

/** What a reader must know before it asks: which values there are, and how large they are. */
export interface SegmentDescriptor {
  id: string;
  chunks: number;
  documents: number;
  /** Bytes of each stored value, in order of its part number. */
  vectorBytes: number[];
  documentBytes: number[];
}

export interface StoredItem {
  key: string;
  value: JsonValue;
  bytes: number;
  ttl?: TimeToLive;
}

/** UTF-8 bytes of a key and of its value's JSON, as the platform counts them. */
export function itemBytes(key: string, value: JsonValue): number {
  return Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(value));
}

/** Encodes a segment into the values to be stored and the descriptor that names them. */
export function encodeSegment(options: {
  libraryId: string;
  segmentId: string;
  vectors: VectorRows;
  documents: readonly DocumentEntry[];
}): { items: StoredItem[]; descriptor: SegmentDescriptor } {
  const { libraryId, segmentId, vectors, documents } = options;
  const chunks = documents.reduce((sum, document) => sum + document.chunks.length, 0);
  if (chunks !== vectors.count) {
    throw new GroundworkError({
      code: 'counts_mismatch',
      message: `segment ${segmentId}: ${vectors.count} vectors for ${chunks} chunks; nothing was published. Index again`,
      facts: { vectors: vectors.count, chunks },
    });
  }
  const toItem = (kind: ValueKind, key: string, body: string) => {
    const value = sealValue(kind, key, body);
    return { key, value, bytes: itemBytes(key, value) };
  };
  const vectorItems = encodeVectors(vectors).map((body, part) =>
    toItem('vectors', vectorsKey(libraryId, segmentId, part), body),
  );
  const documentItems = encodeDocuments(documents).map((body, part) =>
    toItem('documents', documentsKey(libraryId, segmentId, part), body),
  );
  return {
    items: [...vectorItems, ...documentItems],
    descriptor: {
      id: segmentId,
      chunks,
      documents: documents.length,
      vectorBytes: vectorItems.map((item) => item.bytes),
      documentBytes: documentItems.map((item) => item.bytes),
    },
  };
}

/** The keys of a segment with their sizes, vectors first. */
export function segmentKeys(
  libraryId: string,
  descriptor: SegmentDescriptor,
): { vectors: KeySize[]; documents: KeySize[] } {
  return {
    vectors: descriptor.vectorBytes.map((bytes, part) => ({
      key: vectorsKey(libraryId, descriptor.id, part),
      bytes,
    })),
    documents: descriptor.documentBytes.map((bytes, part) => ({
      key: documentsKey(libraryId, descriptor.id, part),
      bytes,
    })),
  };
}

export interface KeySize {
  key: string;
  bytes: number;
}

/** Groups reads or writes so that each batch keeps to 25 keys and the safe payload. */
export function planBatches<T extends KeySize>(items: readonly T[]): T[][] {
  const batches: T[][] = [];
  let batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const isFull = batch.length === KVS_BATCH_KEYS_MAX || bytes + item.bytes > KVS_BATCH_BYTES_SAFE;
    if (isFull && batch.length > 0) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += item.bytes;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/** Decodes the vector values of a segment, given in part order. Errors: `value_corrupt`. */
export function decodeVectors(
  parts: readonly { key: string; value: JsonValue }[],
  expected: { count: number; dimensions: number },
): VectorRows {
  const { count, dimensions } = expected;
  const scales = new Float32Array(count);
  const values = new Int8Array(count * dimensions);
  let row = 0;
  for (const { key, value } of parts) {
    const bytes = Buffer.from(openValue('vectors', key, value), 'base64');
    if (bytes.length < VECTORS_HEADER_BYTES) throw corrupt(key, `only ${bytes.length} bytes`);
    const partDimensions = bytes.readUInt16LE(0);
    const partCount = bytes.readUInt32LE(4);
    const expectedBytes = VECTORS_HEADER_BYTES + partCount * (SCALE_BYTES + dimensions);
    if (partDimensions !== dimensions) {
      throw corrupt(key, `${partDimensions} dimensions, the library has ${dimensions}`);
    }
    if (bytes.readUInt16LE(2) !== 0) throw corrupt(key, 'reserved bytes are not zero');
    if (bytes.length !== expectedBytes || row + partCount > count) {
      throw corrupt(key, `${bytes.length} bytes for ${partCount} rows, expected ${expectedBytes}`);
    }
    for (let i = 0; i < partCount; i += 1) {
      scales[row + i] = bytes.readFloatLE(VECTORS_HEADER_BYTES + i * SCALE_BYTES);
    }
    const body = bytes.subarray(VECTORS_HEADER_BYTES + partCount * SCALE_BYTES);
    values.set(new Int8Array(body.buffer, body.byteOffset, body.length), row * dimensions);
    row += partCount;
  }
  if (row !== count) {
    throw corrupt(parts.at(-1)?.key ?? 'segment', `${row} rows, the index manifest says ${count}`);
  }
  return { dimensions, count, scales, values };
}

/** Decodes the document table of a segment, given in part order. Errors: `value_corrupt`. */
export function decodeDocuments(
  parts: readonly { key: string; value: JsonValue }[],
  expectedChunks: number,
): DocumentEntry[] {
  const documents: DocumentEntry[] = [];
  let chunks = 0;
  for (const { key, value } of parts) {
    const table = parseTable(key, openValue('documents', key, value));
    for (const [name, hash, numbers] of table.documents) {
      const refs: ChunkRef[] = [];
      for (let i = 0; i + 3 < numbers.length; i += 4) {
        const [start, end, job, record] = numbers.slice(i, i + 4) as [
          number,
          number,
          number,
          number,
        ];
        const jobId = table.jobs[job];
        if (jobId === undefined) throw corrupt(key, `job ${job} of ${table.jobs.length}`);
        refs.push({ start, end, job: jobId, record });
      }
      const last = documents.at(-1);
      if (last?.name === name) last.chunks.push(...refs);
      else documents.push({ name, hash, chunks: refs });
      chunks += refs.length;
    }
  }
  if (chunks !== expectedChunks) {
    throw corrupt(
      parts.at(-1)?.key ?? 'segment',
      `${chunks} chunks, the index manifest says ${expectedChunks}`,
    );
  }
  return documents;
}

function encodeVectors(vectors: VectorRows): string[] {
  const { dimensions, count, scales, values } = vectors;
  const payloadBytesMax = Math.floor(((PART_BYTES_MAX - 512) * 3) / 4);
  const rowsMax = Math.floor((payloadBytesMax - VECTORS_HEADER_BYTES) / (dimensions + SCALE_BYTES));
  const parts: string[] = [];
  for (let first = 0; first < count; first += rowsMax) {
    const rows = Math.min(rowsMax, count - first);
    const bytes = Buffer.alloc(VECTORS_HEADER_BYTES + rows * (SCALE_BYTES + dimensions));
    bytes.writeUInt16LE(dimensions, 0);
    bytes.writeUInt32LE(rows, 4);
    for (let i = 0; i < rows; i += 1) {
      bytes.writeFloatLE(scales[first + i] as number, VECTORS_HEADER_BYTES + i * SCALE_BYTES);
    }
    const body = values.subarray(first * dimensions, (first + rows) * dimensions);
    bytes.set(
      new Uint8Array(body.buffer, body.byteOffset, body.length),
      VECTORS_HEADER_BYTES + rows * SCALE_BYTES,
    );
    parts.push(bytes.toString('base64'));
  }
  return parts;
}

type TableRow = [name: string, hash: string, numbers: number[]];

function encodeDocuments(documents: readonly DocumentEntry[]): string[] {
  const parts: string[] = [];
  let rows: TableRow[] = [];
  let jobs: string[] = [];
  let bytes = 0;
  const flush = () => {
    if (rows.length > 0) parts.push(JSON.stringify({ jobs, documents: rows }));
    rows = [];
    jobs = [];
    bytes = 0;
  };
  for (const document of documents) {
    // A document of very many chunks goes on in the next part, under its name.
    for (
      let first = 0;
      first === 0 || first < document.chunks.length;
      first += CHUNKS_PER_ROW_MAX
    ) {
      const chunks = document.chunks.slice(first, first + CHUNKS_PER_ROW_MAX);
      // The name twice: a character may be escaped here and again in the envelope.
      const rowBytes = 4 * Buffer.byteLength(document.name) + 128 + chunks.length * CHUNK_REF_BYTES;
      if (bytes + rowBytes > PART_BYTES_MAX) flush();
      rows.push([document.name, document.hash, chunks.flatMap((chunk) => numbersOf(chunk, jobs))]);
      bytes += rowBytes;
    }
  }
  flush();
  return parts;
}

/** Start, end, number of the job in `jobs` (added when new), record. */
function numbersOf(chunk: ChunkRef, jobs: string[]): number[] {
  let job = jobs.indexOf(chunk.job);
  if (job === -1) job = jobs.push(chunk.job) - 1;
  return [chunk.start, chunk.end, job, chunk.record];
}

function parseTable(key: string, body: string): { jobs: string[]; documents: TableRow[] } {
  // The checksum has vouched for the bytes; what is left to find is a writer's mistake.
  const table = JSON.parse(body) as { jobs?: string[]; documents?: TableRow[] };
  if (!Array.isArray(table.jobs) || !Array.isArray(table.documents)) {
    throw corrupt(key, 'no table of jobs and documents');
  }
  return { jobs: table.jobs, documents: table.documents };
}
