/** Writes docs/benchmarks.md and its picture. Run: npm run bench -- benchmarks-page */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ofPackage } from '../cli/paths';
import { renderPage } from './page/render';
import { newestResults } from './page/results';
import { workloadNames } from './workloads/workload';

const { markdown, svg } = renderPage(
  newestResults(join(import.meta.dirname, 'results')),
  workloadNames(),
);
writeFileSync(ofPackage('docs', 'benchmarks.md'), markdown);
writeFileSync(ofPackage('docs', 'cold-units.svg'), svg);
console.log('written to docs/benchmarks.md and docs/cold-units.svg');
