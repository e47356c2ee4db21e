/** The vector half of a query in one library: lists to read, candidates of them, exact cosines. */

import { type CoarseScanner, createCoarseScanner } from '../index/coarse-scan';
import type { PostingList } from '../index/posting-list';
import type { ChunkRecord } from '../index/record';
import type { SegmentHead, WantedList } from '../index/segment-heads';
import { chooseCandidates } from './choose-candidates';
import { cosineMoments } from './cosine-moments';
import type { Moments } from './fusion';
import type { VectorKnobs } from './knobs';
import { createRescorer, type Rescorer } from './rescoring';
import {
  type Candidate,
  candidateAt,
  listsToRead,
  type PreparedQuery,
  scanLists,
} from './scan-lists';

/** What scores vectors of so many dimensions, with memory of its own. */
export interface Scorers {
  scanner: CoarseScanner;
  rescorer: Rescorer;
}

/** Scorers by dimensions, made once for each. */
export type ScorerPool = (dimensions: number) => Scorers;

export function createScorerPool(): ScorerPool {
  const pool = new Map<number, Scorers>();
  return (dimensions) => {
    const known = pool.get(dimensions);
    if (known !== undefined) return known;
    const made = {
      scanner: createCoarseScanner(dimensions),
      rescorer: createRescorer(dimensions),
    };
    pool.set(dimensions, made);
    return made;
  };
}

export interface VectorPlan extends PreparedQuery {
  vector: Float32Array;
  rescorer: Rescorer;
  wanted: WantedList[];
}

/** Chooses lists for the best k by this vector. */
export function planVectors(
  heads: readonly SegmentHead[],
  vector: Float32Array,
  options: { k: number; coverage: number; scorers: Scorers },
): VectorPlan {
  const { scanner, rescorer } = options.scorers;
  const prepared = { heads, scanner, coarse: scanner.prepare(vector) };
  const { k, coverage } = options;
  return {
    ...prepared,
    vector,
    rescorer,
    wanted: listsToRead(prepared, { k, knobs: { coverage } }),
  };
}

export interface VectorSide {
  /** Rows that may be among the best k, best estimate first. */
  candidates(k: number, knobs: Pick<VectorKnobs, 'errorDeviations' | 'candidatesMax'>): Candidate[];
  /** Cosines of the query with records, up to the rounding of int8. */
  cosines(records: readonly ChunkRecord[]): number[];
  /** Of the cosines of all rows, by estimate. */
  moments: Moments;
}

/** Scans the lists of `plan.wanted`, in its order, and those of flat segments. */
export function scanVectors(plan: VectorPlan, loaded: readonly PostingList[]): VectorSide {
  const flat = plan.heads.flatMap((head) => head.lists.map((list) => ({ head, list })));
  const chosen = plan.wanted.map(({ head, number }, i) => {
    return { head, number, list: loaded[i] as PostingList };
  });
  const scanned = scanLists(plan, [...flat, ...chosen]);
  return {
    candidates: (k, knobs) =>
      chooseCandidates(scanned, Math.min(k, scanned.estimates.length), knobs).map((position) =>
        candidateAt(scanned, position),
      ),
    cosines: (records) =>
      plan.rescorer.score(
        plan.vector,
        records.map(({ vector }) => vector),
      ),
    moments: cosineMoments(plan, scanned),
  };
}
