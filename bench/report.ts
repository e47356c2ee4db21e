/** What stands beside every figure: machine, runtime, commit, date. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

/** Folder of all result files. */
export const RESULTS = join(import.meta.dirname, 'results');

/** Writes a dated result file and prints where it is. */
export function saveResult(name: string, rows: readonly object[]): void {
  const result = { name, ...surroundings(), rows };
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${result.date}-${name}.json`);
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`written to bench/results/${result.date}-${name}.json`);
}

/** Whether a result was measured with the sources as they are now. */
export function isOfPresentSources(result: {
  commit: string;
  uncommittedChanges: boolean;
}): boolean {
  if (result.uncommittedChanges) return false;
  try {
    git('diff', '--quiet', result.commit, '--', '../src');
  } catch {
    return false;
  }
  return !hasUncommittedChanges();
}

function git(...words: string[]): string {
  return execFileSync('git', words, {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

/** New files count too: a comparison with a commit does not see them. */
function hasUncommittedChanges(): boolean {
  return git('status', '--porcelain', '--', '../src') !== '';
}

function surroundings() {
  const [first] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: git('rev-parse', '--short', 'HEAD'),
    uncommittedChanges: hasUncommittedChanges(),
    machine: `${first?.model ?? 'unknown'}, ${cpus().length} cores`,
    node: process.version,
  };
}
