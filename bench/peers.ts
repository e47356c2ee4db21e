/**
 * Other vector indexes side by side with Groundwork, each in a process of its own, one thread.
 * Run: npm ci in bench/ once, then npm run bench -- peers [workload…] [--floor 0.97]
 *
 * Without names the workloads are those of CELLS. A peer whose recall can be turned up is timed at
 * the least setting with the recall of Groundwork, or with that of --floor.
 */

import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { PeerAdapter } from './peers/support/adapter';
import type { PeerTask } from './peers/support/child';
import type { PeerRow } from './peers/support/measure';
import { saveResult } from './report';
import { type LoadedWorkload, loadWorkload } from './workloads/load';
import { wholeOf } from './workloads/vector-source';
import { readWorkload } from './workloads/workload';

const CELLS = ['hier-1k-1536', 'hier-10k-1536', 'hier-100k-1536'];
const FIRST = 'groundwork';
const RECALL_MIN = 0.97;
const MINUTES_MAX = 10;
const HEAP_MB = 12_000;

const { values, positionals } = parseArgs({
  args: process.argv.slice(3),
  options: { floor: { type: 'string' } },
  allowPositionals: true,
});

if (!existsSync(join(import.meta.dirname, 'node_modules'))) {
  console.error('The peers are not installed. Install them with: npm ci --prefix bench');
  process.exit(1);
}
const peers = readdirSync(join(import.meta.dirname, 'peers'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, ''))
  .sort((a, b) => Number(b === FIRST) - Number(a === FIRST) || a.localeCompare(b));
const rows: PeerRow[] = [];
for (const name of positionals.length > 0 ? positionals : CELLS) {
  rows.push(...(await compareOn(name)));
}
console.table(rows);
saveResult('peers', rows);

async function compareOn(name: string): Promise<PeerRow[]> {
  console.log(`${name}: generating vectors and the exact answer`);
  const folder = mkdtempSync(join(tmpdir(), 'groundwork-peers-'));
  const cell: PeerRow[] = [];
  try {
    const loaded = await loadWorkload(readWorkload(name));
    writeVectors(folder, loaded);
    let recallMin = Number(values.floor ?? RECALL_MIN);
    for (const peer of peers) {
      const row = await measureInChild({
        peer,
        workload: name,
        folder,
        dims: loaded.dims,
        recallMin,
      });
      console.log(JSON.stringify(row));
      cell.push(row);
      if (peer === FIRST && values.floor === undefined) recallMin = row['recall@10'] ?? recallMin;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return cell;
}

function writeVectors(folder: string, { base, queries, truth }: LoadedWorkload): void {
  writeFileSync(join(folder, 'base.f32'), wholeOf(base));
  writeFileSync(join(folder, 'queries.f32'), queries);
  writeFileSync(join(folder, 'truth.i32'), truth);
}

async function measureInChild(task: PeerTask): Promise<PeerRow> {
  const { adapter } = (await import(`./peers/${task.peer}.ts`)) as { adapter: PeerAdapter };
  const { name, version, isNative, whyAbsent } = adapter;
  const known = { workload: task.workload, peer: name, version, native: isNative };
  if (whyAbsent !== undefined) return { ...known, note: whyAbsent };
  return new Promise((resolve) => {
    const child = fork(join(import.meta.dirname, 'peers', 'support', 'child.ts'), {
      execArgv: [...process.execArgv, `--max-old-space-size=${HEAP_MB}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let lastWords = '';
    child.stderr?.on('data', (text) => {
      lastWords = `${lastWords}${text}`.slice(-2000);
    });
    const timer = setTimeout(() => {
      resolve({ ...known, note: `did not finish in ${MINUTES_MAX} minutes` });
      child.kill('SIGKILL');
    }, MINUTES_MAX * 60_000);
    child.once('message', (row) => resolve(row as PeerRow));
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      const error = /^\w*Error: .*$/m.exec(lastWords)?.[0] ?? `ended with ${signal ?? code}`;
      resolve({ ...known, note: `failed: ${error}` });
    });
    child.send(task);
  });
}
