/**
 * The life of a query: catalogue → embed the query and read the segments' heads side by side →
 * posting lists and postings → records → fuse, hold against the threshold, select. At most four KVS
 * round trips however many libraries.
 */

import { GroundworkError } from '../errors';
import type { Catalogue, LibraryEntry } from '../index/catalogue';
import type { Providers } from '../index/choose-provider';
import { readGeneration } from '../index/reader';
import { type CodeCache, loadHeads } from '../index/segment-heads';
import type { Platform } from '../platform/ports';
import { settleAll } from '../settle-all';
import { type EmbeddedQuery, embedQuery } from './embed-query';
import { type Explanation, explain } from './explain';
import { type Hit, toHit } from './hits';
import { DEFAULT_KNOBS, type SearchKnobs } from './knobs';
import { type QueryPart, queryWords } from './query';
import {
  byRank,
  type LibraryQuery,
  type LibraryRanking,
  type RankedChunk,
  rankLibraries,
  rescaled,
  scaleOf,
} from './rank-libraries';
import { filteredHeads, librariesInScope, loadTables, type SearchScope } from './scope';
import { selectHits } from './select-hits';
import { type SearchNote, type Verdict, verdictOf } from './verdict';

export type { Hit } from './hits';
export type { SearchScope } from './scope';

export interface SearchRequest {
  /** What is embedded. */
  text: string;
  /** What is looked up by its words; without them, the text as one part. */
  parts?: readonly QueryPart[];
  scope: SearchScope;
  /** Names of documents, of which alone the hits may be. */
  documents?: readonly string[];
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
  /** Where the query's provider comes from, in place of the library's own. */
  providerOf?: Providers['of'];
  /** Say of every candidate why it is a hit or none. */
  explain?: boolean;
}

export interface SearchResult {
  /** Whether a library says more to the query than chance. */
  applies: boolean;
  /** Best first. */
  hits: readonly Hit[];
  /** What a reader of the hits must know. */
  notes: SearchNote[];
  /** Every chunk of the libraries that apply, in document order, where these are small. */
  whole: readonly Hit[] | undefined;
  explanation: Explanation | undefined;
}

export const HITS_MAX = 100;
const QUERY_CHARACTERS_MAX = 50_000;

/** Nothing is left out for being said already, or too much of one document. */
const UNSELECTED: Pick<SearchKnobs, 'duplicates' | 'documentHitsMax'> = {
  duplicates: 'kept',
  documentHitsMax: Number.POSITIVE_INFINITY,
};

/**
 * The k best chunks of the scope as they are ranked, before threshold and selection; `applies` says
 * which of them reach the threshold. What retrieval is measured by.
 * Errors: `query_empty`, `query_too_long`, `k_out_of_range`, `library_unknown`, `document_unknown`,
 * `fingerprint_mismatch`, `value_missing`, `value_corrupt`, `format_newer`, `embedder_unknown`,
 * `embedder_model_unknown`; the provider's, where there are no words to go by.
 */
export async function rankChunks(
  platform: Platform,
  request: SearchRequest,
  options: SearchOptions = {},
): Promise<readonly Hit[]> {
  const knobs = { ...(options.knobs ?? DEFAULT_KNOBS), ...UNSELECTED };
  const { hits } = await find(platform, request, { ...options, knobs, isStrict: false });
  return [...hits];
}

/**
 * The k best passages, those that say the same as a better one left out, with what a person must
 * know to judge them: also those below the threshold, marked as such. Errors: as `rankChunks`.
 */
export function searchPassages(
  platform: Platform,
  request: SearchRequest,
  options: SearchOptions = {},
): Promise<SearchResult> {
  return find(platform, request, { ...options, isStrict: false });
}

/** The same of what reaches the threshold: no hits where no instruction applies. */
export function search(
  platform: Platform,
  request: SearchRequest,
  options: SearchOptions = {},
): Promise<SearchResult> {
  return find(platform, request, { ...options, isStrict: true });
}

