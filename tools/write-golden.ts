/**
 * Writes one stored value of every kind into `test/golden/v0`. Tests open them for as long as
 * format 0 can be read, so run it only where a layout changes on purpose:
 * npx tsx tools/write-golden.ts
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goldenText, goldenValues } from '../test/support/golden-values';

const FOLDER = join(import.meta.dirname, '..', 'test', 'golden', 'v0');

mkdirSync(FOLDER, { recursive: true });
for (const golden of goldenValues()) {
  writeFileSync(join(FOLDER, `${golden.name}.json`), goldenText(golden));
  console.log(`test/golden/v0/${golden.name}.json: ${golden.key}`);
}
