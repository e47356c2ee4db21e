/**
 * The life of a query: catalogue → embed the query and read the segments' heads side by side →
 * posting lists → records → fuse by rank. At most four KVS round trips however many libraries.
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
import { readGeneration } from '../index/reader';
import { type CodeCache, loadHeads } from '../index/segment-heads';
import type { Platform } from '../platform/ports';
import { settleAll } from '../settle-all';
import { fuseByRank } from './fusion';
import { DEFAULT_KNOBS, type SearchKnobs } from './knobs';
import { nearestChunks, type ScoredChunk } from './nearest-chunks';
import { scoreThreshold } from './threshold';

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

export interface SearchOptions {
  knobs?: SearchKnobs;
  /** Codes kept between queries of this installation; without it every query reads all it needs. */
  cache?: CodeCache;
  /**
   * What is searched in the place of the live catalogue: another generation of a library, for
   * example. Applied whenever the catalogue is read.
   */
  view?: (live: Catalogue) => Catalogue;
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

export const HITS_MAX = 100;
const QUERY_CHARACTERS_MAX = 50_000;

/**
 * The k best chunks of the scope, before any threshold; `applies` says which of them reach it.
 * Errors: `query_empty`, `query_too_long`, `k_out_of_range`, `library_unknown`,
 * `fingerprint_mismatch`, `value_missing`, `value_corrupt`, `format_newer`, and the provider's.
 */
export function rankChunks(
  platform: Platform,
  request: SearchRequest,
  options: SearchOptions = {},
): Promise<Hit[]> {
  return findHits(platform, request, { ...options, isWanted: () => true });
}

/**
 * The k best of those chunks that reach the threshold, best first; none when no instruction
 * applies. Errors: as `rankChunks`.
 */
export function search(
  platform: Platform,
  request: SearchRequest,
  options: SearchOptions = {},
): Promise<Hit[]> {
  return findHits(platform, request, { ...options, isWanted: applies });
}

async function findHits(
  platform: Platform,
  request: SearchRequest,
  options: SearchOptions & { isWanted: (chunk: ScoredChunk) => boolean },
): Promise<Hit[]> {
  const { knobs = DEFAULT_KNOBS, cache, view = (live) => live } = options;
  checkRequest(request);
  return readGeneration(platform, async (catalogue) => {
    const libraries = librariesInScope(view(catalogue), request.scope).filter(
      (library) => library.segments.length > 0,
    );
    if (libraries.length === 0) return [];
    // The heads do not depend on the query's vector, so both are fetched at once.
    const [queries, heads] = await settleAll([
      embedQuery(platform, libraries, request.text),
      loadHeads(platform.kv, libraries, cache),
    ]);
    const rankings = await nearestChunks(platform.kv, {
      heads,
      libraries,
      vectorOf: (library) => queries.get(library.fingerprint.modelId) as Float32Array,
      k: request.k,
      knobs,
      cache,
    });
    // Filtered before they are fused, lest a library that has nothing to say take up places.
    const wanted = rankings.map((ranking) => ranking.filter(options.isWanted));
    return fuseByRank(wanted)
      .slice(0, request.k)
      .map((chunk, i) => toHit(chunk, i + 1));
  });
}

function applies({ library, score }: ScoredChunk): boolean {
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
): Promise<Map<string, Float32Array>> {
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
      return embeddings[0] as Float32Array;
    }),
  );
  return new Map([...byModel.keys()].map((modelId, i) => [modelId, vectors[i] as Float32Array]));
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

function toHit(chunk: ScoredChunk, rank: number): Hit {
  const { library, record, start, end, score } = chunk;
  const { document, headings, text, lead, trail } = record;
  const place = { library: library.name, document, headings, start, end };
  return { rank, score, ...place, text, lead, trail, applies: applies(chunk) };
}