async function find(
  platform: Platform,
  request: SearchRequest,
  options: SearchOptions & { isStrict: boolean },
): Promise<SearchResult> {
  const { knobs = DEFAULT_KNOBS, cache, isStrict, view = (live) => live } = options;
  checkRequest(request);
  const words = queryWords(request);
  const { k } = request;
  return readGeneration(platform, async (catalogue) => {
    const libraries = librariesInScope(view(catalogue), request.scope).filter(
      ({ segments }) => segments.length > 0,
    );
    const { documents } = request;
    // The heads do not depend on the query's vector, so both are fetched at once.
    const [embedded, allHeads, tables] = await settleAll([
      knobs.signals === 'words'
        ? NOTHING_EMBEDDED
        : embedQuery(platform, libraries, request.text, options.providerOf),
      loadHeads(platform.kv, libraries, cache),
      documents === undefined ? undefined : loadTables(platform.kv, libraries),
    ]);
    const heads =
      documents === undefined || tables === undefined
        ? allHeads
        : filteredHeads(allHeads, tables, documents);
    const queries = libraries.map((library): LibraryQuery => {
      const own = heads.filter((head) => head.library === library);
      expectSearchable(library, own, embedded);
      const vector = embedded.vectors.get(library.fingerprint.modelId);
      return { library, heads: own, vector, words, isFiltered: documents !== undefined };
    });
    const rankings = await rankLibraries(platform.kv, { queries, k, knobs, cache });
    const verdicts = rankings.map((ranking) => {
      const failure = embedded.failures.get(ranking.library.fingerprint.modelId);
      return verdictOf(ranking, words.terms.length, failure?.code);
    });
    const applying = new Set(verdicts.flatMap((one) => (one.applies ? [one.library] : [])));
    const chunks = merged(rankings, knobs);
    const best = chunks.find(({ library }) => applying.has(library));
    const selection = selectHits(chunks, {
      k,
      knobs,
      // Left out before places are given, lest what has nothing to say take them up: libraries
      // that do not apply, and chunks that are no better than the usual one of their library.
      isWanted: (chunk) =>
        !isStrict || (applying.has(chunk.library) && (chunk.score >= 0 || chunk === best)),
    });
    return {
      applies: applying.size > 0,
      hits: selection.kept.map((chunk, i) =>
        toHit(chunk, { rank: i + 1, applies: applying.has(chunk.library) }),
      ),
      notes: verdicts.flatMap(({ notes }) => notes),
      whole: documents === undefined ? wholeOf(rankings, verdicts) : undefined,
      explanation: options.explain ? explain(rankings, verdicts, selection) : undefined,
    };
  });
}

const NOTHING_EMBEDDED: EmbeddedQuery = { vectors: new Map(), failures: new Map() };

/** Chunks of all libraries on one scale, best first; by words alone, those that hold a word. */
function merged(rankings: readonly LibraryRanking[], knobs: SearchKnobs): RankedChunk[] {
  const scale = scaleOf(rankings);
  return rankings
    .flatMap((ranking) => rescaled(ranking, scale, knobs))
    .filter(({ cosine, lexical }) => cosine !== undefined || (lexical?.chunk ?? 0) > 0)
    .sort(byRank);
}

/** All that the libraries have which apply, in document order, if every one was read whole. */
function wholeOf(
  rankings: readonly LibraryRanking[],
  verdicts: readonly Verdict[],
): Hit[] | undefined {
  const applying = rankings.filter((_, i) => verdicts[i]?.applies);
  if (applying.length === 0 || !applying.every(({ isWhole }) => isWhole)) return undefined;
  return applying
    .flatMap(({ chunks }) =>
      [...chunks].sort(
        (a, b) =>
          compare(a.record.document, b.record.document) || a.start - b.start || a.end - b.end,
      ),
    )
    .map((chunk, i) => toHit(chunk, { rank: i + 1, applies: true }));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Errors: the provider's own, of a library that has no postings to go by instead. */
function expectSearchable(
  { fingerprint }: LibraryEntry,
  heads: LibraryQuery['heads'],
  { failures }: EmbeddedQuery,
): void {
  const failure = failures.get(fingerprint.modelId);
  if (failure !== undefined && heads.every(({ lexical }) => lexical === undefined)) throw failure;
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
