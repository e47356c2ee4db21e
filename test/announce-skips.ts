/** Says before the tests run which of them will be skipped, and why; the summary only counts them. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

export function setup(): void {
  if (process.env['GROUNDWORK_DATA'] === undefined) {
    console.log(
      'skipped: checks on recorded provider answers and large corpora; GROUNDWORK_DATA names no folder that has them',
    );
  }
  if (!existsSync(join(import.meta.dirname, '..', 'dist', 'app', 'index.cjs'))) {
    console.log('skipped: checks of the bundle; npm run test:bundle makes it and runs them');
  }
}
