/**
 * The life of a query: catalogue → embed the query and read the segments side by side → score every
 * row → fuse by rank → read the records of the best. Three KVS round trips however many libraries.
 */

import { estimateTokens } from '../chunking/estimate-tokens';
import { embedMany } from '../embedding/embed-many';
import type { EmbeddingProvider } from '../embedding/provider';
import { GroundworkError } from '../errors';
import {
  type Catalogue,
  findLibrary,
  type LibraryEntry,
  librariesOfProject,
} from '../index/catalogue';
import { providerOf } from '../index/choose-provider';
import { type LoadedSegment, loadRecords, loadSegment, readGeneration } from '../index/reader';
import type { ChunkRecord } from '../index/record';
import type { ChunkRef } from '../index/segment';
import type { Platform } from '../platform/ports';
import { type Int8Vector, quantizeInt8 } from '../quantization/int8';
import { settleAll } from '../settle-all';
import { fuseByRank } from './fusion';
import { scoreThreshold } from './threshold';
import { topRows } from './top-k';

/**
 * Which libraries are searched: those assigned to a project (or one of them), a single one whatever
 * its projects, or all. The last two are for admins; handlers see to it.
 */
export type SearchScope = { project: string; library?: string } | { library: string } | 'all';

export interface SearchRequest {
  text: string;
  scope: SearchScope;
  /** Hits wanted, 1 to 100. */
  k: number;
}

export interface Hit {
  /** 1 is the best. */
  rank: number;
  /** Cosine of query and chunk, -1 to 1. */
  score: number;
  library: string;
  document: string;
  headings: readonly string[];
  /** [start, end) of `text` in the document, in UTF-16 units. */
  start: number;
  end: number;
  text: string;
  /** What must stand around the text to read it: repeated table header, re-opened fence. */
  lead: string;
  trail: string;
  /** Whether the score reaches the threshold of the library's model. */
  applies: boolean;
}

interface Candidate {
  library: LibraryEntry;
  document: string;
  chunk: ChunkRef;
  score: number;
}

export const HITS_MAX = 100;
const QUERY_CHARACTERS_MAX = 50_000;

/**
 * The k best chunks of the scope, before any threshold; `applies` says which of them reach it.
 * Errors: `query_empty`, `query_too_long`, `k_out_of_range`, `library_unknown`,
 * `fingerprint_mismatch`, `value_missing`, `value_corrupt`, `format_newer`, and the provider's.
 */
export function rankChunks(platform: Platform, request: SearchRequest): Promise<Hit[]> {
  return findHits(platform, request, () => true);
}

/**
 * The k best of those chunks that reach the threshold, best first; none when no instruction
 * applies. What falls below is not read. Errors: as `rankChunks`.
 */
export function search(platform: Platform, request: SearchRequest): Promise<Hit[]> {
  return findHits(platform, request, applies);
}

async function findHits(
  platform: Platform,
  request: SearchRequest,
  isWanted: (candidate: Candidate) => boolean,
): Promise<Hit[]> {
  checkRequest(request);
  return readGeneration(platform, async (catalogue) => {
    const libraries = librariesInScope(catalogue, request.scope).filter(
      (library) => library.segments.length > 0,
    );
    if (libraries.length === 0) return [];
    // The lists do not depend on the query's vector, so both are fetched at once.
    const [queries, segments] = await settleAll([
      embedQuery(platform, libraries, request.text),
      settleAll(libraries.map((library) => loadSegments(platform, library))),
    ]);
    const rankings = libraries.map((library, i) =>
      scoreLibrary({
        library,
        segments: segments[i] as LoadedSegment[],
        query: queries.get(library.fingerprint.modelId) as Int8Vector,
        k: request.k,
      }),
    );
    // Filtered before they are fused, lest a library that has nothing to say take up places.
    const wanted = rankings.map((ranking) => ranking.filter(isWanted));
    const best = fuseByRank(wanted).slice(0, request.k);
    const records = await loadRecords(platform.kv, best);
    return best.map((candidate, i) => toHit(candidate, records[i] as ChunkRecord, i + 1));
  });
}

