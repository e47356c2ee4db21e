/**
 * The life of a document, in one job: check, parse, chunk, skip what has not changed, embed, write
 * records, seal a segment, publish, sweep what no query can be reading any more. Nothing is visible
 * before the publish; a job that fails leaves the index as it was.
 */

import { estimateTokens } from '../chunking/estimate-tokens';
import { embedMany } from '../embedding/embed-many';
import type { Platform } from '../platform/ports';
import type { Fingerprint, LibraryEntry } from './catalogue';
import type { DocumentEntry } from './document-table';
import { MANIFEST_ENTITY, recordKey } from './keys';
import { type NextSegments, nextSegments } from './next-segments';
import {
  type Baseline,
  fingerprintOf,
  type IndexProgress,
  type IndexRequest,
  isReassigned,
  loadBaseline,
  type Plan,
  planDocuments,
  type RefusedDocument,
} from './plan-job';
import { chunkHash, embeddedText } from './prepare-document';
import { createManifest, isPublishUnknown, orPublishLost, publishGeneration } from './publish';
import { deleteKeys, writeValues } from './read-values';
import { encodeRecord } from './record';
import { RETIRED_GRACE_MS, succession, sweepRetired } from './retire';
import { liveChunks, type SegmentDescriptor } from './segment';
import { itemBytes, type StoredItem } from './stored-item';
import { quantizeRows, rowOf, type VectorRows } from './vector-rows';

export type { IndexProgress, IndexRequest, RefusedDocument };

export interface IndexReport {
  library: string;
  generation: number;
  indexed: number;
  unchanged: number;
  deleted: number;
  refused: RefusedDocument[];
  /** Chunks of the whole library after this job. */
  chunks: number;
  /** Chunks embedded by this job. */
  embedded: number;
  tokens: number;
  /** Whether the provider counted the tokens, or they are an estimate. */
  tokensMeasured: boolean;
}

interface Job {
  request: IndexRequest;
  fingerprint: Fingerprint;
  baseline: Baseline;
  plan: Plan;
  libraryId: string;
  jobId: string;
  /** What may be written and is named by nothing: deleted when the job fails. */
  unnamed: { keys: string[]; manifest: boolean };
}

interface EncodedRecords {
  items: StoredItem[];
  entries: DocumentEntry[];
  vectors: VectorRows;
}

/**
 * Indexes documents into a library. A document that cannot be taken is refused by name and the
 * others go on; what concerns the whole run throws and publishes nothing.
 * Errors: `library_name_invalid`, `catalogue_full`, `fingerprint_mismatch`, `publish_lost`,
 * `publish_unknown`, `value_corrupt`, `value_missing`, and the provider's.
 */
export async function indexDocuments(
  platform: Platform,
  request: IndexRequest,
): Promise<IndexReport> {
  const fingerprint = fingerprintOf(request.provider);
  const baseline = await loadBaseline(platform, request, fingerprint);
  const plan = planDocuments(baseline, request);
  const nothingToDo =
    plan.changed.length === 0 && plan.deleted.length === 0 && !isReassigned(baseline, request);
  if (nothingToDo || (baseline.library === undefined && plan.changed.length === 0)) {
    return reportOf(request.library, plan, baseline.library, {
      embedded: 0,
      tokens: 0,
      measured: true,
    });
  }
  const job: Job = {
    request,
    fingerprint,
    baseline,
    plan,
    libraryId: baseline.library?.id ?? platform.newId(),
    jobId: platform.newId(),
    unnamed: { keys: [], manifest: false },
  };
  try {
    return await runJob(platform, job);
  } catch (error) {
    // Should this fail too, the error of the job is still the one to report.
    await deleteUnnamed(platform, job).catch(() =>
      platform.log('cleanup_failed', { library: job.libraryId }),
    );
    throw await orPublishLost(platform.entities, error, {
      libraryId: job.libraryId,
      name: request.library,
      generation: baseline.library?.generation ?? 0,
    });
  }
}

