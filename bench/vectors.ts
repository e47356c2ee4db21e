/**
 * Every workload on the local platform, cold and warm, each in a process of its own.
 * Run: npm run bench -- vectors [--only NAME…] [--force]
 *
 * Each result is saved at once. A cell that has one of the present sources is skipped, so a run
 * that was interrupted goes on where it ended; --force measures it again.
 */

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { newestResults } from './page/results';
import { isOfPresentSources, RESULTS, saveResult } from './report';
import { runInChild } from './vectors/in-child';
import type { VectorsMeasurement } from './vectors/measure';
import type { VectorsReport } from './vectors/report';
import { whyAbsent } from './workloads/load';
import { readWorkload, workloadNames } from './workloads/workload';

const CHILD = join(import.meta.dirname, 'vectors', 'child.ts');

const { values, positionals } = parseArgs({
  args: process.argv.slice(3),
  options: {
    only: { type: 'string', multiple: true },
    force: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

const only = [...(values.only ?? []), ...positionals];
const startedAt = performance.now();
const rows: object[] = [];
for (const name of only.length > 0 ? only : workloadNames()) {
  const absent = whyAbsent(readWorkload(name));
  if (absent !== undefined) {
    console.log(absent);
    continue;
  }
  const present = newestResults(RESULTS).get(`vectors-${name}`);
  if (present !== undefined && !values.force && isOfPresentSources(present)) {
    console.log(`${name} was measured with these sources on ${present.date}; --force repeats it`);
    rows.push({ workload: name, ...figuresOf(present.rows[0] as unknown as VectorsReport) });
    continue;
  }
  const row = await measure(name);
  if (row !== undefined) rows.push(row);
}
console.table(rows);
console.log(`${secondsSince(startedAt)} s in all`);

/** Measures, saves and gives the line of the table; a cell that fails does not end the run. */
async function measure(name: string): Promise<object | undefined> {
  const cellStartedAt = performance.now();
  try {
    const { report, details } = await runInChild<VectorsMeasurement>(CHILD, name);
    saveResult(`vectors-${name}`, [{ ...report, ...details }]);
    return { workload: name, ...figuresOf(report), seconds: secondsSince(cellStartedAt) };
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
    return undefined;
  }
}

function figuresOf({ cold, warm, buildMs, peakRssMb, ...report }: VectorsReport): object {
  return {
    'recall@10': report['recall@10'],
    'units mean': cold.readUnits.mean,
    p95: cold.readUnits.p95,
    trips: cold.roundTrips.p95,
    'bytes p50': cold.bytesRead.p50,
    'compute ms p50': cold.computeMs.p50,
    'model ms p50': cold.modelMs.p50,
    'warm compute ms p50': warm.computeMs.p50,
    'build ms': buildMs,
    'peak RSS MB': peakRssMb,
  };
}

function secondsSince(start: number): number {
  return Math.round((performance.now() - start) / 1000);
}
