/** Peers on the chunks of a library, asked what the product is asked. */

import type { JudgedQuery } from '../../cli/judged-queries';
import { toIssue } from '../../cli/read-issue';
import { estimateTokens } from '../../src/chunking/estimate-tokens';
import type { EmbeddingProvider } from '../../src/embedding/provider';
import {
  mean,
  type QueryScores,
  rounded,
  scoreRanking,
  tokensOfTen,
} from '../../src/evaluation/scores';
import { descriptionText } from '../../src/refinement/issue-text';
import { normalized, type PeerChunk } from './chunks';
import {
  MINISEARCH_ENGLISH,
  MINISEARCH_FIELDS,
  MINISEARCH_SEGMENTED,
  MINISEARCH_TEXT,
} from './peers/minisearch';
import { ORAMA_ENGLISH, ORAMA_PLAIN } from './peers/orama';
import type { PeerQuery, QualityPeer } from './peers/peer';
import { EXACT_COSINE, RRF_ENGLISH, RRF_TEXT } from './peers/stand-in';
import { VECTRA_FIVE, VECTRA_TEN } from './peers/vectra';

export const PEERS: readonly QualityPeer[] = [
  MINISEARCH_TEXT,
  MINISEARCH_FIELDS,
  MINISEARCH_ENGLISH,
  ORAMA_PLAIN,
  ORAMA_ENGLISH,
  VECTRA_FIVE,
  VECTRA_TEN,
  EXACT_COSINE,
  RRF_TEXT,
  RRF_ENGLISH,
];
/** Where there are no vectors, and no spaces between words. */
export const PEERS_BY_WORDS: readonly QualityPeer[] = [
  MINISEARCH_TEXT,
  MINISEARCH_FIELDS,
  MINISEARCH_SEGMENTED,
];

const DEPTH = 20;

export interface PeerOutcome {
  id: string;
  scores: QueryScores | undefined;
  tokensOfTen: number;
}

/** The text that every peer is given: the summary twice, description and labels once. */
export function peerText({ issue, query }: JudgedQuery): string {
  if (issue === undefined) return query ?? '';
  const { summary, description, labels } = toIssue(issue);
  return [summary, summary, descriptionText(description), labels.join(' ')].join('\n');
}

/** Texts with their vectors by the library's own model; without a provider by words alone. */
export async function peerQueries(
  judged: readonly JudgedQuery[],
  provider: EmbeddingProvider | undefined,
): Promise<PeerQuery[]> {
  const queries: PeerQuery[] = [];
  for (const one of judged) {
    const text = peerText(one);
    const answer = await provider?.doEmbed([text], 'query');
    const embedding = answer?.embeddings[0];
    const vector = embedding && normalized(Float32Array.from(embedding));
    queries.push({ text, vector });
  }
  return queries;
}

export async function runPeer(
  peer: QualityPeer,
  chunks: readonly PeerChunk[],
  { judged, queries }: { judged: readonly JudgedQuery[]; queries: readonly PeerQuery[] },
): Promise<PeerOutcome[]> {
  const sized = chunks.map(({ document, text, shown }) => ({
    ...{ document, text, applies: true, tokensEstimate: estimateTokens(shown) },
  }));
  const ranking = await peer.build(chunks);
  try {
    const outcomes: PeerOutcome[] = [];
    for (const [i, { id, relevant }] of judged.entries()) {
      const found = await ranking.rank(queries[i] as PeerQuery, DEPTH);
      const hits = found.map((number) => sized[number] as (typeof sized)[number]);
      const scores = relevant.length > 0 ? scoreRanking(hits, relevant) : undefined;
      outcomes.push({ id, scores, tokensOfTen: tokensOfTen(hits) });
    }
    return outcomes;
  } finally {
    ranking.close();
  }
}

/** Means over the queries that something applies to; tokens over all. */
export function figuresOf(outcomes: readonly PeerOutcome[]) {
  const scores = outcomes.flatMap((outcome) => outcome.scores ?? []);
  const average = (field: keyof QueryScores) => rounded(mean(scores.map((one) => one[field])));
  return {
    'recall@5': average('recallAt5'),
    'recall@10': average('recallAt10'),
    'recall@20': average('recallAt20'),
    'ndcg@10': average('ndcgAt10'),
    mrr: average('reciprocalRank'),
    'tokens@10': Math.round(mean(outcomes.map((outcome) => outcome.tokensOfTen))),
  };
}
