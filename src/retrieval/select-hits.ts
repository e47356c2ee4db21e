/** From rankings to hits: what applies, what says the same twice, how much of one document. */

import { dotInt8 } from '../kernels/dot-int8';
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
  knobs: Pick<SearchKnobs, 'duplicateCosine' | 'documentHitsMax'>;
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
  const reasonToDrop = (chunk: RankedChunk): DropReason | undefined => {
    if (!isWanted(chunk)) return 'threshold';
    if (kept.size >= k) return 'rank';
    const others = [...kept, ...capped];
    const isSaid = others.some((better) => isDuplicate(better, chunk, knobs.duplicateCosine));
    return isSaid ? 'duplicate' : undefined;
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

/** Whether two chunks say the same: vectors of one model so near, or the same words. */
function isDuplicate(a: RankedChunk, b: RankedChunk, cosineMin: number): boolean {
  if (cosineMin > 1) return false;
  const [x, y] = [a.record.vector, b.record.vector];
  const areComparable = a.library.fingerprint.modelId === b.library.fingerprint.modelId;
  if (areComparable && x.values.length > 0) {
    if (x.scale * y.scale * dotInt8(x.values, 0, y.values, 0, x.values.length) > cosineMin)
      return true;
  }
  return spoken(a) === spoken(b);
}

function spoken({ record }: RankedChunk): string {
  return record.text.replace(/\s+/g, ' ').trim();
}
