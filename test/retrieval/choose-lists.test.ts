import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseLists, type ListStatistics } from '../../src/index/choose-lists';
import { DEFAULT_KNOBS } from '../../src/retrieval/knobs';

interface List {
  score: number;
  radius: number;
  rows: number;
  bytes: number;
}

function statisticsOf(lists: readonly List[], dimensions = 128): ListStatistics {
  return {
    dimensions,
    scores: Float32Array.from(lists, ({ score }) => score),
    radii: Float32Array.from(lists, ({ radius }) => radius),
    counts: Uint32Array.from(lists, ({ rows }) => rows),
    bytes: (list) => lists[list]?.bytes ?? 0,
  };
}

const lists = fc.array(
  fc.record({
    score: fc.double({ min: -1, max: 1, noNaN: true }),
    radius: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1.5, noNaN: true })),
    rows: fc.integer({ min: 1, max: 800 }),
    bytes: fc.integer({ min: 200, max: 240_000 }),
  }),
  { maxLength: 60 },
);
const k = fc.integer({ min: 1, max: 100 });
const spread = fc.double({ min: 0, max: 8, noNaN: true });
const coverage = fc.double({ min: 0, max: 1, noNaN: true });

/** Share of a standard normal above x: Abramowitz and Stegun 7.1.26, off by less than 2e-7. */
function shareAbove(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const coefficients = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  const series = coefficients.reduce((sum, c) => (sum + c) * t, 0);
  const tail = 0.5 * series * Math.exp(-z * z);
  return x >= 0 ? tail : 1 - tail;
}

/** Rows of each list expected above the score that k rows of all lists exceed. */
function expectedRows(statistics: ListStatistics, wanted: number, spreadOf: number): number[] {
  const { scores, radii, counts, dimensions } = statistics;
  const rowsAbove = (score: number) =>
    [...scores].map((own, i) => {
      const deviation = Math.max(0.01, (spreadOf * (radii[i] ?? 0)) / Math.sqrt(dimensions));
      return (counts[i] ?? 0) * shareAbove((score - own) / deviation);
    });
  let [low, high] = [-20, 20];
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (rowsAbove(middle).reduce((sum, rows) => sum + rows, 0) > wanted) low = middle;
    else high = middle;
  }
  return rowsAbove(low);
}

describe('choosing lists', () => {
  it('reads every list at full coverage, whatever they are like', () => {
    fc.assert(
      fc.property(lists, k, spread, (given, wanted, spreadOf) => {
        const chosen = chooseLists(statisticsOf(given), wanted, { coverage: 1, spread: spreadOf });
        expect(chosen).toEqual(given.map((_, list) => list));
      }),
    );
  });

  it('names lists that there are, each once', () => {
    fc.assert(
      fc.property(lists, k, spread, coverage, (given, wanted, spreadOf, share) => {
        const knobs = { coverage: share, spread: spreadOf };
        const chosen = chooseLists(statisticsOf(given), wanted, knobs);
        expect(new Set(chosen).size).toBe(chosen.length);
        for (const list of chosen) expect(given[list]).toBeDefined();
      }),
    );
  });

  it('never reads fewer lists for more coverage, but the same and others', () => {
    fc.assert(
      fc.property(
        lists,
        k,
        spread,
        fc.tuple(coverage, coverage),
        (given, wanted, spreadOf, shares) => {
          const [less, more] = [Math.min(...shares), Math.max(...shares)];
          const choose = (share: number) =>
            chooseLists(statisticsOf(given), wanted, { coverage: share, spread: spreadOf });
          const [few, many] = [choose(less), choose(more)];
          expect(many.length).toBeGreaterThanOrEqual(few.length);
          if (more < 1) expect(many.slice(0, few.length)).toEqual(few);
        },
      ),
    );
  });

  it('holds the share of the expected rows that it is asked for, and no list more', () => {
    fc.assert(
      fc.property(lists, k, coverage, (given, wanted, share) => {
        fc.pre(given.length > 0 && share < 1);
        const statistics = statisticsOf(given);
        const chosen = chooseLists(statistics, wanted, { coverage: share, spread: 3 });
        const rows = given.reduce((sum, list) => sum + list.rows, 0);
        const expected = expectedRows(statistics, Math.min(wanted, rows), 3);
        const total = expected.reduce((sum, value) => sum + value, 0);
        const held = chosen.reduce((sum, list) => sum + (expected[list] ?? 0), 0);
        // The table of normal shares is in steps, and the threshold is bisected.
        const tolerance = 0.03 * total + 0.05;
        expect(held).toBeGreaterThanOrEqual(share * total - tolerance);
        const last = chosen.at(-1);
        if (last !== undefined) {
          expect(held - (expected[last] ?? 0)).toBeLessThanOrEqual(share * total + tolerance);
        }
      }),
    );
  });

  it('reads one list where the data are clustered and the query falls into a cluster', () => {
    const far = { score: 0.1, radius: 0.4, rows: 40, bytes: 4_000 };
    const near = { score: 0.8, radius: 0.4, rows: 40, bytes: 4_000 };
    const given = [...Array(20).fill(far), near, ...Array(20).fill(far)] as List[];
    const knobs = { coverage: DEFAULT_KNOBS.coverage, spread: 3 };
    expect(chooseLists(statisticsOf(given), 10, knobs)).toEqual([20]);
    // More than the cluster has: the others are all as good.
    expect(chooseLists(statisticsOf(given), 100, knobs).length).toBeGreaterThan(10);
  });

  it('reads many lists where no list is better than another', () => {
    const given = Array.from({ length: 50 }, () => {
      return { score: 0.2, radius: 0.9, rows: 30, bytes: 3_000 };
    });
    const knobs = { coverage: 0.98, spread: 3 };
    expect(chooseLists(statisticsOf(given), 10, knobs)).toHaveLength(49);
  });

  it('prefers the list that costs less for as many rows', () => {
    const list = { score: 0.5, radius: 0.5, rows: 30 };
    const given = [
      { ...list, bytes: 30_000 },
      { ...list, bytes: 3_000 },
    ];
    const knobs = { coverage: 0.4, spread: 3 };
    expect(chooseLists(statisticsOf(given), 10, knobs)).toEqual([1]);
  });

  it('copes with lists of equal vectors, and with none', () => {
    const knobs = { coverage: 0.98, spread: 3 };
    expect(chooseLists(statisticsOf([]), 10, knobs)).toEqual([]);
    const equal = { radius: 0, rows: 5, bytes: 900 };
    const given = [
      { ...equal, score: 0.3 },
      { ...equal, score: 0.9 },
      { ...equal, score: -0.3 },
    ];
    expect(chooseLists(statisticsOf(given), 5, knobs)).toEqual([1]);
    expect(chooseLists(statisticsOf(given), 10, knobs).sort()).toEqual([0, 1]);
    expect(chooseLists(statisticsOf(given), 100, knobs).sort()).toEqual([0, 1, 2]);
  });
});
