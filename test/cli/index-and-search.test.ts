/** The life of a store on the command line, with the built-in model; one test leads to the next. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groundwork } from '../support/cli-process';

/** Words as other texts have them, without which chance has nothing to find in so small a library. */
const EVERYDAY =
  'Whoever wants lunch asks two days before and pays for a week; new people come first in the year.';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'groundwork-cli-'));
  await put('docs/release.md', '# Release\n\nTwo reviewers approve a release before it ships.\n');
  await put('docs/team/Räume & Küche.txt', `The kitchen closes at noon on Friday. ${EVERYDAY}\n`);
  await put('docs/notes.json', '{"no": "document"}');
  await put('docs/scan.md', '%PDF-1.7 not a text');
  const issue = { key: 'PAY-7', type: 'Story', summary: 'Two reviewers approve a release' };
  await put('issue.json', JSON.stringify(issue));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function put(path: string, text: string): Promise<void> {
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, text);
}

const run = (...args: string[]) => groundwork([...args, '--json'], { cwd: folder });

/** What became of a candidate. */
type Fate = { rank: number | null; dropped: string | null };

describe('a store', () => {
  it('takes a folder: names relative to it, and a refused document ends non-zero', async () => {
    const { exitCode, json } = await run(
      'index',
      'docs',
      '--library',
      'rules',
      '--projects',
      'PAY',
    );
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({
      ...{ library: 'rules', generation: 1, indexed: 2, unchanged: 0, chunks: 2, embedded: 2 },
      refused: [
        { document: 'scan.md', code: 'document_binary', message: expect.stringContaining('PDF') },
      ],
      tokens: expect.any(Number),
      writeUnits: expect.any(Number),
    });
    expect(json.indexed + json.unchanged + json.refused.length).toBe(json.given);
    expect(Object.keys(json.refused[0])).toEqual(['document', 'code', 'message']);
    expect(json.writeUnits).toBeGreaterThan(0);
    expect(json.tokens).toBeGreaterThan(0);
  });

  it('embeds nothing that is unchanged, and adds it up for people too', async () => {
    const args = ['index', 'docs', '--library', 'rules'];
    const { exitCode, stdout, stderr } = await groundwork(args, { cwd: folder });
    expect(exitCode).toBe(1);
    expect(stdout).toContain('3 given = 0 indexed + 2 unchanged + 1 refused');
    expect(stdout).toContain('refused   scan.md');
    expect(stdout).toContain(' 0 embedded now');
    expect(stdout).toContain('generation 1:');
    expect(stderr).not.toContain('    at ');
  });

  it('is searched', async () => {
    const { exitCode, json } = await run(
      'search',
      'two reviewers approve a release',
      '--project',
      'PAY',
    );
    expect(exitCode).toBe(0);
    expect(Object.keys(json)).toEqual(['applies', 'hits', 'notes', 'readUnits', 'roundTrips']);
    expect(json.hits).toHaveLength(2);
    const fields = ['rank', 'score', 'library', 'document', 'headings', 'start', 'end', 'text'];
    expect(Object.keys(json.hits[0])).toEqual(fields);
    expect(json.hits[0]).toMatchObject({
      ...{ rank: 1, library: 'rules', document: 'release.md', headings: ['Release'] },
      text: expect.stringContaining('Two reviewers approve'),
    });
    expect(json.hits[1]).toMatchObject({ rank: 2, document: 'team/Räume & Küche.txt' });
    expect(json.hits[0].score).toBeGreaterThan(json.hits[1].score);
    expect(json.hits[0].end - json.hits[0].start).toBe(json.hits[0].text.length);
    expect(json.applies).toBe(true);
    expect(json.roundTrips).toBeLessThanOrEqual(4);
    expect(json.readUnits).toBeGreaterThan(0);
  });

  it('explains, and gives as many hits as asked for', async () => {
    const { json } = await run('search', 'kitchen', '--library', 'rules', '--k', '1', '--explain');
    expect(json.hits).toHaveLength(1);
    expect(json.hits[0]).toMatchObject({
      applies: expect.any(Boolean),
      cosine: expect.any(Number),
    });
    const [verdict] = json.explanation.libraries;
    expect(verdict).toMatchObject({ library: 'rules', level: expect.any(Number) });
    const { candidates } = json.explanation;
    expect(candidates.map(({ rank, dropped }: Fate) => [rank, dropped])).toEqual([
      [1, null],
      [null, 'rank'],
    ]);
    expect(candidates[0].byWords.matched).toMatchObject([{ word: 'kitchen' }]);
  });

  it('grounds an item without calling a model that writes', async () => {
    const { exitCode, json } = await run('refine', 'issue.json', '--dry-run');
    expect(exitCode).toBe(0);
    expect(json).toMatchObject({
      ...{ issue: 'PAY-7', project: 'PAY', applies: true },
      // So small a library that it fits the prompt goes in whole.
      ...{ isWhole: true, notes: [] },
      citations: [
        { citation: 1, library: 'rules', document: 'release.md' },
        { citation: 2, library: 'rules', document: 'team/Räume & Küche.txt' },
      ],
    });
    expect(json.prompt).toContain(json.section);
    expect(json.section).toContain('Two reviewers approve');
  });

  it('explains a prompt to people as it explains a search', async () => {
    const { stdout } = await groundwork(['refine', 'issue.json', '--dry-run', '--explain'], {
      cwd: folder,
    });
    expect(stdout).toMatch(/^library "rules" applies: .* deviations above chance/m);
    expect(stdout).toMatch(/^ {2}hit 1 .* release\.md:0 .*words #1/m);
  });

  it('tells what it holds', async () => {
    const { exitCode, json } = await run('stats');
    expect(exitCode).toBe(0);
    expect(json.libraries).toEqual([
      {
        ...{ library: 'rules', projects: ['PAY'], generation: 1, documents: 2, chunks: 2 },
        ...{ model: expect.stringMatching(/^builtin/), dimensions: expect.any(Number) },
        segments: 1,
      },
    ]);
    expect(json.keys).toBeGreaterThan(2);
    expect(json.bytes).toBeGreaterThan(100);
  });

  it('keeps installations apart', async () => {
    const { json } = await run('stats', '--installation', 'other');
    expect(json).toEqual({ libraries: [], keys: 0, bytes: 0 });
  });

  it('refuses what fits no document, library, project or model, and stays as it was', async () => {
    const before = await run('stats');
    const rows: [args: string[], code: string][] = [
      [['search', 'x', '--library', 'none'], 'library_unknown'],
      [['search', 'x', '--project', 'HR'], 'project_unknown'],
      [['search', 'x', '--k', '101'], 'k_out_of_range'],
      [['search', ' '], 'query_empty'],
      [['index', 'docs', '--library', 'rules', '--embedder', 'openai'], 'fingerprint_mismatch'],
      [['index', 'docs', '--library', 'rules', '--embedder', 'none'], 'embedder_unknown'],
      [['index', 'docs', '--library', 'new', '--embedder', 'openai'], 'provider_key_missing'],
      [['delete', '--library', 'none'], 'library_unknown'],
      [['delete', '--library', 'rules', '--document', 'docs/release.md'], 'document_unknown'],
    ];
    for (const [args, code] of rows) {
      const { exitCode, json, stderr } = await run(...args);
      expect({ exitCode, code: json?.error.code }, args.join(' ')).toEqual({ exitCode: 1, code });
      expect(stderr).toMatch(new RegExp(`^(  .*\n)*${code}: `));
      expect(stderr).not.toContain('    at ');
    }
    expect((await run('stats')).json).toEqual(before.json);
  });

  it('drops with --sync what is gone, and keeps the last good form of what is refused', async () => {
    await rm(join(folder, 'docs', 'team'), { recursive: true });
    await put('docs/release.md', '\u0000 no text any more');
    const { exitCode, json } = await run('index', 'docs', '--library', 'rules', '--sync');
    expect(exitCode).toBe(1);
    expect(json).toMatchObject({ indexed: 0, unchanged: 0, deleted: 1, chunks: 1, generation: 2 });
    expect(json.refused).toHaveLength(2);
    const { json: found } = await run('search', 'kitchen or release');
    expect(found.hits.map((hit: { document: string }) => hit.document)).toEqual(['release.md']);
  });

  it('gives up a document, a library, everything', async () => {
    const document = await run('delete', '--library', 'rules', '--document', 'release.md');
    expect(document).toMatchObject({ exitCode: 0, json: { deleted: expect.any(String) } });
    expect((await run('search', 'release')).json.hits).toEqual([]);
    expect((await run('delete', '--library', 'rules')).exitCode).toBe(0);
    expect((await run('stats')).json.libraries).toEqual([]);
    const everything = await run('delete', '--all');
    expect(everything.json).toMatchObject({ keys: 0, bytes: 0 });
  });
});
