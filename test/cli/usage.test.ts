/** What the command line does with words, paths and stores that are off; no model is loaded. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDiskEngine } from '../../emulator/kvs/engine';
import { groundwork } from '../support/cli-process';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'groundwork-cli-'));
  await mkdir(join(folder, 'docs'));
  await mkdir(join(folder, 'empty'));
  await writeFile(join(folder, 'docs', 'a.md'), '# A\n\nRule.\n');
  await writeFile(join(folder, 'empty', 'photo.png'), 'x');
  await writeFile(join(folder, 'issue.json'), '{"key": "PAY-7", "summary": "Release"}');
  await writeFile(join(folder, 'broken.json'), '{"key": "PAY-7"');
  await writeFile(join(folder, 'nosummary.json'), '{"key": "PAY-7"}');
  await writeFile(join(folder, 'queries.jsonl'), '{"id": "q", "relevant": []}\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]) => groundwork(args, { cwd: folder });

describe('words', () => {
  it('an unknown command says what there is', async () => {
    const { exitCode, stdout, stderr } = await run('bnech');
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain("unknown command 'bnech'");
    for (const name of [
      'index',
      'search',
      'refine',
      'eval',
      'stats',
      'verify',
      'export',
      'delete',
    ]) {
      expect(stderr).toMatch(new RegExp(`^  ${name} `, 'm'));
    }
  });

  it('help is no error, and names every command', async () => {
    const { exitCode, stdout } = await run('--help');
    expect(exitCode).toBe(0);
    for (const name of [
      'index',
      'search',
      'refine',
      'eval',
      'stats',
      'verify',
      'export',
      'delete',
    ]) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    }
  });

  it.each([
    [['index'], 'missing required argument'],
    [['search', 'x', '--k', '2.5'], 'whole number above 0'],
    [['index', 'docs', '--projects', 'pay'], 'expected project keys'],
    [['eval', '--corpus', 'docs'], "required option '--queries <file>'"],
    [['delete', '--all', '--library', 'x'], 'cannot be used with option'],
    [['stats', '--depth', '3'], "unknown option '--depth'"],
  ])('%j ends with 2', async (args, words) => {
    const { exitCode, stderr } = await run(...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
  });
});

describe('paths', () => {
  it.each([
    [['index', 'absent'], 'path_unknown'],
    [['index', 'empty'], 'no_documents'],
    [['refine', 'broken.json', '--dry-run'], 'issue_invalid'],
    [['refine', 'nosummary.json', '--dry-run'], 'issue_invalid'],
    [['refine', 'issue.json'], 'generation_unavailable'],
    [['eval', '--corpus', 'docs', '--queries', 'absent'], 'path_unknown'],
    [['eval', '--corpus', 'absent', '--queries', 'queries.jsonl'], 'path_unknown'],
    [['eval', '--corpus', 'docs', '--queries', 'queries.jsonl'], 'queries_invalid'],
    [['delete', '--document', 'a.md'], 'nothing_named'],
  ])('%j is %s', async (args, code) => {
    const { exitCode, json, stderr } = await run(...args, '--json');
    expect(json).toEqual({ error: { code, message: expect.any(String) } });
    expect(stderr).toContain(`${code}: `);
    expect(exitCode).toBe(1);
    expect(stderr).not.toContain('    at ');
  });

  it('are those of the caller, whom npm names by INIT_CWD', async () => {
    const elsewhere = join(folder, 'empty');
    const args = ['index', 'docs', '--embedder', 'openai', '--json'];
    const lost = await groundwork(args, { cwd: elsewhere });
    expect(lost.json.error.code).toBe('path_unknown');
    const found = await groundwork(args, { cwd: elsewhere, env: { INIT_CWD: folder } });
    // The document was read; what is missing is the provider's key.
    expect(found.json.error.code).toBe('provider_key_missing');
  });
});

describe('the store', () => {
  const stats = (store: string) => run('stats', '--json', '--store', store);

  it('of another process is left alone', async () => {
    await mkdir(join(folder, 'held'));
    const engine = await openDiskEngine(join(folder, 'held', 'kvs'));
    try {
      const { exitCode, json } = await stats('held');
      expect({ exitCode, code: json.error.code }).toEqual({ exitCode: 1, code: 'store_locked' });
      expect(json.error.message).toContain('another command');
    } finally {
      await engine.close();
    }
    expect(await stats('held')).toMatchObject({ exitCode: 0, json: { keys: 0 } });
  });

  it('that is a file, or damaged, is said to be unusable, not in use', async () => {
    await writeFile(join(folder, 'file'), 'x');
    await mkdir(join(folder, 'damaged', 'kvs'), { recursive: true });
    await writeFile(join(folder, 'damaged', 'kvs', 'CURRENT'), 'no manifest of this name\n');
    for (const store of ['file', 'damaged']) {
      const { exitCode, json, stderr } = await stats(store);
      expect({ exitCode, code: json.error.code }).toEqual({ exitCode: 1, code: 'store_unusable' });
      expect(stderr).not.toContain('    at ');
    }
  });

  it('whose catalogue is damaged is refused by every command', async () => {
    // As the service stores an entity, but with a body that nobody wrote.
    expect((await stats('spoiled')).json.libraries).toEqual([]);
    const { openSite } = await import('../../cli/local-site');
    const site = await openSite({ store: join(folder, 'spoiled'), installation: 'local' });
    await site.run('spoil', ({ entities }) =>
      entities.create('catalogue', 'catalogue', { generation: 1, body: { format: 0 } }),
    );
    await site.close();
    for (const args of [['stats'], ['search', 'x'], ['index', 'docs']]) {
      const { exitCode, json } = await run(...args, '--json', '--store', 'spoiled');
      expect(exitCode).toBe(1);
      expect(json.error).toMatchObject({ code: 'catalogue_corrupt' });
    }
  });
});
