/**
 * What each feature is worth: one is added a row, from a scan of every int8 vector to the product.
 * Run: npm run bench -- ladder [workload…]
 */

import { join } from 'node:path';
import type { LadderRow } from './ladder/climb';
import { saveResult } from './report';
import { runInChild } from './vectors/in-child';

const CELLS = ['hier-10k-1536', 'topic-10k-1536', 'hier-100k-1536'];
const CHILD = join(import.meta.dirname, 'ladder', 'child.ts');

const given = process.argv.slice(3);
const rows: LadderRow[] = [];
for (const name of given.length > 0 ? given : CELLS) {
  rows.push(...(await runInChild<LadderRow[]>(CHILD, name)));
  console.log(`${name} is done`);
}
console.table(rows);
saveResult('ladder', rows);
