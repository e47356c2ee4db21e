/** `groundwork eval` as a process, on a corpus small enough to say what must come out. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { groundwork } from '../support/cli-process';

/** Words as other texts have them, without which chance has nothing to find in so small a corpus. */
const EVERYDAY =
  'Whoever wants lunch asks two days before and pays for a week; new people come first in the year.';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'groundwork-eval-'));
  await mkdir(join(folder, 'corpus', 'team'), { recursive: true });
  const put = (path: string, text: string) => writeFile(join(folder, path), text);
  await put('corpus/release.md', '# Release\n\nTwo reviewers approve a release before it ships.\n');
  const kitchen = `<h1>Kitchen</h1><p>The kitchen closes at noon. ${EVERYDAY}</p>`;
  await put('corpus/team/kitchen.html', kitchen);
  await put('corpus/scan.md', '%PDF-1.7');
  const release = { file: 'release.md', quote: 'Two  reviewers approve a release' };
  const queries = [
    { query: 'Release: two reviewers approve a release', relevant: [release] },
    // One of the two required files does not exist, so recall is a half.
    {
      issue: { key: 'K-1', summary: 'Kitchen: the kitchen closes at noon' },
      relevant: [{ file: 'team/kitchen.html' }, { file: 'absent.md', quote: 'x' }],
    },
    { query: 'quantum chromodynamics of neutron stars', relevant: [] },
  ];
  const lines = queries.map((query, i) => JSON.stringify({ id: `q${i}`, ...query }));
  await put('queries.jsonl', lines.join('\n'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('prints the figures of the interface, and leaves no store behind', async () => {
  const args = ['eval', '--corpus', 'corpus', '--queries', 'queries.jsonl', '--json'];
  const { exitCode, json, stderr } = await groundwork(args, { cwd: folder });
  expect(stderr).toContain('refused scan.md');
  expect(exitCode).toBe(0);
  const number = expect.any(Number);
  // Two judged queries: the first chunk is right for both, one of three passages does not exist.
  const ideal = 3 + 3 / Math.log2(3);
  expect(json).toEqual({
    ...{ queries: 3, chunks: 2, 'recall@5': 0.75, 'recall@10': 0.75, 'recall@20': 0.75, mrr: 1 },
    'ndcg@10': Math.round(((1 + 3 / ideal) / 2) * 10_000) / 10_000,
    'tokens@10': number,
    ...{ 'groundedRecall@10': 0.75, missedGrounding: 0, falseGrounding: 0 },
    readUnits: { mean: number, p50: number, p95: number },
    ...{ roundTrips: { p50: 3, p95: 3 }, latencyMs: { p50: number, p95: number }, indexMs: number },
    notes: [],
  });
  expect(json['tokens@10']).toBeGreaterThan(10);
  const stats = await groundwork(['stats', '--json'], { cwd: folder });
  expect(stats.json).toEqual({ libraries: [], keys: 0, bytes: 0 });
});

it('compares two settings on one index, query by query where asked', async () => {
  const args = ['eval', '--corpus', 'corpus', '--queries', 'queries.jsonl', '--json', '--details'];
  const settings = ['--compare', 'coverage=1'];
  const { json, stderr } = await groundwork([...args, ...settings], { cwd: folder });
  expect(stderr).toContain('judged, but not in the corpus: absent.md');
  const same = { queries: 3, 'recall@10': 0.75, mrr: 1 };
  expect(json).toMatchObject({
    runs: [
      {
        setting: 'default',
        ...same,
        details: [{ id: 'q0', 'recall@10': 1, grounded: true }, {}, {}],
      },
      { setting: 'coverage=1', ...same },
    ],
    difference: { 'recall@10': { items: 2, difference: { value: 0, low: 0, high: 0 } } },
  });
  const [first] = json['runs'] as [{ details: object[] }];
  expect(first.details[1]).toMatchObject({ id: 'q1', 'recall@10': 0.5 });
  expect(first.details[2]).toMatchObject({ id: 'q2', 'recall@10': null, grounded: false });
});

it.each([
  ['a depth that no search has', ['--k', '200'], 'k_out_of_range', '--k is 200'],
  [
    'vectors where there are none',
    ['--embedder', 'lexical', '--compare', 'vectors'],
    'vectors_missing',
    'no vectors',
  ],
  [
    'an item that is all template',
    ['--queries', 'template.jsonl'],
    'queries_invalid',
    'query "empty"',
  ],
])('refuses %s before anything is indexed', async (_, more, code, words) => {
  const issue = { key: 'K-1', summary: ' ', description: 'h2. Acceptance criteria' };
  await writeFile(
    join(folder, 'template.jsonl'),
    JSON.stringify({ id: 'empty', issue, relevant: [] }),
  );
  const args = ['eval', '--corpus', 'corpus', '--queries', 'queries.jsonl', ...more, '--json'];
  const { exitCode, json, stderr } = await groundwork(args, { cwd: folder });
  expect(json).toEqual({ error: { code, message: expect.stringContaining(words) } });
  expect(exitCode).toBe(1);
  expect(stderr).not.toContain('refused scan.md');
});
