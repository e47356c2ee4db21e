/**
 * The life of a document, in one job: check, parse, chunk, skip what has not changed, embed, write
 * records, seal a segment, publish a generation, sweep what no generation names any more. Nothing is
 * visible before the publish; a job that fails leaves the index as it was.
 */

import { CHUNKER_VERSION } from '../chunking/chunk-document';
import { estimateTokens } from '../chunking/estimate-tokens';
import { embedMany } from '../embedding/embed-many';
import type { EmbeddingProvider } from '../embedding/provider';
import { GroundworkError } from '../errors';
import type { Platform } from '../platform/ports';
import { type Int8Vector, quantizeInt8 } from '../quantization/int8';
import {
  type Fingerprint,
  type IndexManifest,
  type LibraryEntry,
  loadCatalogue,
  loadManifest,
  type Projects,
} from './catalogue';
import { recordKey } from './keys';
import {
  EMBEDDED_TEXT_VERSION,
  embeddedText,
  type GivenDocument,
  hashDocument,
  type PreparedDocument,
  prepareDocument,
} from './prepare-document';
import { createManifest, publishGeneration } from './publish';
import { deleteKeys, writeValues } from './read-values';
import { loadSegment } from './reader';
import { encodeRecord } from './record';
import {
  type DocumentEntry,
  encodeSegment,
  itemBytes,
  type SegmentDescriptor,
  type StoredItem,
  type VectorRows,
} from './segment';
import { sweep } from './sweep';

export interface IndexRequest {
  library: string;
  /** Undefined keeps the library's assignment; a new library is then for all projects. */
  projects: Projects | undefined;
  documents: readonly GivenDocument[];
  /** Also delete the library's documents that are not among those given. */
  sync: boolean;
  provider: EmbeddingProvider;
  onProgress?: (progress: IndexProgress) => void;
}

export interface IndexProgress {
  phase: 'read' | 'embed' | 'write' | 'publish';
  done: number;
  total: number;
}

export interface RefusedDocument {
  document: string;
  code: string;
  message: string;
}

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

/** What a library holds before the job. */
interface Baseline {
  library: LibraryEntry | undefined;
  manifest: IndexManifest | undefined;
  documents: DocumentEntry[];
  vectors: VectorRows | undefined;
  /** First row of each document in `vectors`, by name. */
  firstRow: Map<string, number>;
}

interface Plan {
  changed: PreparedDocument[];
  kept: DocumentEntry[];
  unchanged: number;
  deleted: number;
  refused: RefusedDocument[];
}

interface Job {
  request: IndexRequest;
  fingerprint: Fingerprint;
  baseline: Baseline;
  plan: Plan;
  libraryId: string;
  jobId: string;
  /** Keys that may be written and that nothing names: deleted when the job fails. */
  unnamed: string[];
}

interface EncodedRecords {
  items: StoredItem[];
  entries: DocumentEntry[];
  vectors: Int8Vector[];
}

/** The fingerprint that vectors of this provider have, as this version of the app makes them. */
export function fingerprintOf(provider: EmbeddingProvider): Fingerprint {
  return {
    embedder: provider.provider,
    model: provider.model,
    modelId: provider.modelId,
    dimensions: provider.dimensions,
    queryConvention: provider.queryConvention,
    normalized: provider.normalized,
    chunkerVersion: CHUNKER_VERSION,
    embeddedTextVersion: EMBEDDED_TEXT_VERSION,
    maskingVersion: 0,
  };
}

/**
 * Indexes documents into a library. A document that cannot be taken is refused by name and the
 * others go on; what concerns the whole run throws and publishes nothing.
 * Errors: `fingerprint_mismatch`, `publish_lost`, `value_corrupt`, `value_missing`, and the
 * provider's.
 */
