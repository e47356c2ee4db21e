/**
 * Storage and quota of Forge for each size and dimension, from the newest results of `vectors`.
 * Run: npm run bench -- forge-limits
 */

import { limitsRows, measuredCells } from './forge-limits/rows';
import { newestResults } from './page/results';
import { RESULTS, saveResult } from './report';

const cells = measuredCells(newestResults(RESULTS));
if (cells.length === 0) {
  console.error('There are no results of handbook-like vectors yet: npm run bench -- vectors');
  process.exitCode = 1;
} else {
  const rows = limitsRows(cells);
  console.table(rows);
  saveResult('forge-limits', rows);
}
