/** The ladder of a workload small enough to climb in a test. */
import { describe, expect, it } from 'vitest';
import { climbLadder } from '../../bench/ladder/climb';
import { measureVectors } from '../../bench/vectors/measure';
import { loadWorkload } from '../../bench/workloads/load';
import { syntheticWorkload } from '../../bench/workloads/workload';

const workload = await loadWorkload(
  syntheticWorkload({ kind: 'hier', n: 700, dims: 128, queries: 30, seed: 2 }),
);
const rows = await climbLadder(workload);
const { report } = await measureVectors(workload);

describe('the ladder', () => {
  it('has a row for each feature, the product last', () => {
    expect(rows.map(({ step, runs }) => [step.replace(/\d+ lists/, 'n lists'), runs])).toEqual([
      ['flat int8', 'bench'],
      ['flat 1 bit, 80 rescored', 'bench'],
      ['+ correction terms', 'product'],
      ['+ probing, n lists', 'bench'],
      ['+ adaptive probing', 'bench'],
      ['+ smaller centroid table', 'product'],
      ['+ adaptive rescoring: Groundwork', 'product'],
    ]);
  });

  it('ends with the figures of the product itself', () => {
    expect(rows.at(-1)).toMatchObject({
      queries: 30,
      'recall@10': report['recall@10'],
      'units mean': report.cold.readUnits.mean,
      'units p95': report.cold.readUnits.p95,
      'bytes p50': report.cold.bytesRead.p50,
      'round trips': report.cold.roundTrips.p95,
    });
  });

  it('finds what there is to find in every row', () => {
    for (const row of rows) expect(row['recall@10'], row.step).toBeGreaterThan(0.9);
  });

  it('reads everything without lists, and no more lists than it was told with a fixed number', () => {
    const [int8, signs, corrected, fixed, adaptive] = rows;
    expect(int8).toMatchObject({ lists: 0, records: 10, 'round trips': 3 });
    expect(signs).toMatchObject({ records: 80, 'bytes p50': corrected?.['bytes p50'] });
    expect(fixed?.step).toContain(`${fixed?.lists} lists`);
    expect(fixed?.lists).toBe(Math.ceil(adaptive?.lists ?? 0));
  });

  it('saves bytes by the smaller table, and records by rescoring what may be among the best', () => {
    const [adaptive, small, product] = rows.slice(4);
    expect(small?.['bytes p50']).toBeLessThan(adaptive?.['bytes p50'] ?? 0);
    expect(product?.records).toBeLessThan(small?.records ?? 0);
    expect(product?.lists).toBe(small?.lists);
  });
});
