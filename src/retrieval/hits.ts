/** Hits: chunks as a caller of a search gets them. */

import type { RankedChunk } from './rank-libraries';

export interface Hit {
  /** 1 is the best. */
  rank: number;
  /**
   * Higher is better: deviations above what a chunk of the libraries searched gets by chance, by
   * words and vectors together; the cosine where vectors alone were asked for.
   */
  score: number;
  /** Of query and chunk, -1 to 1; null where the library, or the query, has no vector. */
  cosine: number | null;
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
  /** Whether the library says more to this query than chance. */
  applies: boolean;
}

export function toHit(
  { library, record, start, end, score, cosine }: RankedChunk,
  { rank, applies }: { rank: number; applies: boolean },
): Hit {
  const { document, headings, text, lead, trail } = record;
  const place = { library: library.name, document, headings, start, end };
  return { rank, score, cosine: cosine ?? null, ...place, text, lead, trail, applies };
}
