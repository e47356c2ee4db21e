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

const BISECTIONS = 14;
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
    const deviation = (knobs.spread * (radii[list] as number)) / Math.sqrt(dimensions);
    perDeviation[list] = 1 / Math.max(DEVIATION_MIN, deviation);
    rows += counts[list] as number;
  }
  const model = { scores, counts, perDeviation };
  const threshold = scoreExceededBy(Math.min(k, rows), model);
  const expected = new Float64Array(lists);
  const gains = new Float64Array(lists);
  let total = 0;
  for (let list = 0; list < lists; list += 1) {
    const above = expectedAbove(model, threshold, list);
    if (above === 0) continue;
    total += above;
    expected[list] = above;
    gains[list] = above / statistics.bytes(list);
  }
  // The best is looked for again and again: few are taken of the many that could be sorted.
  const chosen: number[] = [];
  for (let covered = 0; covered < knobs.coverage * total; ) {
    let best = 0;
    for (let list = 1; list < lists; list += 1) {
      if ((gains[list] as number) > (gains[best] as number)) best = list;
    }
    if (gains[best] === 0) break;
    chosen.push(best);
    covered += expected[best] as number;
    gains[best] = 0;
  }
  return chosen;
}

/** What the expected rows follow from, list by list. */
interface Model {
  scores: Float32Array;
  counts: Uint32Array;
  /** One over the deviation of the scores. */
  perDeviation: Float64Array;
}

/** Rows of a list that are expected to score above a threshold. */
function expectedAbove(model: Model, threshold: number, list: number): number {
  const x = (threshold - (model.scores[list] as number)) * (model.perDeviation[list] as number);
  return x >= TAIL ? 0 : (model.counts[list] as number) * shareAbove(x);
}

/** The score that so many rows are expected to exceed, by bisection. */
function scoreExceededBy(wanted: number, model: Model): number {
  const scores = Float64Array.from(model.scores);
  const counts = Float64Array.from(model.counts);
  const perDeviation = model.perDeviation.slice();
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let list = 0; list < scores.length; list += 1) {
    const reach = TAIL / (perDeviation[list] as number);
    low = Math.min(low, (scores[list] as number) - reach);
    high = Math.max(high, (scores[list] as number) + reach);
  }
  let left = scores.length;
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (low + high) / 2;
    let rows = 0;
    for (let i = 0; i < left; i += 1) {
      const x = (middle - (scores[i] as number)) * (perDeviation[i] as number);
      if (x < TAIL) rows += (counts[i] as number) * shareAbove(x);
    }
    if (rows <= wanted) {
      high = middle;
      continue;
    }
    low = middle;
    // Lists that end below a score that too many rows exceed have no part in what follows.
    let kept = 0;
    for (let i = 0; i < left; i += 1) {
      if ((middle - (scores[i] as number)) * (perDeviation[i] as number) >= TAIL) continue;
      scores[kept] = scores[i] as number;
      counts[kept] = counts[i] as number;
      perDeviation[kept] = perDeviation[i] as number;
      kept += 1;
    }
    left = kept;
  }
  return low;
}

/** Share of a standard normal above x, which is below `TAIL`. */
function shareAbove(x: number): number {
  return x <= -TAIL ? 1 : (SHARES_ABOVE[((x + TAIL) * TAIL_STEPS + 0.5) | 0] as number);
}

/** Shares of a standard normal above x, from -TAIL to TAIL in even steps. */
const SHARES_ABOVE = Float64Array.from({ length: 2 * TAIL * TAIL_STEPS + 1 }, (_, i) => {
  const x = i / TAIL_STEPS - TAIL;
  // Source: E. Page, "Approximations to the Cumulative Normal Function", Applied Statistics 26
  // (1977): off by less than 0.0002.
  return 0.5 * (1 - Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
});
