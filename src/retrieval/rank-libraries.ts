/**
 * The ranking of each library searched, by words and vectors. Two dependent reads after the heads,
 * however many libraries: posting lists and postings; then the records of the candidates that
 * either half put forward, whose cosines are then exact.
 */

import type { LibraryEntry } from '../index/catalogue';
import { loadPlaces, loadPostings } from '../index/lexical-postings';
import { loadRecords } from '../index/reader';
import type { ChunkRecord } from '../index/record';
import { liveChunks } from '../index/segment';
import { type CodeCache, loadLists, type SegmentHead } from '../index/segment-heads';
import type { KeyValueStore } from '../platform/ports';
import { settleAll } from '../settle-all';
import { eachOnce } from './each-once';
import {
  addMoments,
  deviations,
  type Moments,
  NO_MOMENTS,
  type Population,
  populationOf,
  vectorWeight,
} from './fusion';
import type { SearchKnobs } from './knobs';
import {
  type LexicalPlan,
  type LexicalScore,
  type LexicalSide,
  planLexical,
  scoreLexical,
} from './lexical-side';
import { type CandidateRow, mergeCandidates } from './merge-candidates';
import type { QueryWords } from './query';
import { rememberingTerms } from './reread-words';
import {
  createScorerPool,
  planVectors,
  type ScorerPool,
  scanVectors,
  type VectorPlan,
  type VectorSide,
} from './vector-side';

export interface LibraryQuery {
  library: LibraryEntry;
  /** Heads of its segments; what a filter leaves out is marked as deleted. */
  heads: readonly SegmentHead[];
  /** The embedded query, Float32Array[dimensions] of norm 1; undefined to go by words alone. */
  vector: Float32Array | undefined;
  words: QueryWords;
  /** Every list is read and not those alone that promise most. */
  isFiltered?: boolean;
}

export interface RankRequest {
  queries: readonly LibraryQuery[];
  k: number;
  knobs: SearchKnobs;
  cache?: CodeCache | undefined;
  /** Memory to score with, for a caller that asks many times; otherwise it is made anew. */
  scorersOf?: ScorerPool;
}

/** A chunk with what is known of it in this query. */
export interface RankedChunk extends Omit<CandidateRow, 'place'> {
  record: ChunkRecord;
  /** [start, end) of the record's text in its document, in UTF-16 units. */
  start: number;
  end: number;
  /** Undefined where there are no vectors to compare. */
  cosine: number | undefined;
  /** Undefined where there are no postings. */
  lexical: LexicalScore | undefined;
  /** What its text says beyond them, in units of their score; 0 without postings. */
  reread: number;
  /** What it is ranked by: deviations above chance, or its cosine by vectors alone. */
  score: number;
}

export interface LibraryRanking {
  library: LibraryEntry;
  /** Every candidate, best first. */
  chunks: RankedChunk[];
  /** Whether these are all chunks that the library has. */
  isWhole: boolean;
  byWords: LexicalSide | undefined;
  byVectors: VectorSide | undefined;
}

interface Prepared {
  query: LibraryQuery;
  chunks: number;
  isWhole: boolean;
  /** Candidates of each half. */
  count: number;
  words: LexicalPlan | undefined;
  vectors: VectorPlan | undefined;
}

/**
 * Rankings in the order of the queries.
 * Errors: `value_missing`, `value_corrupt`, `format_newer`.
 */
export async function rankLibraries(
  kv: KeyValueStore,
  { queries, k, knobs, cache, scorersOf = createScorerPool() }: RankRequest,
): Promise<LibraryRanking[]> {
  const prepared = queries.map((query) => prepare(query, { k, knobs, scorersOf }));
  const [lists, postings] = await settleAll([
    eachOnce(
      prepared.flatMap(({ vectors }) => vectors?.wanted ?? []),
      ({ head, number }) => `${head.descriptor.id} ${number}`,
      (wanted) => loadLists(kv, wanted, cache),
    ),
    eachOnce(
      prepared.flatMap(({ words }) => words?.wanted ?? []),
      ({ head, term }) => `${head.descriptor.id} ${term}`,
      (wanted) => loadPostings(kv, wanted, cache),
    ),
  ]);
  let [listAt, postingAt] = [0, 0];
  const searched = prepared.map((one) => {
    const listEnd = listAt + (one.vectors?.wanted.length ?? 0);
    const postingEnd = postingAt + (one.words?.wanted.length ?? 0);
    const byVectors = one.vectors && scanVectors(one.vectors, lists.slice(listAt, listEnd));
    const byWords = one.words && scoreLexical(one.words, postings.slice(postingAt, postingEnd));
    [listAt, postingAt] = [listEnd, postingEnd];
    return {
      ...one,
      byVectors,
      byWords,
      rows: candidatesOf({ ...one, byVectors, byWords }, knobs),
    };
  });
  const rows = searched.flatMap((one) => one.rows);
  const unplaced = rows.flatMap(({ place, head, row }) =>
    place === undefined && row !== undefined ? [{ head, row }] : [],
  );
  const [records, places] = await settleAll([
    eachOnce(
      rows,
      ({ library, chunk }) => `${library.id} ${chunk.job} ${chunk.record}`,
      (wanted) => loadRecords(kv, wanted),
    ),
    loadPlaces(kv, unplaced),
  ]);
  let [recordAt, placeAt] = [0, 0];
  const termsOf = rememberingTerms();
  return searched.map((one): LibraryRanking => {
    const own = records.slice(recordAt, recordAt + one.rows.length);
    recordAt += one.rows.length;
    const cosines = one.byVectors?.cosines(own);
    const chunks = one.rows.map(({ place, ...row }, i): RankedChunk => {
      const where = place ?? (places[placeAt++] as { start: number; end: number });
      const lexical =
        one.byWords && row.row !== undefined ? one.byWords.scoreOf(row.head, row.row) : undefined;
      const record = own[i] as ChunkRecord;
      const reread = lexical === undefined ? 0 : (one.byWords?.reread(termsOf(record)) ?? 0);
      return { ...row, ...where, record, cosine: cosines?.[i], lexical, reread, score: 0 };
    });
    const { byWords, byVectors } = one;
    // A library without postings puts forward as many as were asked for.
    const isWhole = one.isWhole && one.rows.length >= one.chunks;
    const ranking = { library: one.query.library, chunks, isWhole, byWords, byVectors };
    const alone = scaleOf([ranking]);
    return { ...ranking, chunks: rescaled(ranking, alone, knobs) };
  });
}

