/** `groundwork eval`: retrieval measured on judged queries. */

import { readFile } from 'node:fs/promises';
import { estimateTokens } from '../../src/chunking/estimate-tokens';
import { GroundworkError } from '../../src/errors';
import type { GivenDocument } from '../../src/index/prepare-document';
import { queryOf } from '../../src/refinement/issue-text';
import { type Hit, rankChunks, search } from '../../src/retrieval/search';
import {
  type JudgedQuery,
  mean,
  parseJudgedQueries,
  percentile,
  type QueryScores,
  scoreRanking,
} from '../evaluation';
import { openSite, type Site } from '../local-site';
import type { CommonOptions } from '../options';
import { print } from '../output';
import { fromCaller } from '../paths';
import { readDocuments } from '../read-documents';
import { toIssue } from '../read-issue';
import { indexInto } from './index';

interface EvalOptions extends CommonOptions {
  corpus: string;
  queries: string;
  embedder: string;
  dims?: number;
  k: number;
}

const LIBRARY = 'evaluation';
/** Depth of the ranking that is scored, whatever `--k`. */
const RANKING_DEPTH = 20;

/** What came of one query. */
interface Outcome {
  /** Undefined for a query to which nothing in the corpus applies. */
  scores: QueryScores | undefined;
  isGrounded: boolean;
  tokensOfTen: number;
  readUnits: number;
  roundTrips: number;
  ms: number;
}

export async function evalCommand(options: EvalOptions): Promise<void> {
  const documents = await readDocuments([fromCaller(options.corpus)]);
  const path = fromCaller(options.queries);
  const queries = parseJudgedQueries(options.queries, await readQueries(path));
  const site = await openSite({ store: undefined, installation: 'eval' });
  try {
    const indexed = await site.run('index', (platform) =>
      indexInto(platform, documents, { ...options, library: LIBRARY, sync: false }),
    );
    warnOfAbsentFiles(queries, documents);
    for (const { document, message } of indexed.result.refused) {
      console.error(`refused ${document}: ${message}`);
    }
    const outcomes: Outcome[] = [];
    for (const query of queries) outcomes.push(await runQuery(site, query, options.k));
    const summary = {
      ...summarize(outcomes, indexed.result.chunks),
      indexMs: Math.round(indexed.ms),
    };
    print(options.json, summary, [JSON.stringify(summary, null, 2)]);
  } finally {
    await site.close();
  }
}

/** A judged file that is not in the corpus can never be found; that is no fault of retrieval. */
function warnOfAbsentFiles(queries: readonly JudgedQuery[], documents: readonly GivenDocument[]) {
  const names = new Set(documents.map(({ name }) => name));
  const judged = queries.flatMap(({ relevant }) => relevant.map(({ file }) => file));
  for (const file of new Set(judged.filter((name) => !names.has(name)))) {
    console.error(`judged, but not in the corpus: ${file}`);
  }
}

async function readQueries(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause) => {
    throw new GroundworkError({
      code: 'path_unknown',
      message: `${path}: no such file; give a file of judged queries`,
      cause,
    });
  });
}

/** Ranks to the depth that is scored, then asks again as the product does, and measures that. */
async function runQuery(site: Site, judged: JudgedQuery, k: number): Promise<Outcome> {
  const query =
    judged.issue === undefined ? { text: judged.query ?? '' } : queryOf(toIssue(judged.issue));
  const scope = { library: LIBRARY };
  const ranked = await site.run('rank', (platform) =>
    rankChunks(platform, { ...query, scope, k: RANKING_DEPTH }),
  );
  const {
    result: found,
    reading,
    ms,
  } = await site.run('query', (platform) => search(platform, { ...query, scope, k }));
  const ranking = ranked.result.map((hit) => ({ ...hit, tokensEstimate: sizeOf(hit) }));
  return {
    scores: judged.relevant.length > 0 ? scoreRanking(ranking, judged.relevant) : undefined,
    isGrounded: found.hits.length > 0,
    tokensOfTen: ranking.slice(0, 10).reduce((sum, chunk) => sum + chunk.tokensEstimate, 0),
    readUnits: reading.readUnits,
    roundTrips: reading.roundTrips,
    ms,
  };
}

function sizeOf(hit: Hit): number {
  return estimateTokens(hit.lead + hit.text + hit.trail);
}

function summarize(outcomes: readonly Outcome[], chunks: number) {
  const judged = outcomes.filter((outcome) => outcome.scores !== undefined);
  const empty = outcomes.filter((outcome) => outcome.scores === undefined);
  const average = (field: keyof QueryScores) =>
    rounded(mean(judged.map((outcome) => outcome.scores?.[field] ?? 0)));
  const share = (of: readonly Outcome[], grounded: boolean) =>
    rounded(mean(of.map((outcome) => (outcome.isGrounded === grounded ? 1 : 0))));
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
  };
}

/** Four decimals: more would claim a precision that fifty items do not have. */
function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
