/**
 * What a plan leaves behind: pages of documents, whose chunks either have a record already or await
 * one, and batches of the texts that await a vector.
 */

import type { DocumentEntry } from '../index/document-table';
import type { ChunkRecord } from '../index/record';
import type { KeyValueStore } from '../platform/ports';
import type { JobPlan } from './job';
import { batchKey, pageKey } from './job-keys';
import type { RecordPlace } from './reusable-records';
import { readTexts, writeText } from './work-text';

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
  /** A record of the same chunk in another library, whose vector is taken over. */
  source?: RecordPlace | undefined;
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
    ...(chunk.source === undefined ? [] : [chunk.source]),
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
  const rows = JSON.parse(text) as [string, string[], string, string, string, RecordPlace?][];
  return rows.map(([document, headings, lead, slice, trail, source]) => ({
    document,
    headings,
    lead,
    text: slice,
    trail,
    source,
  }));
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
