/** Prints the measured difficulty beside the figures of the prototype and compares the two. */
import { expect } from 'vitest';
import { EXPECTATIONS, measureDifficulty } from '../../bench/workloads/difficulty';

const TOLERANCE = 0.03;

export async function expectDifficulty(workload: string): Promise<void> {
  const rows = await measureDifficulty(workload);
  console.table(rows);
  expect(rows).toHaveLength(EXPECTATIONS.filter((each) => each.workload === workload).length);
  for (const { measure, measured, expected } of rows) {
    const message = `${workload}, ${measure}: ${measured}, expected ${expected}`;
    expect(Math.abs(measured - expected), message).toBeLessThanOrEqual(TOLERANCE);
  }
}