export async function indexDocuments(
  platform: Platform,
  request: IndexRequest,
): Promise<IndexReport> {
  const fingerprint = fingerprintOf(request.provider);
  const baseline = await loadBaseline(platform, request.library, fingerprint);
  const plan = planDocuments(baseline, request);
  const isReassigned =
    request.projects !== undefined &&
    JSON.stringify(request.projects) !== JSON.stringify(baseline.library?.projects);
  const nothingToDo = plan.changed.length === 0 && plan.deleted === 0 && !isReassigned;
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
    unnamed: [],
  };
  try {
    return await runJob(platform, job);
  } catch (error) {
    // Should this fail too, the error of the job is still the one to report.
    await deleteKeys(platform.kv, job.unnamed).catch(() => undefined);
    throw error;
  }
}

async function runJob(platform: Platform, job: Job): Promise<IndexReport> {
  const { request, baseline, plan, libraryId } = job;
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
  const segment = sealSegment(job, records);
  const items = [...records.items, ...segment.items];
  job.unnamed = items.map((item) => item.key);
  onProgress({ phase: 'write', done: 0, total: items.length });
  await writeValues(platform.kv, items);
  onProgress({ phase: 'write', done: items.length, total: items.length });

  onProgress({ phase: 'publish', done: 0, total: 1 });
  const library = await publish(platform, job, segment.descriptor);
  await sweep(platform.kv, {
    libraryId,
    retired: baseline.manifest?.previous ?? [],
    kept: [...baseline.documents, ...segment.documents],
  }).catch(() => platform.log('sweep_failed', { library: libraryId }));
  onProgress({ phase: 'publish', done: 1, total: 1 });
  return reportOf(request.library, plan, library, {
    embedded: texts.length,
    tokens: embedded.tokens.count,
    measured: embedded.tokens.measured,
  });
}

async function publish(
  platform: Platform,
  job: Job,
  descriptor: SegmentDescriptor,
): Promise<LibraryEntry> {
  const { request, baseline, libraryId } = job;
  if (baseline.library === undefined) await createManifest(platform.entities, libraryId);
  const unpublished = job.unnamed;
  // Once the transaction is under way its outcome may be unknown: then nothing may be deleted.
  job.unnamed = [];
  try {
    return await publishGeneration(platform.entities, platform.clock, {
      libraryId,
      name: request.library,
      projects: request.projects,
      fingerprint: job.fingerprint,
      segments: descriptor.chunks > 0 ? [descriptor] : [],
      keepPrevious: true,
      expectedGeneration: baseline.library?.generation ?? 0,
      publisher: job.jobId,
    });
  } catch (error) {
    if (GroundworkError.isInstance(error) && error.code === 'publish_lost') {
      job.unnamed = unpublished;
    }
    throw error;
  }
}

async function loadBaseline(
  platform: Platform,
  name: string,
  fingerprint: Fingerprint,
): Promise<Baseline> {
  const catalogue = await loadCatalogue(platform.entities);
  const library = catalogue.libraries.find((entry) => entry.name === name);
  const empty = { manifest: undefined, documents: [], vectors: undefined, firstRow: new Map() };
  if (library === undefined) return { library, ...empty };
  expectSameFingerprint(library, fingerprint);
  const manifest = await loadManifest(platform.entities, library.id);
  const descriptor = library.segments[0];
  if (descriptor === undefined) return { ...empty, library, manifest };
  const { documents, vectors } = await loadSegment(platform.kv, library, descriptor);
  const firstRow = new Map<string, number>();
  let row = 0;
  for (const document of documents) {
    firstRow.set(document.name, row);
    row += document.chunks.length;
  }
  return { library, manifest, documents, vectors, firstRow };
}

function expectSameFingerprint(library: LibraryEntry, fingerprint: Fingerprint): void {
  for (const field of Object.keys(fingerprint) as (keyof Fingerprint)[]) {
    const found = fingerprint[field];
    const expected = library.fingerprint[field];
    if (found === expected) continue;
    throw new GroundworkError({
      code: 'fingerprint_mismatch',
      message: `library "${library.name}": indexed with ${field} ${expected}, this run has ${found}; vectors of the two cannot be compared. Use the same embedder, or delete the library and index it again`,
      facts: { library: library.name, field, found, expected },
    });
  }
}