async function runJob(platform: Platform, job: Job): Promise<IndexReport> {
  const { request, plan } = job;
  const onProgress = request.onProgress ?? (() => undefined);
  const texts = plan.changed.flatMap((document) =>
    document.chunks.map((chunk) => embeddedText(document, chunk)),
  );
  onProgress({ phase: 'embed', done: 0, total: texts.length });
  const embedded = await embedMany({
    provider: request.provider,
    texts,
    purpose: 'document',
    sleep: platform.sleep,
    random: platform.random,
    estimateTokens,
    onProgress: ({ embedded: done, total }) => onProgress({ phase: 'embed', done, total }),
    remainingTimeMs: platform.remainingTimeMs,
  });

  const records = encodeRecords(job, embedded.vectors);
  onProgress({ phase: 'write', done: 0, total: records.items.length });
  job.unnamed.keys = records.items.map((item) => item.key);
  await writeValues(platform.kv, records.items);
  const next = await sealNext(platform, job, records);
  job.unnamed.keys.push(...next.items.map((item) => item.key));
  await writeValues(platform.kv, next.items);
  onProgress({ phase: 'write', done: records.items.length, total: records.items.length });

  onProgress({ phase: 'publish', done: 0, total: 1 });
  const library = await publish(platform, job, next.segments);
  // What cannot be swept now is named by the manifest, and the next job sweeps it.
  const grace = { now: platform.clock(), graceMs: RETIRED_GRACE_MS };
  await sweepRetired(platform, job.libraryId, grace).catch(() =>
    platform.log('sweep_failed', { library: job.libraryId }),
  );
  onProgress({ phase: 'publish', done: 1, total: 1 });
  return reportOf(request.library, plan, library, {
    embedded: texts.length,
    tokens: embedded.tokens.count,
    measured: embedded.tokens.measured,
  });
}

/** The segments of the next generation, from those of the baseline and the new records. */
function sealNext(platform: Platform, job: Job, records: EncodedRecords): Promise<NextSegments> {
  const { baseline, plan } = job;
  return nextSegments(platform.kv, baseline.segments, {
    libraryId: job.libraryId,
    jobId: job.jobId,
    dimensions: job.fingerprint.dimensions,
    removed: new Set([...plan.changed.map(({ name }) => name), ...plan.deleted]),
    added: records.entries,
    vectors: records.vectors,
    erase: plan.deleted.length > 0,
    inlineCharactersMax: baseline.inlineCharactersMax,
  });
}

async function publish(
  platform: Platform,
  job: Job,
  segments: SegmentDescriptor[],
): Promise<LibraryEntry> {
  const { request, baseline, plan, libraryId } = job;
  const { library, manifest } = baseline;
  await request.beforePublish?.();
  if (baseline.library === undefined) {
    job.unnamed.manifest = true;
    await createManifest(platform.entities, libraryId);
  }
  const now = platform.clock();
  const unpublished = job.unnamed;
  // Once the transaction is under way its outcome may be unknown: then nothing may be deleted.
  job.unnamed = { keys: [], manifest: false };
  try {
    return await publishGeneration(platform.entities, platform.clock, {
      libraryId,
      name: request.library,
      projects: request.projects,
      fingerprint: job.fingerprint,
      segments,
      ...succession({ library, manifest, segments, isDeletion: plan.deleted.length > 0, now }),
      expectedGeneration: baseline.library?.generation ?? 0,
      publisher: job.jobId,
    });
  } catch (error) {
    if (!isPublishUnknown(error)) job.unnamed = unpublished;
    throw error;
  }
}

async function deleteUnnamed(platform: Platform, job: Job): Promise<void> {
  const { keys, manifest } = job.unnamed;
  await deleteKeys(platform.kv, keys);
  if (manifest) await platform.entities.delete(MANIFEST_ENTITY, job.libraryId);
}

/** Quantizes the embeddings and encodes one record per chunk, numbered through the job. */
function encodeRecords(job: Job, embedded: readonly Float32Array[]): EncodedRecords {
  const { libraryId, jobId, plan } = job;
  const vectors = quantizeRows(embedded, job.fingerprint.dimensions);
  const items: StoredItem[] = [];
  const entries = plan.changed.map((document) => {
    const chunks = document.chunks.map((chunk) => {
      const number = items.length;
      const key = recordKey(libraryId, jobId, number);
      const value = encodeRecord(key, {
        document: document.name,
        headings: chunk.headings,
        lead: chunk.lead,
        text: document.text.slice(chunk.start, chunk.end),
        trail: chunk.trail,
        vector: rowOf(vectors, number),
      });
      items.push({ key, value, bytes: itemBytes(key, value) });
      const hash = chunkHash(document, chunk);
      return { start: chunk.start, end: chunk.end, job: jobId, record: number, hash };
    });
    return { name: document.name, hash: document.hash, chunks };
  });
  return { items, entries, vectors };
}

function reportOf(
  library: string,
  plan: Plan,
  entry: LibraryEntry | undefined,
  spent: { embedded: number; tokens: number; measured: boolean },
): IndexReport {
  return {
    library,
    generation: entry?.generation ?? 0,
    indexed: plan.changed.length,
    unchanged: plan.unchanged,
    deleted: plan.deleted.length,
    refused: plan.refused,
    chunks: entry?.segments.reduce((sum, segment) => sum + liveChunks(segment), 0) ?? 0,
    embedded: spent.embedded,
    tokens: spent.tokens,
    tokensMeasured: spent.measured,
  };
}
