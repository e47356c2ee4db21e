/** Scores one way to cut under one way to rank. */

import type { Corpus, Question } from './judged-corpora';
import type { Ranker } from './rankers';
import { type SpanScores, scoreSpans } from './spans';
import type { CutChunk, Splitter } from './splitters';

const CHUNKS_K = 5;
const TOKENS_BUDGET = 2_000;

export interface ChunkingRow {
  chunks: number;
  tokensMean: number;
  'recall@5': number;
  'precision@5': number;
  'IoU@5': number;
  'tokens@5': number;
  'recall in 2,000 tokens': number;
  'IoU in 2,000 tokens': number;
  'chunks in 2,000 tokens': number;
}

/** The figures, and two of them question by question, to be compared with another splitter's. */
export interface ChunkingOutcome {
  row: ChunkingRow;
  recallsInBudget: number[];
  iousAtK: number[];
}

/** All corpora are one collection, as they would be in one library. */
export async function evaluateSplitter(
  { corpora, questions }: { corpora: readonly Corpus[]; questions: readonly Question[] },
  split: Splitter,
  rank: Ranker,
): Promise<ChunkingOutcome> {
  const chunks = (await Promise.all(corpora.map((corpus) => split(corpus)))).flat();
  const rankings = await rank(
    chunks.map(({ text }) => text),
    questions.map(({ text }) => text),
  );
  const outcomes = questions.map((question, i) => {
    const ranked = (rankings[i] ?? []).flatMap((position) => chunks[position] ?? []);
    const first = ranked.slice(0, CHUNKS_K);
    const packed = withinBudget(ranked);
    return {
      atK: score(question, first),
      packed: score(question, packed),
      tokensAtK: tokensOf(first),
      packedCount: packed.length,
    };
  });
  const mean = (read: (outcome: (typeof outcomes)[number]) => number): number =>
    outcomes.reduce((sum, outcome) => sum + read(outcome), 0) / outcomes.length;
  const row = {
    chunks: chunks.length,
    tokensMean: Math.round(tokensOf(chunks) / chunks.length),
    'recall@5': rounded(mean(({ atK }) => atK.recall)),
    'precision@5': rounded(mean(({ atK }) => atK.precision)),
    'IoU@5': rounded(mean(({ atK }) => atK.iou)),
    'tokens@5': Math.round(mean(({ tokensAtK }) => tokensAtK)),
    'recall in 2,000 tokens': rounded(mean(({ packed }) => packed.recall)),
    'IoU in 2,000 tokens': rounded(mean(({ packed }) => packed.iou)),
    'chunks in 2,000 tokens': rounded(mean(({ packedCount }) => packedCount)),
  };
  return {
    row,
    recallsInBudget: outcomes.map(({ packed }) => packed.recall),
    iousAtK: outcomes.map(({ atK }) => atK.iou),
  };
}

/** Whole chunks in order of rank, up to the first that does not fit. */
function withinBudget(ranked: readonly CutChunk[]): CutChunk[] {
  let total = 0;
  const end = ranked.findIndex(({ tokens }) => {
    total += tokens;
    return total > TOKENS_BUDGET;
  });
  return end < 0 ? [...ranked] : ranked.slice(0, end);
}

function score({ corpusId, references }: Question, chunks: readonly CutChunk[]): SpanScores {
  const own = chunks.filter((chunk) => chunk.corpusId === corpusId);
  const elsewhere = chunks.filter((chunk) => chunk.corpusId !== corpusId);
  const charactersElsewhere = elsewhere.reduce((sum, { start, end }) => sum + end - start, 0);
  return scoreSpans(references, own, charactersElsewhere);
}

function tokensOf(chunks: readonly CutChunk[]): number {
  return chunks.reduce((sum, { tokens }) => sum + tokens, 0);
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
