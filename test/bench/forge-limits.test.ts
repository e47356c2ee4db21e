/** The table of Forge's limits: what is reckoned beside what is measured. */
import { describe, expect, it } from 'vitest';
import { coldQueryOf, storedOf } from '../../bench/forge-limits/layout';
import {
  computedRow,
  limitsRows,
  type MeasuredCell,
  measuredCells,
} from '../../bench/forge-limits/rows';
import type { BenchResult } from '../../bench/page/results';
import { measureVectors } from '../../bench/vectors/measure';
import { loadWorkload } from '../../bench/workloads/load';
import { syntheticWorkload } from '../../bench/workloads/workload';

const size = { n: 1000, dims: 128 };
const workload = await loadWorkload(
  syntheticWorkload({ kind: 'hier', ...size, queries: 30, seed: 4 }),
);
const { report, details } = await measureVectors(workload);
const cell: MeasuredCell = { ...report, ...details };

describe('what is reckoned from the layout', () => {
  it('is what was stored, but for lists that are not of equal length', () => {
    const { values, bytes, writeUnits } = storedOf(size);
    expect(values).toBe(report.store.values);
    expect(bytes / report.store.bytes).toBeCloseTo(1, 2);
    expect(Math.abs(writeUnits - report.store.writeUnits)).toBeLessThanOrEqual(3);
  });

  it('is near what a query reads that reads so many lists and records', () => {
    const read = { lists: details.listsMean, records: details.recordsMean };
    const { units, roundTrips } = coldQueryOf(size, read);
    expect(units / report.cold.readUnits.mean).toBeGreaterThan(0.7);
    expect(units / report.cold.readUnits.mean).toBeLessThan(1.3);
    expect(roundTrips).toBe(report.cold.roundTrips.p95);
  });

  it('is corrected by the nearest cell, so that it is right there', () => {
    const row = computedRow(size, [cell]);
    expect(row['cold units, mean']).toBeCloseTo(report.cold.readUnits.mean, 0);
  });
});

describe('the table', () => {
  const measured: MeasuredCell = { ...cell, n: 10_000, dims: 768 };
  const other: MeasuredCell = { ...cell, n: 10_000, dims: 1536, recordsMean: 5 };
  const rows = limitsRows([measured, other]);

  it('has every size once, and says which are measured', () => {
    expect(rows).toHaveLength(20);
    expect(rows.filter(({ by }) => by === 'measured')).toEqual([
      expect.objectContaining({ n: 10_000, dims: 768 }),
      expect.objectContaining({ n: 10_000, dims: 1536 }),
    ]);
  });

  it('divides the quotas of a minute', () => {
    for (const row of rows) {
      expect(row['minutes of write quota']).toBeCloseTo(row['write units'] / 4000, 1);
      expect(Math.abs(row['queries a minute'] * row['cold units, mean'] - 4000)).toBeLessThan(400);
    }
    const of = (dims: number) => rows.filter((row) => row.dims === dims);
    const bytes = of(3072).map((row) => row.bytes);
    expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
  });

  it('takes its cells from results of handbook-like vectors alone', () => {
    const result = (name: string): [string, BenchResult] => [
      name,
      {
        name,
        date: '2026-11-22',
        commit: 'abc1234',
        uncommittedChanges: false,
        machine: 'A machine',
        node: 'v20.20.2',
        rows: [{ ...cell }],
      },
    ];
    const results = new Map([result('vectors-hier-1k-128'), result('vectors-gmm-10k-1536')]);
    expect(measuredCells(results)).toEqual([cell]);
  });
});