function applies({ library, score }: Candidate): boolean {
  return score >= scoreThreshold(library.fingerprint.modelId);
}

function checkRequest({ text, k }: SearchRequest): void {
  if (text.trim() === '') {
    throw new GroundworkError({
      code: 'query_empty',
      message: 'search: the text is empty; give a few words to search for',
    });
  }
  if (text.length > QUERY_CHARACTERS_MAX) {
    throw new GroundworkError({
      code: 'query_too_long',
      message: `search: the text has ${text.length} characters, at most ${QUERY_CHARACTERS_MAX} are taken; shorten it`,
      facts: { characters: text.length, charactersMax: QUERY_CHARACTERS_MAX },
    });
  }
  if (!Number.isInteger(k) || k < 1 || k > HITS_MAX) {
    throw new GroundworkError({
      code: 'k_out_of_range',
      message: `search: k is ${k}, expected a whole number from 1 to ${HITS_MAX}`,
    });
  }
}

function librariesInScope(catalogue: Catalogue, scope: SearchScope): LibraryEntry[] {
  if (scope === 'all') return catalogue.libraries;
  const visible =
    'project' in scope ? librariesOfProject(catalogue, scope.project) : catalogue.libraries;
  return scope.library === undefined
    ? visible
    : [findLibrary(visible, scope.library, 'project' in scope ? scope.project : undefined)];
}

/** Embeds the query once per model among the libraries; vectors by model id. */
async function embedQuery(
  platform: Platform,
  libraries: readonly LibraryEntry[],
  text: string,
): Promise<Map<string, Int8Vector>> {
  const byModel = new Map(libraries.map((library) => [library.fingerprint.modelId, library]));
  const vectors = await settleAll(
    [...byModel.values()].map(async (library) => {
      const provider = providerOf(platform, library.fingerprint);
      expectSameModel(library, provider);
      const { vectors: embeddings } = await embedMany({
        provider,
        texts: [text],
        purpose: 'query',
        sleep: platform.sleep,
        random: platform.random,
        estimateTokens,
        remainingTimeMs: platform.remainingTimeMs,
      });
      return quantizeInt8(embeddings[0] as Float32Array);
    }),
  );
  return new Map([...byModel.keys()].map((modelId, i) => [modelId, vectors[i] as Int8Vector]));
}

function expectSameModel(library: LibraryEntry, provider: EmbeddingProvider): void {
  const { modelId, dimensions } = library.fingerprint;
  if (provider.modelId === modelId && provider.dimensions === dimensions) return;
  throw new GroundworkError({
    code: 'fingerprint_mismatch',
    message: `library "${library.name}": indexed with ${modelId} (${dimensions} dimensions), this version embeds with ${provider.modelId} (${provider.dimensions}); delete the library and index it again`,
    facts: { library: library.name, found: provider.modelId, expected: modelId },
  });
}

function loadSegments(platform: Platform, library: LibraryEntry): Promise<LoadedSegment[]> {
  return settleAll(
    library.segments.map((descriptor) => loadSegment(platform.kv, library, descriptor)),
  );
}

function scoreLibrary(options: {
  library: LibraryEntry;
  segments: readonly LoadedSegment[];
  query: Int8Vector;
  k: number;
}): Candidate[] {
  const { library, segments, query, k } = options;
  return segments
    .flatMap((segment) =>
      topRows(query, segment.vectors, k).map(({ row, score }) => {
        const { document, chunk } = segment.rows[row] as LoadedSegment['rows'][number];
        return { library, document: document.name, chunk, score };
      }),
    )
    .sort((a, b) => b.score - a.score)
    .slice(0, k);
}

function toHit(candidate: Candidate, record: ChunkRecord, rank: number): Hit {
  const { library, document, chunk, score } = candidate;
  return {
    rank,
    score,
    library: library.name,
    document,
    headings: record.headings,
    start: chunk.start,
    end: chunk.end,
    text: record.text,
    lead: record.lead,
    trail: record.trail,
    applies: applies(candidate),
  };
}
