/**
 * Quality of retrieval on judged sets, beside peers and with each step left out. Run: npm ci in
 * bench/ once, then GROUNDWORK_DATA=<folder of the judged sets> npm run bench -- quality [SET…]
 * [--sample N] (only so many queries of each set, and nothing is written)
 *
 * The first run embeds the corpora, some six minutes of two cores; later ones take the vectors from
 * GROUNDWORK_BENCH_CACHE, or from a folder of the system's for temporary files.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheFolder } from './quality/cache-folder';
import { sampleOf } from './quality/judged-set';
import { dataFolder, loadSet, SET_NAMES } from './quality/load-sets';
import { measureSet, type QualityRow } from './quality/measure-set';
import { saveResult } from './report';

const { values, positionals } = parseArgs({
  args: process.argv.slice(3),
  options: { sample: { type: 'string' } },
  allowPositionals: true,
});
if (!existsSync(join(import.meta.dirname, 'node_modules'))) {
  console.error('The peers are not installed. Install them with: npm ci --prefix bench');
  process.exit(1);
}
const folder = dataFolder();
const sample = values.sample === undefined ? Number.POSITIVE_INFINITY : Number(values.sample);
const rows: QualityRow[] = [];
for (const name of SET_NAMES) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const set = sampleOf(await loadSet(name, folder), sample);
  const measured = await measureSet(set, { cache: cacheFolder(), say: console.log });
  console.table(measured.filter(({ table }) => table === 'systems').map(shortOf));
  console.table(measured.filter(({ table }) => table === 'steps').map(shortOf));
  rows.push(...measured);
}
if (values.sample === undefined) saveResult('quality', rows);

function shortOf(row: QualityRow) {
  const { system, 'recall@10': recall, 'ndcg@10': ndcg, 'tokens@10': tokens } = row;
  const units = (row['readUnits'] as { mean: number } | undefined)?.mean;
  return { system, recall, ndcg, tokens, units, false: row['falseGrounding'] };
}
