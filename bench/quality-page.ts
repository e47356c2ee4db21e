/** Writes docs/quality.md. Run: npm run bench -- quality-page */

import { writeFileSync } from 'node:fs';
import { ofPackage } from '../cli/paths';
import { newestResults } from './page/results';
import { renderQuality } from './quality/page/render';
import { RESULTS } from './report';

writeFileSync(ofPackage('docs', 'quality.md'), renderQuality(newestResults(RESULTS)));
console.log('written to docs/quality.md');
