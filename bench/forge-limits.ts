/**
 * Storage and quota of Forge for each size and dimension, from the newest results of `vectors`.
 * Run: npm run bench -- forge-limits [--measure]
 *
 * What was not measured is computed from the layout and the nearest cell that was: exact for what
 * is stored, within a factor of two for what a query reads. --measure measures these too, each
 * saved at once, in a quarter of an hour.
 */

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cellName, limitsRows, measuredCells, SIZES } from './forge-limits/rows';
import { newestResults } from './page/results';
import { isOfPresentSources, RESULTS, saveResult } from './report';
import { runInChild } from './vectors/in-child';
import type { VectorsMeasurement } from './vectors/measure';

const CHILD = join(import.meta.dirname, 'forge-limits', 'child.ts');

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { measure: { type: 'boolean', default: false } },
});
if (values.measure) await measureMissing();
const cells = measuredCells(newestResults(RESULTS));
if (cells.length === 0) {
  console.error('There are no results of handbook-like vectors yet: npm run bench -- vectors');
  process.exitCode = 1;
} else {
  const rows = limitsRows(cells);
  console.table(rows);
  saveResult('forge-limits', rows);
}

/** Measures the cells that have no result of the present sources. */
async function measureMissing(): Promise<void> {
  const present = newestResults(RESULTS);
  for (const size of SIZES) {
    const name = cellName(size);
    const result = present.get(name);
    if (result !== undefined && isOfPresentSources(result)) continue;
    const argument = `${size.n} x ${size.dims}`;
    const { report, details } = await runInChild<VectorsMeasurement>(CHILD, argument);
    saveResult(name, [{ ...report, ...details }]);
  }
}
