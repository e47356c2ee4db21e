/**
 * Mean and spread of a query's cosines over a whole library, without reading it. Rows of lists that
 * were read count by their estimates. Those of the others are taken to lie about the score of their
 * centroid, their residuals alike in all directions. Text is not: there the spread comes out a
 * quarter too small (docs/decisions/0010-hybrid-ranking.md), which weighs vectors a third more.
 */

import type { SegmentHead } from '../index/segment-heads';
import { addMoments, type Moments, NO_MOMENTS } from './fusion';
import type { PreparedQuery, ScannedLists } from './scan-lists';

export function cosineMoments(
  { heads, scanner, coarse }: PreparedQuery,
  scanned: ScannedLists,
): Moments {
  const read = new Map<SegmentHead, Map<number, Moments>>();
  let moments: Moments = NO_MOMENTS;
  for (const [i, { head, list, number }] of scanned.lists.entries()) {
    const first = scanned.firstRow[i] as number;
    const own = readMoments(scanned, first, first + list.count);
    moments = addMoments(moments, own);
    if (number === undefined) continue;
    const ofHead = read.get(head) ?? new Map<number, Moments>();
    read.set(head, ofHead.set(number, own));
  }
  for (const head of heads) {
    if (head.table === undefined) continue;
    const scores = scanner.scoreCentroids(coarse, head.table);
    moments = addMoments(moments, unreadMoments(head, scores, read.get(head) ?? new Map()));
  }
  return moments;
}

/** Of rows that were read, without what the error of an estimate adds to its square. */
function readMoments({ estimates, errors }: ScannedLists, first: number, end: number): Moments {
  let [count, sum, squares] = [0, 0, 0];
  for (let row = first; row < end; row += 1) {
    const estimate = estimates[row] as number;
    if (estimate === Number.NEGATIVE_INFINITY) continue;
    count += 1;
    sum += estimate;
    squares += estimate * estimate - (errors[row] as number) ** 2;
  }
  return { count, sum, squares };
}

/** Of the lists of a clustered segment that were not read. */
function unreadMoments(
  { table }: SegmentHead,
  scores: Float32Array,
  read: ReadonlyMap<number, Moments>,
): Moments {
  if (table === undefined) return NO_MOMENTS;
  // Scores of centroids are known up to a constant; what was read says which.
  let [rows, differences] = [0, 0];
  for (const [number, { count, sum }] of read) {
    rows += count;
    differences += sum - count * (scores[number] as number);
  }
  const constant = rows > 0 ? differences / rows : 0;
  let moments: Moments = NO_MOMENTS;
  for (let list = 0; list < table.lists; list += 1) {
    if (read.has(list)) continue;
    const count = table.counts[list] as number;
    const mean = (scores[list] as number) + constant;
    const variance = (table.radii[list] as number) ** 2 / table.dimensions;
    moments = addMoments(moments, {
      count,
      sum: count * mean,
      squares: count * (mean * mean + variance),
    });
  }
  return moments;
}
