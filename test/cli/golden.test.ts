/** `groundwork golden` as a process: keep, list, ask, compare, delete. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { groundwork } from '../support/cli-process';
import { EXPORT_MANIFEST, linesOf } from '../support/sample-export';

let folder: string;
const put = (path: string, text: string) => writeFile(join(folder, path), text);
const lines = (...questions: object[]) => questions.map((one) => JSON.stringify(one)).join('\n');
const golden = (...args: string[]) =>
  groundwork(['golden', ...args, '--library', 'rules', '--json'], { cwd: folder });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'groundwork-golden-'));
  await mkdir(join(folder, 'corpus'));
  await put('corpus/release.md', '# Release\n\nTwo reviewers approve a release before it ships.\n');
  await put('corpus/lunch.md', '# Lunch\n\nThe kitchen closes at noon.\n');
  await groundwork(['index', 'corpus', '--library', 'rules'], { cwd: folder });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const QUESTIONS = [
  { text: 'Two reviewers approve a release', document: 'release.md', quote: 'Two reviewers' },
  { text: 'When does the kitchen close?', document: 'kitchen.md' },
];

it('keeps questions, asks two generations, and says what changed', async () => {
  await put('questions.jsonl', lines(...QUESTIONS));
  expect((await golden('set', 'questions.jsonl')).json).toEqual({
    ...{ library: 'rules', questions: 2, unknownDocuments: ['kitchen.md'] },
    ...{ unknownQuotes: [], quotesUnchecked: 0 },
  });
  const first = await golden('run', '--details');
  expect(first.json).toMatchObject({ generation: 1, questions: 2, 'recall@10': 0.5 });
  expect(first.json['details']).toMatchObject([
    { rank: 1 },
    { verdict: 'missed', rank: null, isDocumentKnown: false },
  ]);

  await put('corpus/kitchen.md', '# Kitchen\n\nThe kitchen closes at noon, on Fridays at ten.\n');
  await groundwork(['index', 'corpus', '--library', 'rules'], { cwd: folder });
  const compared = await golden('run', '--generation', 'previous', '--compare', '2');
  expect(compared.json).toMatchObject({
    runs: [
      { generation: 1, setting: 'default', 'recall@10': 0.5 },
      { generation: 2, setting: 'default', 'recall@10': 1 },
    ],
    difference: { questions: 2, better: [{ text: QUESTIONS[1]?.text }] },
  });
  const settings = await golden('run', '--compare', 'exhaustive');
  expect(settings.json).toMatchObject({
    runs: [{ setting: 'default' }, { setting: 'exhaustive' }],
    difference: { questions: 2 },
  });
});

it('refuses a file that is not as expected, and loses nothing', async () => {
  await put('questions.jsonl', lines(...QUESTIONS));
  await golden('set', 'questions.jsonl');
  await put('wrong.jsonl', `${lines(QUESTIONS[0] ?? {})}\n{"text": 1}`);
  const wrong = await golden('set', 'wrong.jsonl');
  expect(wrong.exitCode).toBe(1);
  expect(wrong.json).toMatchObject({
    error: { code: 'golden_invalid', message: expect.stringContaining('line 2: text') },
  });
  expect((await golden('set', 'absent.jsonl')).json).toMatchObject({
    error: { code: 'path_unknown' },
  });
  expect((await golden('run', '--compare', 'fast')).json).toMatchObject({
    error: { code: 'setting_invalid' },
  });
  expect((await golden('list')).json['questions']).toHaveLength(2);

  const text = await groundwork(['golden', 'list', '--library', 'rules'], { cwd: folder });
  expect(text.stdout.trim()).toBe(lines(...QUESTIONS));
  await golden('delete');
  expect((await golden('list')).json['questions']).toEqual([]);
});

it('reads a file with a byte order mark, and names quotes that are nowhere', async () => {
  const wrong = { text: 'x', document: 'release.md', quote: 'Three reviewers' };
  await put('marked.jsonl', `\ufeff${lines(wrong)}\n`);
  const kept = await groundwork(['golden', 'set', 'marked.jsonl', '--library', 'rules'], {
    cwd: folder,
  });
  expect(kept.stdout).toContain('release.md: a quote is not there: "Three reviewers"');
});

const DIMENSIONS = 128;
const FINGERPRINT = {
  ...EXPORT_MANIFEST.fingerprint,
  ...{ dimensions: DIMENSIONS, modelId: `openai:text-embedding-3-small:${DIMENSIONS}` },
};

it('says that a provider failed, and compares nothing then', async () => {
  const args = ['--library', 'openai', '--json'];
  const text = 'Two reviewers approve.';
  const vector = { values: new Int8Array(DIMENSIONS).fill(11), scale: 0.008 };
  const chunk = { start: 0, end: text.length, headings: [], lead: '', text, trail: '', vector };
  const documents = [{ name: 'a/release.md', hash: 'ab'.repeat(32), chunks: [chunk] }];
  const manifest = { ...EXPORT_MANIFEST, fingerprint: FINGERPRINT, documents: 1, chunks: 1 };
  await put(
    'openai.jsonl',
    linesOf(documents, manifest)
      .map((line) => `${line}\n`)
      .join(''),
  );
  await groundwork(['import', 'openai.jsonl', ...args], { cwd: folder });
  await put('questions.jsonl', lines({ text: 'Two reviewers approve', document: 'a/release.md' }));
  await groundwork(['golden', 'set', 'questions.jsonl', ...args], { cwd: folder });
  const alone = await groundwork(['golden', 'run', ...args], { cwd: folder });
  expect(alone.json).toMatchObject({ notes: [{ kind: 'provider_failed', library: 'openai' }] });
  const compared = await groundwork(['golden', 'run', '--compare', 'words', ...args], {
    cwd: folder,
  });
  expect(compared.json).toMatchObject({ error: { code: 'run_incomparable' } });
});