function planDocuments(baseline: Baseline, request: IndexRequest): Plan {
  const existing = new Map(baseline.documents.map((document) => [document.name, document]));
  const given = new Set<string>();
  const plan: Plan = { changed: [], kept: [], unchanged: 0, deleted: 0, refused: [] };
  for (const [i, document] of request.documents.entries()) {
    request.onProgress?.({ phase: 'read', done: i + 1, total: request.documents.length });
    const before = existing.get(document.name);
    try {
      if (given.has(document.name)) throw duplicateName(document.name);
      given.add(document.name);
      if (before !== undefined && before.hash === hashDocument(document.bytes)) plan.unchanged += 1;
      else plan.changed.push(prepareDocument(document));
    } catch (error) {
      if (!GroundworkError.isInstance(error)) throw error;
      plan.refused.push({ document: document.name, code: error.code, message: error.message });
    }
  }
  const replaced = new Set(plan.changed.map((document) => document.name));
  for (const document of baseline.documents) {
    // A refused document is still given: its last good version stays.
    if (request.sync && !given.has(document.name)) plan.deleted += 1;
    else if (!replaced.has(document.name)) plan.kept.push(document);
  }
  return plan;
}

/** Quantizes the embeddings and encodes one record per chunk, numbered through the job. */
function encodeRecords(job: Job, embedded: readonly Float32Array[]): EncodedRecords {
  const { libraryId, jobId, plan } = job;
  const vectors = embedded.map(quantizeInt8);
  const items: StoredItem[] = [];
  const entries = plan.changed.map((document) => {
    const chunks = document.chunks.map((chunk) => {
      const number = items.length;
      const key = recordKey(libraryId, jobId, number);
      const value = encodeRecord({
        document: document.name,
        headings: chunk.headings,
        lead: chunk.lead,
        text: document.text.slice(chunk.start, chunk.end),
        trail: chunk.trail,
        vector: vectors[number] as Int8Vector,
      });
      items.push({ key, value, bytes: itemBytes(key, value) });
      return { start: chunk.start, end: chunk.end, job: jobId, record: number };
    });
    return { name: document.name, hash: document.hash, chunks };
  });
  return { items, entries, vectors };
}

/** Lays kept rows and new vectors side by side, in order of document name. */
function sealSegment(
  job: Job,
  records: EncodedRecords,
): { items: StoredItem[]; descriptor: SegmentDescriptor; documents: DocumentEntry[] } {
  const { libraryId, jobId, baseline, plan } = job;
  const fresh = new Set(records.entries);
  const documents = [...plan.kept, ...records.entries].sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows: Int8Vector[] = [];
  for (const document of documents) {
    const firstRow = baseline.firstRow.get(document.name) ?? 0;
    for (const [i, chunk] of document.chunks.entries()) {
      const vector = fresh.has(document)
        ? records.vectors[chunk.record]
        : rowOf(baseline.vectors, firstRow + i);
      if (vector !== undefined) rows.push(vector);
    }
  }
  const vectors = toRows(rows, job.fingerprint.dimensions);
  const encoded = encodeSegment({ libraryId, segmentId: jobId, vectors, documents });
  return { ...encoded, documents };
}

function toRows(vectors: readonly Int8Vector[], dimensions: number): VectorRows {
  const scales = Float32Array.from(vectors, (vector) => vector.scale);
  const values = new Int8Array(vectors.length * dimensions);
  for (const [row, vector] of vectors.entries()) values.set(vector.values, row * dimensions);
  return { dimensions, count: vectors.length, scales, values };
}

function rowOf(rows: VectorRows | undefined, row: number): Int8Vector | undefined {
  if (rows === undefined || row >= rows.count) return undefined;
  const { dimensions } = rows;
  return {
    values: rows.values.subarray(row * dimensions, (row + 1) * dimensions),
    scale: rows.scales[row] as number,
  };
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
    deleted: plan.deleted,
    refused: plan.refused,
    chunks: entry?.segments.reduce((sum, segment) => sum + segment.chunks, 0) ?? 0,
    embedded: spent.embedded,
    tokens: spent.tokens,
    tokensMeasured: spent.measured,
  };
}

function duplicateName(name: string): GroundworkError {
  return new GroundworkError({
    code: 'document_duplicate',
    message: `document "${name}": given twice in one run; the first was taken. Rename one of them, or index them into two libraries`,
  });
}
