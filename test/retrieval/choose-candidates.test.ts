import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseCandidates } from '../../src/retrieval/choose-candidates';
import { DEFAULT_KNOBS, EXHAUSTIVE_KNOBS } from '../../src/retrieval/knobs';
import { randomVectors } from '../support/random-vectors';

const GONE = Number.NEGATIVE_INFINITY;

const row = fc.record({
  // Few values, so that many rows tie.
  estimate: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -8, max: 8 }).map((value) => value / 8) },
    { weight: 3, arbitrary: fc.double({ min: -1, max: 1, noNaN: true }) },
    { weight: 1, arbitrary: fc.constant(GONE) },
  ),
  error: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.3, noNaN: true })),
});
const rows = fc.array(row, { maxLength: 120 });
const k = fc.integer({ min: 1, max: 100 });
const knobs = fc.record({
  errorDeviations: fc.oneof(
    fc.constant(Number.POSITIVE_INFINITY),
    fc.double({ min: 0, max: 5, noNaN: true }),
  ),
  candidatesMax: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: 0, max: 50 })),
});

function columnsOf(given: readonly { estimate: number; error: number }[]) {
  return {
    estimates: Float32Array.from(given, ({ estimate }) => estimate),
    errors: Float32Array.from(given, ({ error }) => error),
  };
}

/** Positions of all live rows, best estimate first, ties by position. */
function ranked({ estimates }: { estimates: Float32Array }): number[] {
  const positions = [...estimates.keys()].filter((i) => estimates[i] !== GONE);
  return positions.sort((a, b) => (estimates[b] as number) - (estimates[a] as number) || a - b);
}

describe('the candidates', () => {
  it('hold the k best estimates, in order of estimate and then of position', () => {
    fc.assert(
      fc.property(rows, k, knobs, (given, wanted, limits) => {
        const columns = columnsOf(given);
        const chosen = chooseCandidates(columns, wanted, limits);
        const order = ranked(columns);
        expect(chosen.slice(0, wanted)).toEqual(order.slice(0, wanted));
        // In the order of all, each once, and none that is gone.
        const kept = new Set(chosen);
        expect(chosen).toEqual(order.filter((position) => kept.has(position)));
      }),
    );
  });

  it('hold every row that the errors allow among the best, and no other', () => {
    fc.assert(
      fc.property(rows, k, knobs, (given, wanted, { errorDeviations }) => {
        fc.pre(errorDeviations !== Number.POSITIVE_INFINITY);
        const columns = columnsOf(given);
        const order = ranked(columns);
        const limits = { errorDeviations, candidatesMax: Number.POSITIVE_INFINITY };
        const kth = order[wanted - 1];
        const threshold = kth === undefined ? GONE : (columns.estimates[kth] as number);
        const allowed = order.filter((i) => {
          const [estimate = 0, error = 0] = [columns.estimates[i], columns.errors[i]];
          return estimate >= threshold || estimate + errorDeviations * error >= threshold;
        });
        expect(chooseCandidates(columns, wanted, limits)).toEqual(allowed);
      }),
    );
  });

  it('are at most so many beyond k, the best of those allowed', () => {
    fc.assert(
      fc.property(rows, k, knobs, (given, wanted, limits) => {
        const columns = columnsOf(given);
        const all = { ...limits, candidatesMax: Number.POSITIVE_INFINITY };
        const { candidatesMax } = limits;
        const whole = chooseCandidates(columns, wanted, all);
        const expected = whole.slice(0, wanted + candidatesMax);
        expect(chooseCandidates(columns, wanted, limits)).toEqual(expected);
      }),
    );
  });

  it('are all live rows at exhaustive knobs, also those whose estimate has no error', () => {
    fc.assert(
      fc.property(rows, k, (given, wanted) => {
        const columns = columnsOf(given);
        expect(chooseCandidates(columns, wanted, EXHAUSTIVE_KNOBS)).toEqual(ranked(columns));
      }),
    );
    const columns = columnsOf([
      { estimate: 0.9, error: 0 },
      { estimate: 0.1, error: 0 },
    ]);
    expect(chooseCandidates(columns, 1, EXHAUSTIVE_KNOBS)).toEqual([0, 1]);
  });

  it('are never a row that is gone, not even where all are', () => {
    const gone = columnsOf(Array.from({ length: 9 }, () => ({ estimate: GONE, error: 0.2 })));
    for (const limits of [DEFAULT_KNOBS, EXHAUSTIVE_KNOBS]) {
      expect(chooseCandidates(gone, 5, limits)).toEqual([]);
      expect(chooseCandidates(columnsOf([]), 5, limits)).toEqual([]);
    }
  });

  it('order equal estimates by position, also where the k-th place is contested', () => {
    const columns = columnsOf(
      [0.2, 0.9, 0.2, 0.9, 0.9, 0.2, 0.9].map((estimate) => ({ estimate, error: 0 })),
    );
    const limits = { errorDeviations: 0, candidatesMax: 0 };
    expect(chooseCandidates(columns, 3, limits)).toEqual([1, 3, 4]);
    expect(chooseCandidates(columns, 6, limits)).toEqual([1, 3, 4, 6, 0, 2]);
  });

  it('are few where the answer is clear and many where it is not', () => {
    const [estimates] = randomVectors(1, 1_000, 12) as [Float32Array];
    const clear = { estimates: estimates.slice(), errors: new Float32Array(1_000).fill(0.002) };
    for (let i = 0; i < 10; i += 1) clear.estimates[i * 90] = 0.8 + i / 100;
    expect(chooseCandidates(clear, 10, DEFAULT_KNOBS)).toHaveLength(10);
    const unclear = { estimates, errors: new Float32Array(1_000).fill(0.05) };
    expect(chooseCandidates(unclear, 10, DEFAULT_KNOBS)).toHaveLength(
      10 + DEFAULT_KNOBS.candidatesMax,
    );
  });
});
