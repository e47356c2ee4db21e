/**
 * A library made of vectors that are given: written and published as a job would, with texts that
 * were never embedded.
 */

import { createHash } from 'node:crypto';
import type { Site } from '../../cli/local-site';
import { buildSegment, type SegmentPlan } from '../../src/index/build-segment';
import type { Fingerprint, LibraryEntry } from '../../src/index/catalogue';
import { CHUNK_HASH_CHARACTERS, type DocumentEntry } from '../../src/index/document-table';
import { recordKey } from '../../src/index/keys';
import { createManifest, publishGeneration } from '../../src/index/publish';
import { writeValues } from '../../src/index/read-values';
import { encodeRecord } from '../../src/index/record';
import { DEFAULT_SEAL_KNOBS } from '../../src/index/seal-knobs';
import type { SegmentDescriptor } from '../../src/index/segment';
import { itemBytes, type StoredItem } from '../../src/index/stored-item';
import { emptyRows, rowOf, type VectorRows } from '../../src/index/vector-rows';
import { KVS_BATCH_KEYS_MAX } from '../../src/platform/limits';
import { type Int8Vector, quantizeInt8Into } from '../../src/quantization/int8';
import type { RowBlock, VectorSource } from '../workloads/vector-source';
import { TEXT_CHARACTERS, textOf } from './words';

/** Ids are fixed, so that every run stores the same bytes. */
export const LIBRARY_ID = '6c69627261727931';
export const JOB_ID = '6a6f623030303031';
const NAME = 'vectors';
/** Whole batches, so that blocks are written as one long list would be. */
const ROWS_PER_BLOCK = 40 * KVS_BATCH_KEYS_MAX;
const CHUNKS_PER_DOCUMENT = 8;
const HEADINGS = ['Handbook', 'How we work'];
/** Room that an installation without other libraries has (src/index/catalogue.ts). */
const INLINE_CHARACTERS_MAX = 24_000;

export interface WrittenLibrary {
  /** The int8 rows that the records hold. */
  vectors: VectorRows;
  /** From float32 in memory to every encoded value, without writing them. */
  buildMs: number;
  writeUnits: number;
}

/** Quantizes, encodes, writes and publishes; holds the values of one block of records at a time. */
export async function writeLibrary(
  site: Site,
  base: VectorSource,
  knobs = DEFAULT_SEAL_KNOBS,
): Promise<WrittenLibrary> {
  const { n, dims } = base;
  const documents = documentsOf(n);
  const vectors = emptyRows(n, dims);
  let buildMs = 0;
  let writeUnits = 0;
  const timed = <T>(work: () => T): T => {
    const startedAt = performance.now();
    const result = work();
    buildMs += performance.now() - startedAt;
    return result;
  };
  const write = async (items: readonly StoredItem[]) => {
    const { reading } = await site.run('write', ({ kv }) => writeValues(kv, items));
    writeUnits += reading.writeUnits;
  };
  for (const block of base.blocks(ROWS_PER_BLOCK)) {
    const texts = Array.from({ length: block.rows.length / dims }, (_, i) =>
      textOf(block.first + i),
    );
    await write(timed(() => encodeBlock(block, texts, vectors)));
  }
  const plan = { ...planOf(dims, documents), knobs };
  const { items, descriptor } = timed(() => buildSegment(plan, { vectors }));
  await write(items);
  const { reading } = await site.run('publish', async ({ entities, clock }) => {
    await createManifest(entities, LIBRARY_ID);
    await publishGeneration(entities, clock, {
      libraryId: LIBRARY_ID,
      name: NAME,
      projects: 'all',
      fingerprint: fingerprintOf(dims),
      segments: [descriptor],
      previous: null,
      retired: [],
      expectedGeneration: 0,
      publisher: JOB_ID,
    });
  });
  return { vectors, buildMs, writeUnits: writeUnits + reading.writeUnits };
}

/** The row of the base that a chunk was made of. */
export function rowOfChunk(document: string, start: number): number {
  return Number(document) * CHUNKS_PER_DOCUMENT + start / TEXT_CHARACTERS;
}

/** What the segment of such a library is built to. */
export function planOf(dimensions: number, documents: readonly DocumentEntry[]): SegmentPlan {
  return {
    libraryId: LIBRARY_ID,
    segmentId: JOB_ID,
    dimensions,
    documents,
    inlineCharactersMax: INLINE_CHARACTERS_MAX,
  };
}

export function documentsOf(n: number): DocumentEntry[] {
  return Array.from({ length: Math.ceil(n / CHUNKS_PER_DOCUMENT) }, (_, ordinal) => {
    const name = nameOf(ordinal);
    const first = ordinal * CHUNKS_PER_DOCUMENT;
    const chunks = Array.from({ length: Math.min(CHUNKS_PER_DOCUMENT, n - first) }, (__, i) => {
      const start = i * TEXT_CHARACTERS;
      const hash = digestOf(`${name}:${i}`).toString('base64url').slice(0, CHUNK_HASH_CHARACTERS);
      return { start, end: start + TEXT_CHARACTERS, job: JOB_ID, record: first + i, hash };
    });
    return { name, hash: digestOf(name).toString('hex'), chunks };
  });
}

/** Stands in for hashes of texts, which no query reads. */
function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Quantizes the rows of a block into `vectors` and encodes a record for each. */
function encodeBlock(
  { first, rows }: RowBlock,
  texts: readonly string[],
  vectors: VectorRows,
): StoredItem[] {
  const { dimensions } = vectors;
  return texts.map((text, i) => {
    const row = first + i;
    const values = rows.subarray(i * dimensions, (i + 1) * dimensions);
    vectors.scales[row] = quantizeInt8Into(values, vectors.values, row * dimensions);
    return recordItem(row, text, rowOf(vectors, row));
  });
}

/** The record of a row of the base, ready to be stored. */
export function recordItem(row: number, text: string, vector: Int8Vector): StoredItem {
  const key = recordKey(LIBRARY_ID, JOB_ID, row);
  const value = encodeRecord(key, {
    document: nameOf(Math.floor(row / CHUNKS_PER_DOCUMENT)),
    headings: HEADINGS,
    lead: '',
    text,
    trail: '',
    vector,
  });
  return { key, value, bytes: itemBytes(key, value) };
}

/** Six digits: names of one length, whatever their number. */
function nameOf(ordinal: number): string {
  return String(ordinal).padStart(6, '0');
}

/** The library's entry of the catalogue once it is published. */
export function entryOf(dimensions: number, segments: SegmentDescriptor[]): LibraryEntry {
  const fingerprint = fingerprintOf(dimensions);
  return {
    id: LIBRARY_ID,
    name: NAME,
    projects: 'all',
    generation: 1,
    fingerprint,
    calibration: null,
    segments,
  };
}

function fingerprintOf(dimensions: number): Fingerprint {
  return {
    embedder: 'given',
    model: 'given',
    modelId: `given/${dimensions}`,
    dimensions,
    queryConvention: 'same',
    normalized: true,
    chunkerVersion: 1,
    embeddedTextVersion: 1,
    maskingVersion: 0,
  };
}
