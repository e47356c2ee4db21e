/** `npm run bench -- <name>`: runs the benchmark of that name. */

import { readdirSync } from 'node:fs';

const HELPERS = ['run', 'report'];

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replace(/\.ts$/, ''))
  .filter((name) => !HELPERS.includes(name));
const [name] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`benchmarks are: ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  await import(`./${name}.ts`);
}
