/** Verifying and repairing on the command line, in a store that is damaged between the commands. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSite } from '../../cli/local-site';
import { findLibrary, loadCatalogue } from '../../src/index/catalogue';
import { groundwork } from '../support/cli-process';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'groundwork-verify-'));
  await mkdir(join(folder, 'docs'));
  for (const name of ['release', 'kitchen', 'review']) {
    await writeFile(join(folder, 'docs', `${name}.md`), `# ${name}\n\nThe ${name} rule holds.\n`);
  }
  await run('index', 'docs', '--library', 'rules');
  await run('index', 'docs/kitchen.md', '--library', 'other');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (...args: string[]) => groundwork([...args, '--json'], { cwd: folder });

/** Deletes the first value of the library whose key is like that. */
async function damage(library: string, like: RegExp): Promise<string> {
  const site = await openSite({ store: join(folder, '.groundwork'), installation: 'local' });
  try {
    const { result } = await site.run('damage', async ({ kv, entities }) => {
      const { id } = findLibrary((await loadCatalogue(entities)).libraries, library);
      const { results } = await kv.query({ prefix: `l:${id}:`, limit: 100 });
      const key = results.map((result) => result.key).find((one) => like.test(one)) ?? '';
      await kv.delete(key);
      return key;
    });
    return result;
  } finally {
    await site.close();
  }
}

describe('verify', () => {
  it('finds nothing where nothing is amiss, in one library or all', async () => {
    const one = await run('verify', '--library', 'rules');
    expect(one.exitCode).toBe(0);
    expect(one.json).toEqual({
      ...{ library: 'rules', ok: true, values: 6, chunks: 3, findings: [] },
    });
    const all = await run('verify');
    expect(all.json).toMatchObject({ library: null, ok: true, values: 6 + 4, chunks: 4 });
    const absent = await run('verify', '--library', 'absent');
    expect(absent).toMatchObject({ exitCode: 1, json: { error: { code: 'library_unknown' } } });
  });

  it('names what is damaged, ends non-zero, and repairs it', async () => {
    const key = await damage('rules', /:p:0$/);
    const found = await run('verify', '--library', 'rules');
    expect(found.exitCode).toBe(1);
    expect(found.json).toMatchObject({
      ok: false,
      findings: [{ library: 'rules', code: 'value_missing', key, what: expect.any(String) }],
    });
    expect(found.json).not.toHaveProperty('repaired');
    expect((await run('search', 'kitchen rule', '--library', 'rules')).exitCode).toBe(1);

    const repaired = await run('verify', '--library', 'rules', '--repair');
    expect(repaired).toMatchObject({
      exitCode: 0,
      json: {
        ...{ ok: true, lost: [], remaining: [], findings: [{ code: 'value_missing', key }] },
        repaired: [
          {
            ...{ library: 'rules', generation: 2, segments: 1, tables: 0, unnamed: 0 },
            documents: { before: 3, kept: 3, lost: 0 },
          },
        ],
      },
    });
    const { json } = await run('search', 'kitchen rule', '--library', 'rules');
    expect(json.hits).toHaveLength(3);
    expect((await run('verify')).json).toMatchObject({ ok: true, findings: [] });
  });

  it('names what is lost, for programs and for people, and takes it again', async () => {
    await damage('rules', /:r:/);
    const { stdout, exitCode } = await groundwork(['verify', '--repair'], { cwd: folder });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/value_missing {2}rules: l:\S+ \(of document (\w+\.md)\): the index/);
    expect(stdout).toContain('3 documents = 2 kept + 1 lost');
    expect(stdout).toMatch(/lost {6}rules: \w+\.md; its text is damaged/);
    expect(stdout).toContain('1 findings, and all are repaired');
    const again = await run('index', 'docs', '--library', 'rules');
    expect(again.json).toMatchObject({ indexed: 1, unchanged: 2, chunks: 3 });
    const clean = await groundwork(['verify'], { cwd: folder });
    expect(clean.stdout).toMatch(/^\d+ values and 4 chunks verified: nothing is amiss\n$/);
  });
});
