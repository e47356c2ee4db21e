/** From rankings to hits: what applies, what says the same twice, how much of one document. */

import type { SearchKnobs } from './knobs';
import type { RankedChunk } from './rank-libraries';

/** Why a candidate is no hit; `rank` means that enough better ones were found. */
export type DropReason = 'threshold' | 'duplicate' | 'cap' | 'rank' | 'budget';

export interface Selection {
  kept: RankedChunk[];
  dropped: { chunk: RankedChunk; reason: DropReason }[];
}

export interface SelectionOptions {
  k: number;
  knobs: Pick<SearchKnobs, 'duplicates' | 'documentHitsMax'>;
  /** Whether a chunk may be a hit at all. */
  isWanted: (chunk: RankedChunk) => boolean;
}

/**
 * Goes through the chunks, best first. The cap makes room for other documents: where these do not
 * fill it, the best that were capped come back.
 */
export function selectHits(
  chunks: readonly RankedChunk[],
  { k, knobs, isWanted }: SelectionOptions,
): Selection {
  const kept = new Set<RankedChunk>();
  const capped: RankedChunk[] = [];
  const dropped: Selection['dropped'] = [];
  const ofDocument = new Map<string, number>();
  const words = new Map<RankedChunk, string>();
  const wordsOf = (chunk: RankedChunk) => {
    const known = words.get(chunk) ?? spoken(chunk);
    words.set(chunk, known);
    return known;
  };
  const isSaid = (chunk: RankedChunk) =>
    [...kept, ...capped].some(
      (better) => haveSameHeadings(better, chunk) && wordsOf(better).includes(wordsOf(chunk)),
    );
  const reasonToDrop = (chunk: RankedChunk): DropReason | undefined => {
    if (!isWanted(chunk)) return 'threshold';
    if (kept.size >= k) return 'rank';
    return knobs.duplicates === 'dropped' && isSaid(chunk) ? 'duplicate' : undefined;
  };
  for (const chunk of chunks) {
    const reason = reasonToDrop(chunk);
    if (reason !== undefined) {
      dropped.push({ chunk, reason });
      continue;
    }
    const document = JSON.stringify([chunk.library.id, chunk.record.document]);
    const count = ofDocument.get(document) ?? 0;
    if (count >= knobs.documentHitsMax) capped.push(chunk);
    else {
      kept.add(chunk);
      ofDocument.set(document, count + 1);
    }
  }
  for (const chunk of capped) {
    if (kept.size < k) kept.add(chunk);
    else dropped.push({ chunk, reason: 'cap' });
  }
  return { kept: chunks.filter((chunk) => kept.has(chunk)), dropped };
}

/**
 * The words of a chunk in order, without case, marks and spaces. What stands in a better hit word
 * for word says nothing new. Nearness of vectors does not tell that: rules that differ in a number
 * or a "not" have cosines of 0.98, and they are the ones to tell apart.
 */
function spoken({ record }: RankedChunk): string {
  const text = record.text.normalize('NFKC').toLowerCase();
  const words = text.match(/[\p{L}\p{N}\p{M}]+/gu) ?? text.match(/\S+/gu) ?? [];
  return ` ${words.join(' ')} `;
}

/** The same words under another heading are another rule. */
function haveSameHeadings({ record: a }: RankedChunk, { record: b }: RankedChunk): boolean {
  return (
    a.headings.length === b.headings.length && a.headings.every((one, i) => one === b.headings[i])
  );
}
