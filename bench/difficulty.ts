/**
 * How hard the synthetic workloads are, beside the figures of an independent prototype. Takes some
 * two minutes. Run: npm run bench -- difficulty
 */

import { saveResult } from './report';
import { type DifficultyRow, EXPECTATIONS, measureDifficulty } from './workloads/difficulty';

const rows: DifficultyRow[] = [];
for (const workload of new Set(EXPECTATIONS.map((expectation) => expectation.workload))) {
  rows.push(...(await measureDifficulty(workload)));
}
console.table(rows);
saveResult('difficulty', rows);
