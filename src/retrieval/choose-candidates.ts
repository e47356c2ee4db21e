/**
 * Which rows are rescored: those whose true score may, by the error of their estimate, be among the
 * best k. Decided before the records are read, so that a query with a clear answer reads few.
 */

import type { SearchKnobs } from './knobs';

/** Rows of all lists read, column by column. */
export interface EstimatedRows {
  /** Estimated cosines; -Infinity for a row that must not be found. */
  estimates: Float32Array;
  /** Standard errors of the estimates. */
  errors: Float32Array;
}

/** Positions of the rows to rescore, best estimate first, ties by position. */
export function chooseCandidates(
  { estimates, errors }: EstimatedRows,
  k: number,
  knobs: Pick<SearchKnobs, 'errorDeviations' | 'candidatesMax'>,
): number[] {
  const threshold = kthLargest(estimates, k);
  // Infinity times an error of nothing would be no number.
  const isAll = knobs.errorDeviations === Number.POSITIVE_INFINITY;
  const chosen: number[] = [];
  for (let row = 0; row < estimates.length; row += 1) {
    const estimate = estimates[row] as number;
    if (estimate === Number.NEGATIVE_INFINITY) continue;
    const isPossible =
      isAll ||
      estimate >= threshold ||
      estimate + knobs.errorDeviations * (errors[row] as number) >= threshold;
    if (isPossible) chosen.push(row);
  }
  chosen.sort((a, b) => (estimates[b] as number) - (estimates[a] as number) || a - b);
  return chosen.length > k + knobs.candidatesMax
    ? chosen.slice(0, k + knobs.candidatesMax)
    : chosen;
}

/** The k-th largest of the values, or -Infinity when there are fewer: a heap of the k largest. */
function kthLargest(values: Float32Array, k: number): number {
  const heap = new Float32Array(k).fill(Number.NEGATIVE_INFINITY);
  for (const value of values) {
    if (value <= (heap[0] as number)) continue;
    heap[0] = value;
    sink(heap);
  }
  return heap[0] as number;
}

/** Restores the order of a min-heap whose root has changed. */
function sink(heap: Float32Array): void {
  let at = 0;
  for (;;) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && (heap[child] as number) < (heap[least] as number)) least = child;
    }
    if (least === at) return;
    const value = heap[at] as number;
    heap[at] = heap[least] as number;
    heap[least] = value;
    at = least;
  }
}
