/**
 * What a plan leaves behind: pages of documents, whose chunks either have a record already or await
 * one, and batches of the texts that await a vector.
 */

import type { DocumentEntry } from '../index/document-table';
import type { ChunkRecord } from '../index/record';
import { toBase64 } from '../index/stored-item';
import type { KeyValueStore } from '../platform/ports';
import type { Int8Vector } from '../quantization/int8';
import type { JobPlan } from './job';
import { batchKey, pageKey } from './job-keys';
import { readTexts, writeText } from './work-text';

/** Where a record lies. */
export interface RecordPlace {
  /** Id of the library. */
  library: string;
  job: string;
  record: number;
}

/** A chunk of a planned document: where it lies, its hash, and its record or place in the queue. */
export interface PlannedChunk {
  start: number;
  end: number;
  hash: string;
  /** Empty while the chunk awaits a vector; `record` is then its place among those that do. */
  job: string;
  record: number;
}

export interface PlannedDocument {
  name: string;
  hash: string;
  chunks: PlannedChunk[];
}

/** A chunk that awaits a vector: what its record will hold besides. */
export interface AwaitingChunk extends Omit<ChunkRecord, 'vector'> {
  /** Where the vector comes from if not from a provider: a record of another library, or here. */
  source?: RecordPlace | Int8Vector | undefined;
}

type ChunkRow = [start: number, end: number, hash: string, job: string, record: number];

export async function writePage(
  kv: KeyValueStore,
  at: { jobId: string; plan: number; page: number },
  documents: readonly PlannedDocument[],
): Promise<number[]> {
  const rows = documents.map(({ name, hash, chunks }) => [
    name,
    hash,
    chunks.map((chunk): ChunkRow => [chunk.start, chunk.end, chunk.hash, chunk.job, chunk.record]),
  ]);
  return writeText(kv, pageKey(at.jobId, at.plan, at.page), JSON.stringify(rows));
}

/** The documents of a plan, in the order in which they were planned. Errors: as `readTexts`. */
export async function readPages(
  kv: KeyValueStore,
  jobId: string,
  number: number,
  plan: JobPlan,
): Promise<PlannedDocument[]> {
  const wanted = plan.pages.map((bytes, page) => ({ key: pageKey(jobId, number, page), bytes }));
  const texts = await readTexts(kv, wanted);
  // Checksums have vouched for the bytes, and only this file writes them.
  return texts.flatMap((text) =>
    (JSON.parse(text) as [string, string, ChunkRow[]][]).map(([name, hash, chunks]) => ({
      name,
      hash,
      chunks: chunks.map(([start, end, chunkHash, job, record]) => ({
        start,
        end,
        hash: chunkHash,
        job,
        record,
      })),
    })),
  );
}

export async function writeBatch(
  kv: KeyValueStore,
  at: { jobId: string; plan: number; batch: number },
  chunks: readonly AwaitingChunk[],
): Promise<number[]> {
  const rows = chunks.map((chunk) => [
    chunk.document,
    chunk.headings,
    chunk.lead,
    chunk.text,
    chunk.trail,
    ...(chunk.source === undefined ? [] : [packSource(chunk.source)]),
  ]);
  return writeText(kv, batchKey(at.jobId, at.plan, at.batch), JSON.stringify(rows));
}

/** Errors: as `readTexts`. */
export async function readBatch(
  kv: KeyValueStore,
  at: { jobId: string; plan: number; batch: number },
  plan: JobPlan,
): Promise<AwaitingChunk[]> {
  const [, ...bytes] = plan.batches[at.batch] as [number, ...number[]];
  const [text = '[]'] = await readTexts(kv, [
    { key: batchKey(at.jobId, at.plan, at.batch), bytes },
  ]);
  const rows = JSON.parse(text) as BatchRow[];
  return rows.map(([document, headings, lead, slice, trail, source]) => ({
    document,
    headings,
    lead,
    text: slice,
    trail,
    source: source === undefined ? undefined : unpackSource(source),
  }));
}

type PackedSource = RecordPlace | [scale: number, values: string];
type BatchRow = [string, string[], string, string, string, PackedSource?];

function packSource(source: RecordPlace | Int8Vector): PackedSource {
  return 'job' in source ? source : [source.scale, toBase64(asBytes(source.values))];
}

function unpackSource(packed: PackedSource): RecordPlace | Int8Vector {
  if (!Array.isArray(packed)) return packed;
  const [scale, text] = packed;
  const bytes = Buffer.from(text, 'base64');
  return { scale, values: new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length) };
}

function asBytes({ buffer, byteOffset, length }: Int8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

/** Place among those that await a vector of the first chunk of each batch. */
export function batchStarts(plan: JobPlan): number[] {
  const starts: number[] = [];
  let at = 0;
  for (const [chunks = 0] of plan.batches) {
    starts.push(at);
    at += chunks;
  }
  return starts;
}

/** Planned documents as a document table has them, once every chunk has its record. */
export function toEntries(
  documents: readonly PlannedDocument[],
  recordOf: (place: number) => Pick<RecordPlace, 'job' | 'record'>,
): DocumentEntry[] {
  return documents.map(({ name, hash, chunks }) => ({
    name,
    hash,
    chunks: chunks.map(({ start, end, hash: chunkHash, job, record }) => ({
      start,
      end,
      hash: chunkHash,
      ...(job === '' ? recordOf(record) : { job, record }),
    })),
  }));
}
