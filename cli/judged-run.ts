/** Judged queries put to a library: what came of each, and what they come to together. */

import { estimateTokens } from '../src/chunking/estimate-tokens';
import { GroundworkError } from '../src/errors';
import { comparePaired, type PairedComparison } from '../src/evaluation/bootstrap';
import { eachOnce, notesOfRun, type RunNote } from '../src/evaluation/run-notes';
import {
  mean,
  meanOrNull,
  percentile,
  type QueryScores,
  type RankedChunk,
  rounded,
  scoreRanking,
  tokensOfTen,
} from '../src/evaluation/scores';
import type { SearchKnobs } from '../src/retrieval/knobs';
import type { SearchQuery } from '../src/retrieval/query';
import { type Hit, rankChunks, type SearchOptions, search } from '../src/retrieval/search';
import { type JudgedQuery, queryOf } from './judged-queries';
import type { Site } from './local-site';

/** Depth of the ranking that is scored, whatever `k`. */
export const RANKING_DEPTH = 20;

/** What came of one query. */
export interface Outcome {
  id: string;
  /** Undefined for a query to which nothing in the corpus applies. */
  scores: QueryScores | undefined;
  isGrounded: boolean;
  /** recall@10 of the hits as the product gives them: after threshold and selection. */
  hitsRecallAt10: number | undefined;
  tokensOfTen: number;
  /** What readers of these figures must know. */
  notes: readonly RunNote[];
  readUnits: number;
  roundTrips: number;
  ms: number;
}

export interface JudgedRequest {
  library: string;
  /** Hits considered for the prompt. */
  k: number;
  knobs: SearchKnobs;
  /** What is searched for; as the product makes it, unless another query is to be tried. */
  queryOf?: (judged: JudgedQuery) => SearchQuery;
  /** Another way to the query's provider, for example one that remembers. */
  providerOf?: SearchOptions['providerOf'];
}

/**
 * Asks every query, one after the other, each with a reader that keeps nothing.
 * Errors: as `rankChunks`, naming the query.
 */
export async function runJudged(
  site: Site,
  queries: readonly JudgedQuery[],
  request: JudgedRequest,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const query of queries) {
    outcomes.push(
      await runQuery(site, query, request).catch((error) => {
        throw withId(query.id, error);
      }),
    );
  }
  return outcomes;
}

function withId(id: string, error: unknown): unknown {
  if (!GroundworkError.isInstance(error)) return error;
  const { code, message, facts, retryable } = error;
  const named = `query "${id}": ${message}`;
  return new GroundworkError({ code, message: named, facts, retryable, cause: error });
}

/** Ranks to the depth that is scored, then asks again as the product does, and measures that. */
async function runQuery(
  site: Site,
  judged: JudgedQuery,
  { library, k, knobs, providerOf, ...request }: JudgedRequest,
): Promise<Outcome> {
  const query = { ...(request.queryOf ?? queryOf)(judged), scope: { library } };
  const searching = { knobs, ...(providerOf === undefined ? {} : { providerOf }) };
  const ranked = await site.run('rank', (platform) =>
    rankChunks(platform, { ...query, k: RANKING_DEPTH }, searching),
  );
  const asked = await site.run('query', (platform) => search(platform, { ...query, k }, searching));
  const { readUnits, roundTrips } = asked.reading;
  const { relevant } = judged;
  const score = (hits: readonly Hit[]) =>
    relevant.length > 0 ? scoreRanking(hits.map(toRanked), relevant) : undefined;
  return {
    id: judged.id,
    scores: score(ranked.result),
    isGrounded: asked.result.hits.length > 0,
    hitsRecallAt10: score(asked.result.hits)?.recallAt10,
    tokensOfTen: tokensOfTen(ranked.result.map(toRanked)),
    notes: notesOfRun([asked.result], knobs),
    readUnits,
    roundTrips,
    ms: asked.ms,
  };
}

function toRanked(hit: Hit): RankedChunk {
  return { ...hit, tokensEstimate: estimateTokens(hit.lead + hit.text + hit.trail) };
}

export type RunSummary = ReturnType<typeof summarizeRun>;

/**
 * The figures of `groundwork eval`; docs/quality.md says what each means. Null where no query is of
 * the kind that a figure is about.
 */
export function summarizeRun(outcomes: readonly Outcome[], chunks: number) {
  const judged = outcomes.filter((outcome) => outcome.scores !== undefined);
  const empty = outcomes.filter((outcome) => outcome.scores === undefined);
  const average = (field: keyof QueryScores) =>
    meanOrNull(judged.map((outcome) => outcome.scores?.[field] ?? 0));
  const share = (of: readonly Outcome[], grounded: boolean) =>
    meanOrNull(of.map((outcome) => (outcome.isGrounded === grounded ? 1 : 0)));
  const units = outcomes.map((outcome) => outcome.readUnits);
  const trips = outcomes.map((outcome) => outcome.roundTrips);
  const times = outcomes.map((outcome) => outcome.ms);
  return {
    queries: outcomes.length,
    chunks,
    'recall@5': average('recallAt5'),
    'recall@10': average('recallAt10'),
    'recall@20': average('recallAt20'),
    'ndcg@10': average('ndcgAt10'),
    mrr: average('reciprocalRank'),
    'tokens@10': Math.round(mean(outcomes.map((outcome) => outcome.tokensOfTen))),
    'groundedRecall@10': average('groundedRecallAt10'),
    missedGrounding: share(judged, false),
    falseGrounding: share(empty, true),
    readUnits: {
      mean: rounded(mean(units)),
      p50: percentile(units, 0.5),
      p95: percentile(units, 0.95),
    },
    roundTrips: { p50: percentile(trips, 0.5), p95: percentile(trips, 0.95) },
    latencyMs: { p50: rounded(percentile(times, 0.5)), p95: rounded(percentile(times, 0.95)) },
    notes: eachOnce(outcomes.flatMap(({ notes }) => notes)),
  };
}

/** One line of `--details`; null where nothing applies and so nothing can be found. */
export function detailOf({ id, scores, ...outcome }: Outcome) {
  return {
    id,
    'recall@10': scores === undefined ? null : rounded(scores.recallAt10),
    'ndcg@10': scores === undefined ? null : rounded(scores.ndcgAt10),
    'groundedRecall@10': scores === undefined ? null : rounded(scores.groundedRecallAt10),
    grounded: outcome.isGrounded,
    readUnits: outcome.readUnits,
    roundTrips: outcome.roundTrips,
  };
}

const COMPARED = [
  ['recall@10', 'recallAt10'],
  ['ndcg@10', 'ndcgAt10'],
  ['groundedRecall@10', 'groundedRecallAt10'],
] as const satisfies readonly [string, keyof QueryScores][];

/**
 * The first run less the second, with intervals, over the queries to which something applies.
 * Undefined when there is none. Both runs must be of the same queries in the same order.
 */
export function compareRuns(
  first: readonly Outcome[],
  second: readonly Outcome[],
): Record<(typeof COMPARED)[number][0], PairedComparison> | undefined {
  const scoresOf = (outcomes: readonly Outcome[], field: keyof QueryScores) =>
    outcomes.flatMap(({ scores }) => (scores === undefined ? [] : [scores[field]]));
  if (scoresOf(first, 'recallAt10').length === 0) return undefined;
  const entries = COMPARED.map(([name, field]) => [
    name,
    comparePaired(scoresOf(first, field), scoresOf(second, field)),
  ]);
  return Object.fromEntries(entries);
}
