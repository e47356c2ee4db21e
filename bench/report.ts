/** What stands beside every figure: machine, runtime, commit, date. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';

const RESULTS = join(import.meta.dirname, 'results');

/** Writes a dated result file and prints where it is. */
export function saveResult(name: string, rows: readonly object[]): void {
  const result = { name, ...surroundings(), rows };
  mkdirSync(RESULTS, { recursive: true });
  const file = join(RESULTS, `${result.date}-${name}.json`);
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`written to bench/results/${result.date}-${name}.json`);
}

function surroundings() {
  const git = (...words: string[]) =>
    execFileSync('git', words, { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
  const [first] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: git('rev-parse', '--short', 'HEAD'),
    uncommittedChanges: git('status', '--porcelain', '--', '../src') !== '',
    machine: `${first?.model ?? 'unknown'}, ${cpus().length} cores`,
    node: process.version,
  };
}
