/** Why a search found what it found: every candidate with its ranks, scores and fate. */

import type { LibraryRanking, RankedChunk } from './rank-libraries';
import type { DropReason, Selection } from './select-hits';
import type { Verdict } from './verdict';

export interface ExplainedCandidate {
  library: string;
  document: string;
  headings: readonly string[];
  start: number;
  end: number;
  /** Deviations above chance, by words and vectors together; a cosine by vectors alone. */
  score: number;
  /** Rank among the hits; null of what was dropped. */
  rank: number | null;
  dropped: DropReason | null;
  /** Rank among the library's candidates by exact cosine; null without vectors. */
  byVector: { rank: number; cosine: number } | null;
  /** Null without postings; the rank is null where words did not put it forward. */
  byWords: {
    rank: number | null;
    score: number;
    /** Of the chunk's own words, and of its document's before the weight of documents. */
    chunk: number;
    document: number;
    /** Of how they stand in its text; not in `score`, which candidates were chosen by. */
    text: number;
    /** Words of the query that the chunk holds, the heaviest first. */
    matched: { word: string; weight: number }[];
  } | null;
}

export interface Explanation {
  libraries: {
    library: string;
    applies: boolean;
    significance: number | null;
    level: number | null;
  }[];
  /** Hits and what was dropped, best first. */
  candidates: ExplainedCandidate[];
}

export function explain(
  rankings: readonly LibraryRanking[],
  verdicts: readonly Verdict[],
  { kept, dropped }: Selection,
): Explanation {
  const nearest = new Map<string, number>();
  for (const { chunks } of rankings) {
    const near = chunks.filter(({ cosine }) => cosine !== undefined);
    near.sort((a, b) => (b.cosine as number) - (a.cosine as number));
    for (const [i, chunk] of near.entries()) nearest.set(placeOf(chunk), i + 1);
  }
  const all = [
    ...kept.map((chunk, i) => ({ chunk, rank: i + 1, reason: null })),
    ...dropped.map(({ chunk, reason }) => ({ chunk, rank: null, reason })),
  ];
  all.sort((a, b) => b.chunk.score - a.chunk.score);
  return {
    libraries: verdicts.map(({ library, applies, significance, level }) => {
      return { library: library.name, applies, significance, level };
    }),
    candidates: all.map(({ chunk, rank, reason }) => {
      const { library, record, start, end, score, cosine } = chunk;
      return {
        library: library.name,
        document: record.document,
        headings: record.headings,
        start,
        end,
        score,
        rank,
        dropped: reason,
        byVector:
          cosine === undefined ? null : { rank: nearest.get(placeOf(chunk)) as number, cosine },
        byWords: wordsOf(rankings, chunk),
      };
    }),
  };
}

function wordsOf(
  rankings: readonly LibraryRanking[],
  { library, head, row, lexical, lexicalRank, reread }: RankedChunk,
): ExplainedCandidate['byWords'] {
  if (lexical === undefined || row === undefined) return null;
  const words = rankings.find((ranking) => ranking.library === library)?.byWords;
  return {
    rank: lexicalRank ?? null,
    score: lexical.total,
    chunk: lexical.chunk,
    document: lexical.document,
    text: reread,
    matched: words?.matched(head, row) ?? [],
  };
}

function placeOf({ library, chunk }: RankedChunk): string {
  return `${library.id} ${chunk.job} ${chunk.record}`;
}
