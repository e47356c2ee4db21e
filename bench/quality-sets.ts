/**
 * The judged sets in the format of `groundwork eval`: a folder of documents and a file of queries
 * each. Run: GROUNDWORK_DATA=<folder of the judged sets> npm run bench -- quality-sets [FOLDER]
 *
 * Without a folder they are written to the bench's cache. Nothing of them is for the repository.
 */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fromCaller } from '../cli/paths';
import { cacheFolder } from './quality/cache-folder';
import { linesOf } from './quality/judged-set';
import { dataFolder, loadSet, SET_NAMES } from './quality/load-sets';

const [, , , given] = process.argv;
const target = given === undefined ? join(cacheFolder(), 'sets') : fromCaller(given);
for (const name of SET_NAMES) {
  const { documents, queries } = await loadSet(name, dataFolder());
  const folder = join(target, name);
  const corpus = join(folder, 'corpus');
  rmSync(corpus, { recursive: true, force: true });
  for (const document of documents) {
    const path = join(corpus, document.name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, document.bytes);
  }
  writeFileSync(join(folder, 'queries.jsonl'), linesOf(queries));
  console.log(`${name}: ${documents.length} documents, ${queries.length} queries`);
  console.log(`  groundwork eval --corpus ${corpus} --queries ${join(folder, 'queries.jsonl')}`);
}
