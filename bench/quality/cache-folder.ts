/** Where the bench keeps what takes long to make: outside the repository, safe to delete. */

import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The folder that GROUNDWORK_BENCH_CACHE names, else one of the system's for temporary files. */
export function cacheFolder(): string {
  const named = process.env['GROUNDWORK_BENCH_CACHE'];
  const folder = named || join(tmpdir(), 'groundwork-bench');
  mkdirSync(folder, { recursive: true });
  return folder;
}
