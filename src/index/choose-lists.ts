/**
 * Which posting lists a query reads, decided from the centroid table alone.
 *
 * The scores of a list's rows are taken to be normal about the score of its centroid, with a
 * deviation that grows with the list's radius. The score t that k rows of the whole segment are
 * expected to exceed follows from all lists together; each list then has an expected number of rows
 * above t. Lists are taken in order of expected rows for a byte read, until they hold the share
 * `coverage` of all that is expected: one list where the data are clustered and the query falls
 * into a cluster, many where they are not.
 */

export interface ProbingKnobs {
  /** Share of the expected best k that the lists read must hold, 0 to 1; 1 reads every list. */
  coverage: number;
  /**
   * Standard deviation of a list's scores about that of its centroid, as a multiple of
   * radius / sqrt(dimensions).
   */
  spread: number;
}

/** What is known of each list before it is read. */
export interface ListStatistics {
  dimensions: number;
  /** Estimated cosine of query and centroid, up to a constant: Float32Array[lists]. */
  scores: Float32Array;
  /** Root mean square norm of the residuals. */
  radii: Float32Array;
  /** Rows of each list. */
  counts: Uint32Array;
  /** Bytes of each list's value. */
  bytes: (list: number) => number;
}

const BISECTIONS = 18;
/** A radius of nothing (equal vectors) still leaves the error of the centroid's own score. */
const DEVIATION_MIN = 0.01;
/** Beyond so many deviations a list is certainly above or below. */
const TAIL = 4;
const TAIL_STEPS = 256;

/** Numbers of the lists to read, the most promising first. Errors: none; no list gives none. */
export function chooseLists(statistics: ListStatistics, k: number, knobs: ProbingKnobs): number[] {
  const { scores, counts, radii, dimensions } = statistics;
  const lists = scores.length;
  if (knobs.coverage >= 1) return Array.from({ length: lists }, (_, list) => list);
  const perDeviation = new Float64Array(lists);
  let rows = 0;
  for (let list = 0; list < lists; list += 1) {
    const radius = radii[list] as number;
    const deviation = (knobs.spread * radius) / Math.sqrt(dimensions);
    perDeviation[list] = 1 / Math.max(DEVIATION_MIN, deviation);
    rows += counts[list] as number;
  }
  const expectedAbove = (score: number, list: number) =>
    (counts[list] as number) *
    normalShareAbove((score - (scores[list] as number)) * (perDeviation[list] as number));
  const threshold = scoreExceededBy(Math.min(k, rows), statistics, expectedAbove);
  const expected = new Float64Array(lists);
  const gain = new Float64Array(lists);
  let total = 0;
  for (let list = 0; list < lists; list += 1) {
    const rowsAbove = expectedAbove(threshold, list);
    expected[list] = rowsAbove;
    gain[list] = rowsAbove / statistics.bytes(list);
    total += rowsAbove;
  }
  const order = Array.from({ length: lists }, (_, list) => list)
    .filter((list) => (expected[list] as number) > 0)
    .sort((a, b) => (gain[b] as number) - (gain[a] as number) || a - b);
  const chosen: number[] = [];
  let covered = 0;
  for (const list of order) {
    if (covered >= knobs.coverage * total) break;
    chosen.push(list);
    covered += expected[list] as number;
  }
  return chosen;
}

/** The score that so many rows are expected to exceed, by bisection. */
function scoreExceededBy(
  wanted: number,
  { scores }: ListStatistics,
  expectedAbove: (score: number, list: number) => number,
): number {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const score of scores) {
    low = Math.min(low, score);
    high = Math.max(high, score);
  }
  // Cosines differ by 2 at most, so beyond these bounds all rows are above or below.
  low -= 2;
  high += 2;
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (low + high) / 2;
    let rows = 0;
    for (let list = 0; list < scores.length && rows <= wanted; list += 1) {
      rows += expectedAbove(middle, list);
    }
    if (rows > wanted) low = middle;
    else high = middle;
  }
  return low;
}

/** Shares of a standard normal above x, from -TAIL to TAIL in even steps. */
const SHARES_ABOVE = Float64Array.from({ length: 2 * TAIL * TAIL_STEPS + 1 }, (_, i) => {
  const x = i / TAIL_STEPS - TAIL;
  // Source: E. Page, "Approximations to the Cumulative Normal Function", Applied Statistics 26
  // (1977): off by less than 0.0002.
  return 0.5 * (1 - Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
});

function normalShareAbove(x: number): number {
  if (x >= TAIL) return 0;
  if (x <= -TAIL) return 1;
  return SHARES_ABOVE[Math.round((x + TAIL) * TAIL_STEPS)] as number;
}
