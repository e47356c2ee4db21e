/**
 * Scores of one ranking against judged passages, and means of many. Pure; docs/quality.md says in
 * words what each figure means. The definitions are those of the judged set "Refinement retrieval
 * evaluation set"; nDCG with gain 2^grade - 1 is of K. Järvelin and J. Kekäläinen, "Cumulated
 * Gain-Based Evaluation of IR Techniques", ACM TOIS 20(4), 2002, in the form of C. Burges et al.,
 * ICML 2005.
 */

/** A passage that must or may be found. */
export interface JudgedPassage {
  document: string;
  /** Verbatim part of the passage; without it any chunk of the document counts. */
  quote?: string | undefined;
  /** 2: must be in the prompt, 1: helps. */
  grade: 1 | 2;
}

/** A chunk at its place in a ranking. */
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

/** Ranks that count for nDCG and for what stands beside recall. */
const DEPTH = 10;

/** Scores a ranking, best chunk first. `judged` must not be empty. */
export function scoreRanking(
  ranking: readonly RankedChunk[],
  judged: readonly JudgedPassage[],
): QueryScores {
  const required = judged.filter((passage) => passage.grade === 2);
  const passages = required.length > 0 ? required : judged;
  const recallOf = (chunks: readonly RankedChunk[]) =>
    passages.filter((passage) => chunks.some((chunk) => isHit(chunk, passage))).length /
    passages.length;
  const top = ranking.slice(0, DEPTH);
  const rank = firstHit(ranking, judged);
  return {
    recallAt5: recallOf(ranking.slice(0, 5)),
    recallAt10: recallOf(top),
    recallAt20: recallOf(ranking.slice(0, 20)),
    groundedRecallAt10: recallOf(top.filter((chunk) => chunk.applies)),
    ndcgAt10: ndcg(top, judged),
    reciprocalRank: rank === undefined ? 0 : 1 / rank,
  };
}

/** Rank, from 1, of the first chunk that hits any of the passages; undefined when none does. */
export function firstHit(
  ranking: readonly Pick<RankedChunk, 'document' | 'text'>[],
  judged: readonly JudgedPassage[],
): number | undefined {
  const at = ranking.findIndex((chunk) => judged.some((passage) => isHit(chunk, passage)));
  return at === -1 ? undefined : at + 1;
}

/** Estimated tokens of the first ten chunks together, without which a recall says nothing. */
export function tokensOfTen(ranking: readonly Pick<RankedChunk, 'tokensEstimate'>[]): number {
  return ranking.slice(0, DEPTH).reduce((sum, chunk) => sum + chunk.tokensEstimate, 0);
}

/** Nearest-rank percentile of unsorted values; 0 for none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The mean, rounded; null of none, as 0 would be a figure. */
export function meanOrNull(values: readonly number[]): number | null {
  return values.length === 0 ? null : rounded(mean(values));
}

/** Four decimals: more would claim a precision that some dozens of items do not have. */
export function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

/**
 * Gain 2^grade - 1. A chunk that hits several passages takes the highest gain not yet counted, and
 * all of them are then counted. The ideal ranking has one passage per rank.
 */
function ndcg(ranking: readonly RankedChunk[], judged: readonly JudgedPassage[]): number {
  const open = new Set(judged);
  let dcg = 0;
  for (const [i, chunk] of ranking.entries()) {
    const hits = [...open].filter((passage) => isHit(chunk, passage));
    if (hits.length === 0) continue;
    dcg += Math.max(...hits.map(gain)) / Math.log2(i + 2);
    for (const passage of hits) open.delete(passage);
  }
  const ideal = judged
    .map(gain)
    .sort((a, b) => b - a)
    .slice(0, DEPTH)
    .reduce((sum, value, i) => sum + value / Math.log2(i + 2), 0);
  return dcg / ideal;
}

function gain(passage: JudgedPassage): number {
  return 2 ** passage.grade - 1;
}

function isHit(
  chunk: Pick<RankedChunk, 'document' | 'text'>,
  { document, quote }: JudgedPassage,
): boolean {
  if (chunk.document !== document) return false;
  return quote === undefined || holdsQuote(chunk.text, quote);
}

/** Whether the text has the quote, any blank space in it standing for any other. */
export function holdsQuote(text: string, quote: string): boolean {
  return collapse(text).includes(collapse(quote));
}

function collapse(text: string): string {
  return text.replace(/\s+/g, ' ');
}