function prepare(
  query: LibraryQuery,
  options: { k: number; knobs: SearchKnobs; scorersOf: ScorerPool },
): Prepared {
  const { library, heads, vector, words } = query;
  const { k, knobs, scorersOf } = options;
  const chunks = library.segments.reduce((sum, segment) => sum + liveChunks(segment), 0);
  const isWhole = chunks <= knobs.wholeChunksMax;
  const usesWords = knobs.signals !== 'vectors' && heads.some((head) => head.lexical !== undefined);
  const usesVectors = knobs.signals !== 'words' && vector !== undefined;
  const isBoth = usesWords && usesVectors;
  const wanted = usesWords ? Math.max(k, knobs.candidatesEach) : k;
  const count = isWhole && usesWords ? Math.max(wanted, chunks) : wanted;
  const share = isBoth ? knobs.coverageBesideWords : knobs.coverage;
  const coverage = isWhole || query.isFiltered ? 1 : share;
  const scorers = usesVectors ? scorersOf(library.fingerprint.dimensions) : undefined;
  return {
    query,
    chunks,
    isWhole,
    count,
    words: usesWords ? planLexical(heads, words, knobs) : undefined,
    vectors: scorers && vector && planVectors(heads, vector, { k: count, coverage, scorers }),
  };
}

/** Rows that words or vectors put forward, each once. */
function candidatesOf(
  one: Prepared & { byVectors: VectorSide | undefined; byWords: LexicalSide | undefined },
  knobs: SearchKnobs,
): CandidateRow[] {
  const { byVectors, byWords, count } = one;
  const limits = byWords === undefined ? knobs : { errorDeviations: 0, candidatesMax: 0 };
  return mergeCandidates({
    library: one.query.library,
    byVectors: byVectors?.candidates(count, limits) ?? [],
    byWords: one.isWhole && byVectors === undefined ? byWords?.all() : byWords?.best(count),
  });
}

/** What scores of several libraries are measured by. */
export interface Scale {
  lexical: Population;
  /** By model id. */
  cosine: ReadonlyMap<string, Population>;
}

/** One scale for several rankings: cosines of one model compare, words of all do. */
export function scaleOf(
  rankings: readonly Pick<LibraryRanking, 'library' | 'byWords' | 'byVectors'>[],
): Scale {
  let lexical: Moments = NO_MOMENTS;
  const cosine = new Map<string, Moments>();
  for (const { library, byWords, byVectors } of rankings) {
    const { modelId } = library.fingerprint;
    if (byWords !== undefined) lexical = addMoments(lexical, byWords.moments);
    if (byVectors !== undefined) {
      cosine.set(modelId, addMoments(cosine.get(modelId) ?? NO_MOMENTS, byVectors.moments));
    }
  }
  return {
    lexical: populationOf(lexical),
    cosine: new Map([...cosine].map(([modelId, moments]) => [modelId, populationOf(moments)])),
  };
}

/** The chunks of a ranking with their scores by this scale, best first. */
export function rescaled(
  { library, chunks, byWords, byVectors }: LibraryRanking,
  scale: Scale,
  knobs: Pick<SearchKnobs, 'vectorWeight'>,
): RankedChunk[] {
  const { embedder, modelId } = library.fingerprint;
  const weight = knobs.vectorWeight ?? vectorWeight(embedder);
  const cosines = scale.cosine.get(modelId);
  const scoreOf = ({ cosine = 0, lexical, reread }: RankedChunk) => {
    if (byWords === undefined) return cosine;
    const words = deviations((lexical?.total ?? 0) + reread, scale.lexical);
    if (byVectors === undefined || cosines === undefined) return words;
    return words + weight * deviations(cosine, cosines);
  };
  return chunks.map((chunk) => ({ ...chunk, score: scoreOf(chunk) })).sort(byRank);
}

/** Best first; of equal scores the nearer one, then by document and place. */
export function byRank(a: RankedChunk, b: RankedChunk): number {
  if (a.score !== b.score) return b.score - a.score;
  const [cosineA, cosineB] = [a.cosine ?? 0, b.cosine ?? 0];
  if (cosineA !== cosineB) return cosineB - cosineA;
  if (a.record.document !== b.record.document)
    return a.record.document < b.record.document ? -1 : 1;
  return a.start - b.start;
}
