/** Exporting on the command line: a whole file or none. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groundwork } from '../support/cli-process';
import { read } from '../support/sample-export';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'groundwork-export-'));
  await mkdir(join(folder, 'docs'));
  await writeFile(join(folder, 'docs', 'release.md'), '# Release\n\nTwo reviewers approve.\n');
  await writeFile(join(folder, 'docs', 'kitchen.md'), 'The kitchen closes at noon.\n');
  await run('index', 'docs', '--library', 'rules', '--projects', 'PAY');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]) => groundwork([...args, '--json'], { cwd: folder });

describe('export', () => {
  it('writes a file that holds the library', async () => {
    const { exitCode, json } = await run('export', 'rules.jsonl', '--library', 'rules');
    const bytes = await readFile(join(folder, 'rules.jsonl'));
    expect(exitCode).toBe(0);
    expect(json).toEqual({
      ...{ library: 'rules', file: join(folder, 'rules.jsonl'), documents: 2, chunks: 2, lines: 6 },
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    const { manifest, documents } = await read(bytes.toString('utf8').split('\n'));
    expect(manifest).toMatchObject({ library: 'rules', projects: ['PAY'], generation: 1 });
    expect(documents.map(({ name }) => name)).toEqual(['kitchen.md', 'release.md']);
  });

  it('leaves no file where it cannot be whole, and none half written', async () => {
    const before = await readdir(folder);
    const rows: [args: string[], code: string][] = [
      [['x.jsonl', '--library', 'absent'], 'library_unknown'],
      [[join('absent', 'x.jsonl'), '--library', 'rules'], 'path_unwritable'],
      [['docs', '--library', 'rules'], 'path_unwritable'],
    ];
    for (const [args, code] of rows) {
      const { exitCode, json } = await run('export', ...args);
      expect({ exitCode, code: json?.error.code }, args.join(' ')).toEqual({ exitCode: 1, code });
    }
    expect(await readdir(folder)).toEqual(before);
    expect((await run('export', 'x.jsonl')).exitCode).toBe(1);
  });
});
