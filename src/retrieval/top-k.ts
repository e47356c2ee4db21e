/** Selection of the best rows of a segment. */

import type { VectorRows } from '../index/segment';
import { dotInt8 } from '../kernels/dot-int8';
import type { Int8Vector } from '../quantization/int8';

export interface ScoredRow {
  row: number;
  /** Estimated cosine; higher is better. */
  score: number;
}

/**
 * The k rows nearest to the query by cosine over int8, best first; equal scores in row order, which
 * is the order of chunk ids. Exact: every row is scored. O(rows * dimensions + rows * log k).
 */
export function topRows(query: Int8Vector, rows: VectorRows, k: number): ScoredRow[] {
  const { dimensions, count, scales, values } = rows;
  const best: ScoredRow[] = [];
  for (let row = 0; row < count; row += 1) {
    const dot = dotInt8(query.values, 0, values, row * dimensions, dimensions);
    const score = dot * query.scale * (scales[row] as number);
    const worst = best[best.length - 1];
    if (best.length === k && (worst === undefined || score <= worst.score)) continue;
    best.splice(insertionPoint(best, score), 0, { row, score });
    if (best.length > k) best.pop();
  }
  return best;
}

/** First position whose score is lower: equal scores keep the order in which they came. */
function insertionPoint(sorted: readonly ScoredRow[], score: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as ScoredRow).score >= score) low = middle + 1;
    else high = middle;
  }
  return low;
}
