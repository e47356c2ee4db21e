/**
 * Libraries of seeded vectors on the local platform: every chunk names the vector that stands for
 * it, and the provider looks it up. Queries are vectors too, and take the way of `search` from the
 * catalogue to the scored records.
 */

import type { EmbeddingProvider } from '../../src/embedding/provider';
import { findLibrary, type LibraryEntry, loadCatalogue } from '../../src/index/catalogue';
import { deleteDocument } from '../../src/index/delete';
import { readGeneration } from '../../src/index/reader';
import { loadHeads } from '../../src/index/segment-heads';
import type { IndexReport } from '../../src/jobs/drive-here';
import { indexDocuments } from '../../src/jobs/index-here';
import type { Platform } from '../../src/platform/ports';
import { DEFAULT_KNOBS, type VectorKnobs } from '../../src/retrieval/knobs';
import { nearestChunks } from '../../src/retrieval/nearest-chunks';
import { isForeignText } from './document-calls';
import {
  documentsOf,
  type IndexOptions,
  type IndexSite,
  openIndexSite,
  wordProvider,
} from './index-site';

/** Documents by name, each with the numbers of the vectors of its chunks. */
export type VectorDocuments = Record<string, readonly number[]>;

export interface Found {
  document: string;
  start: number;
  vector: number;
  score: number;
}

export interface NearestOptions {
  library?: string;
  k?: number;
  knobs?: VectorKnobs;
}

export interface VectorSite {
  site: IndexSite;
  provider: EmbeddingProvider & { embedded: string[] };
  index(documents: VectorDocuments, options?: Partial<IndexOptions>): Promise<IndexReport>;
  remove(document: string, library?: string): Promise<unknown>;
  /** Indexes by a platform that was tampered with. */
  indexOn(platform: Platform, documents: VectorDocuments): Promise<IndexReport>;
  nearest(query: Float32Array, options?: NearestOptions): Promise<Found[]>;
  /** The same in a generation that was live before. */
  nearestOf(library: LibraryEntry, query: Float32Array, options?: NearestOptions): Promise<Found[]>;
  /** Mean read units and most round trips of queries, catalogue included. */
  costOf(
    queries: readonly Float32Array[],
    options?: NearestOptions,
  ): Promise<{ found: Found[][]; readUnits: number; roundTrips: number }>;
  library(name?: string): Promise<LibraryEntry>;
  close(): Promise<void>;
}

/** A site whose provider knows these vectors, all of the same dimensions. */
export async function openVectorSite(vectors: readonly Float32Array[]): Promise<VectorSite> {
  const site = await openIndexSite();
  const provider = lookUpProvider(vectors);
  const nearest: VectorSite['nearest'] = (query, options = {}) =>
    site.run((platform) =>
      readGeneration(platform, ({ libraries }) =>
        nearestIn(platform, findLibrary(libraries, options.library ?? 'rules'), query, options),
      ),
    );
  return {
    site,
    provider,
    index: (documents, options) => site.index(textsOf(documents), { provider, ...options }),
    remove: (document, library = 'rules') =>
      site.run((platform) => deleteDocument(platform, { library, document })),
    indexOn: (platform, documents) =>
      indexDocuments(platform, {
        ...{ library: 'rules', projects: undefined, sync: false, provider },
        documents: documentsOf(textsOf(documents)),
      }),
    nearest,
    nearestOf: (library, query, options = {}) =>
      site.run((platform) => nearestIn(platform, library, query, options)),
    costOf: async (queries, options) => {
      const found: Found[][] = [];
      let [units, roundTrips] = [0, 0];
      for (const query of queries) {
        const { result, reading } = await site.local.measure('q', () => nearest(query, options));
        found.push(result);
        units += reading.readUnits;
        roundTrips = Math.max(roundTrips, reading.roundTrips);
      }
      return { found, readUnits: units / queries.length, roundTrips };
    },
    library: async (name = 'rules') => {
      const { libraries } = await site.run(({ entities }) => loadCatalogue(entities));
      return findLibrary(libraries, name);
    },
    close: () => site.close(),
  };
}

async function nearestIn(
  { kv }: Platform,
  library: LibraryEntry,
  query: Float32Array,
  { k = 10, knobs = DEFAULT_KNOBS }: NearestOptions,
): Promise<Found[]> {
  const heads = await loadHeads(kv, [library]);
  const request = { heads, libraries: [library], vectorOf: () => query, k, knobs };
  const [ranking = []] = await nearestChunks(kv, request);
  return ranking.map(({ record, start, score }) => {
    return { document: record.document, start, vector: vectorNamedBy(record.text), score };
  });
}

/** Sections of one chunk each, so that a document has as many chunks as vectors. */
export function textsOf(documents: VectorDocuments): Record<string, string> {
  return Object.fromEntries(
    Object.entries(documents).map(([name, numbers]) => [name, numbers.map(sectionOf).join('')]),
  );
}

/** Consecutive numbers in documents of so many chunks. */
export function inDocuments(
  numbers: readonly number[],
  { prefix, chunks }: { prefix: string; chunks: number },
): VectorDocuments {
  const documents: Record<string, number[]> = {};
  for (let first = 0; first < numbers.length; first += chunks) {
    const name = `${prefix}${String(first / chunks).padStart(4, '0')}.md`;
    documents[name] = numbers.slice(first, first + chunks);
  }
  return documents;
}

export function range(first: number, end: number): number[] {
  return Array.from({ length: end - first }, (_, i) => first + i);
}

/** The k numbers whose vectors are nearest by exact float arithmetic, best first. */
export function exactNearest(
  vectors: readonly Float32Array[],
  query: Float32Array,
  { numbers, k = 10 }: { numbers: readonly number[]; k?: number },
): number[] {
  const scored = numbers.map((number) => ({ number, score: dot(query, vectors[number]) }));
  scored.sort((a, b) => b.score - a.score || a.number - b.number);
  return scored.slice(0, k).map(({ number }) => number);
}

function dot(a: Float32Array, b: Float32Array | undefined): number {
  if (b === undefined) return Number.NaN;
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Long enough that the next section begins a chunk of its own. */
function sectionOf(number: number): string {
  return `# Part v${number}\n\n${'These words fill the part up. '.repeat(12)}\n\n`;
}

function vectorNamedBy(text: string): number {
  return Number(/\bv(\d+)\b/.exec(text)?.[1] ?? Number.NaN);
}

function lookUpProvider(vectors: readonly Float32Array[]): VectorSite['provider'] {
  const dimensions = vectors[0]?.length ?? 0;
  const embedded: string[] = [];
  return {
    ...wordProvider({ dimensions }),
    embedded,
    async doEmbed(texts) {
      embedded.push(...texts.filter((text) => !isForeignText(text)));
      const embeddings = texts.map((text) => vectors[vectorNamedBy(text)] ?? []);
      return { embeddings, tokens: texts.length };
    },
  };
}
