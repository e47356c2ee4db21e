/** The chunks nearest a query by their vectors alone: what the index itself is measured by. */

import type { LibraryEntry } from '../index/catalogue';
import type { CodeCache, SegmentHead } from '../index/segment-heads';
import type { KeyValueStore } from '../platform/ports';
import { chooseCandidates } from './choose-candidates';
import { DEFAULT_KNOBS, type VectorKnobs } from './knobs';
import { NO_WORDS } from './query';
import { type RankedChunk, rankLibraries } from './rank-libraries';
import {
  type Candidate,
  candidateAt,
  type PreparedQuery,
  type ReadList,
  scanLists,
} from './scan-lists';

export { listsToRead } from './scan-lists';

export interface NearestQuery {
  /** Heads of the libraries' segments. */
  heads: readonly SegmentHead[];
  libraries: readonly LibraryEntry[];
  /** The embedded query of a library's model, Float32Array[dimensions] of norm 1. */
  vectorOf: (library: LibraryEntry) => Float32Array;
  k: number;
  knobs: VectorKnobs;
  cache?: CodeCache | undefined;
}

/**
 * The k best chunks of each library, best first, scored by their cosines; equal ones in order of
 * document name and start. Errors: `value_missing`, `value_corrupt`, `format_newer`.
 */
export async function nearestChunks(
  kv: KeyValueStore,
  { heads, libraries, vectorOf, k, knobs, cache }: NearestQuery,
): Promise<RankedChunk[][]> {
  const queries = libraries.map((library) => ({
    library,
    heads: heads.filter((head) => head.library === library),
    vector: vectorOf(library),
    words: NO_WORDS,
  }));
  const settings = { ...DEFAULT_KNOBS, ...knobs, signals: 'vectors', wholeChunksMax: 0 } as const;
  const rankings = await rankLibraries(kv, { queries, k, knobs: settings, cache });
  return rankings.map(({ chunks }) => chunks.slice(0, k));
}

/** The rows of these lists that may be among the k best by the errors of their codes. */
export function findCandidates(
  prepared: Pick<PreparedQuery, 'scanner' | 'coarse'>,
  lists: readonly ReadList[],
  { k, knobs }: Pick<NearestQuery, 'k' | 'knobs'>,
): Candidate[] {
  const scanned = scanLists(prepared, lists);
  return chooseCandidates(scanned, k, knobs).map((position) => candidateAt(scanned, position));
}
