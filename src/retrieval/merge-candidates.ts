/** Candidates of words and of vectors, each chunk once. */

import type { LibraryEntry } from '../index/catalogue';
import type { SegmentHead } from '../index/segment-heads';
import type { LexicalRow } from './lexical-side';
import type { Candidate } from './scan-lists';

/** A chunk that words or vectors put forward. */
export interface CandidateRow {
  library: LibraryEntry;
  head: SegmentHead;
  /** Ordinal of its document in the segment. */
  document: number;
  chunk: { job: string; record: number };
  /** Its row in the segment's postings; undefined where there are none. */
  row: number | undefined;
  /** Where its text stands; undefined until it is read, of a row that words alone found. */
  place: { start: number; end: number } | undefined;
  /** Rank by words, from 1; undefined of a row that words did not put forward. */
  lexicalRank: number | undefined;
}

export function mergeCandidates({
  library,
  byVectors,
  byWords = [],
}: {
  library: LibraryEntry;
  byVectors: readonly Candidate[];
  byWords: readonly LexicalRow[] | undefined;
}): CandidateRow[] {
  const rows = new Map<string, CandidateRow>();
  for (const { head, document, chunk, start, end } of byVectors) {
    const row = head.lexical?.rowOf(chunk);
    const place = { start, end };
    const found = { library, head, document, chunk, row, place, lexicalRank: undefined };
    rows.set(keyOf(chunk), found);
  }
  for (const [i, { segment, row, score }] of byWords.entries()) {
    const { head, lexical } = segment;
    const chunk = lexical.recordOf(row);
    // A library that is read whole also gives rows that no word of the query is in.
    const lexicalRank = score.chunk > 0 ? i + 1 : undefined;
    const known = rows.get(keyOf(chunk));
    if (known !== undefined) known.lexicalRank = lexicalRank;
    else {
      const document = lexical.documentOfRow[row] as number;
      const found = { library, head, document, chunk, row, place: undefined, lexicalRank };
      rows.set(keyOf(chunk), found);
    }
  }
  return [...rows.values()];
}

function keyOf({ job, record }: { job: string; record: number }): string {
  return `${job} ${record}`;
}
