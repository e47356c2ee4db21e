/**
 * Scores of a ranking against judged passages. Pure; the definitions are those of the judged set
 * "Refinement retrieval evaluation set" and are written out in docs/quality.md.
 */

import * as v from 'valibot';
import { GroundworkError } from '../src/errors';
import { issueSchema } from './read-issue';

const relevantSchema = v.object({
  file: v.string(),
  /** Verbatim part of the passage; without it any chunk of the file counts. */
  quote: v.optional(v.string()),
  /** 2: must be in the prompt, 1: helps. */
  grade: v.optional(v.picklist([1, 2]), 2),
});

const judgedSchema = v.pipe(
  v.object({
    id: v.string(),
    issue: v.optional(issueSchema),
    query: v.optional(v.string()),
    relevant: v.array(relevantSchema),
  }),
  v.check(
    ({ issue, query }) => (issue === undefined) !== (query === undefined),
    'one of issue and query',
  ),
);

export type JudgedQuery = v.InferOutput<typeof judgedSchema>;
type Relevant = v.InferOutput<typeof relevantSchema>;

export interface RankedChunk {
  document: string;
  text: string;
  tokensEstimate: number;
  /** Whether it reaches the threshold. */
  applies: boolean;
}

export interface QueryScores {
  recallAt5: number;
  recallAt10: number;
  recallAt20: number;
  groundedRecallAt10: number;
  ndcgAt10: number;
  reciprocalRank: number;
}

/** Reads one JSON object a line. Errors: `queries_invalid`, with the line's number. */
export function parseJudgedQueries(name: string, text: string): JudgedQuery[] {
  const queries = text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch {
      throw invalid(`${name}, line ${i + 1}: not JSON`);
    }
    const result = v.safeParse(judgedSchema, json);
    if (result.success) return [result.output];
    const [issue] = result.issues;
    throw invalid(`${name}, line ${i + 1}: ${v.getDotPath(issue) ?? issue.message}`);
  });
  if (queries.length === 0) throw invalid(`${name}: no query`);
  return queries;
}

/** Scores one ranking, best chunk first. `relevant` must not be empty. */
export function scoreRanking(
  ranking: readonly RankedChunk[],
  relevant: readonly Relevant[],
): QueryScores {
  const required = relevant.filter((passage) => passage.grade === 2);
  const recallAt = (k: number, chunks: readonly RankedChunk[] = ranking) => {
    const passages = required.length > 0 ? required : relevant;
    const top = chunks.slice(0, k);
    const found = passages.filter((passage) => top.some((chunk) => isHit(chunk, passage)));
    return found.length / passages.length;
  };
  const firstHit = ranking.findIndex((chunk) => relevant.some((passage) => isHit(chunk, passage)));
  return {
    recallAt5: recallAt(5),
    recallAt10: recallAt(10),
    recallAt20: recallAt(20),
    groundedRecallAt10: recallAt(
      10,
      ranking.slice(0, 10).filter((chunk) => chunk.applies),
    ),
    ndcgAt10: ndcg(ranking.slice(0, 10), relevant),
    reciprocalRank: firstHit === -1 ? 0 : 1 / (firstHit + 1),
  };
}

/** Nearest-rank percentile of unsorted values; 0 for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * Gain 2^grade - 1. A chunk that hits several passages takes the highest gain not yet counted, and
 * all of them are then counted. The ideal ranking has one passage per rank.
 */
function ndcg(ranking: readonly RankedChunk[], relevant: readonly Relevant[]): number {
  const open = new Set(relevant);
  let dcg = 0;
  for (const [i, chunk] of ranking.entries()) {
    const hits = [...open].filter((passage) => isHit(chunk, passage));
    if (hits.length === 0) continue;
    dcg += Math.max(...hits.map(gain)) / Math.log2(i + 2);
    for (const passage of hits) open.delete(passage);
  }
  const ideal = relevant
    .map(gain)
    .sort((a, b) => b - a)
    .slice(0, ranking.length > 0 ? 10 : 0)
    .reduce((sum, value, i) => sum + value / Math.log2(i + 2), 0);
  return ideal === 0 ? 0 : dcg / ideal;
}

function gain(passage: Relevant): number {
  return 2 ** passage.grade - 1;
}

function isHit(chunk: RankedChunk, passage: Relevant): boolean {
  if (chunk.document !== passage.file) return false;
  return passage.quote === undefined || collapse(chunk.text).includes(collapse(passage.quote));
}

function collapse(text: string): string {
  return text.replace(/\s+/g, ' ');
}

function invalid(what: string): GroundworkError {
  return new GroundworkError({
    code: 'queries_invalid',
    message: `${what}; expected lines of {"id", "issue" or "query", "relevant": [{"file", "quote"?, "grade"?}]}`,
  });
}
