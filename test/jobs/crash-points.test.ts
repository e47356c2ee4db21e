/** A job may die at any of its platform calls, and comes to the end that it would have come to. */
import { beforeAll, expect, it } from 'vitest';
import { CRASHES, runAmongReaders, runAtEveryCall, runUndisturbed } from '../support/disturbed-job';
import type { Reference } from '../support/disturbed-run';
import { FIRST, REBUILD, UPDATE } from '../support/scripted-jobs';

const TIMEOUT_MS = 600_000;

let first: Reference;
let update: Reference;
let rebuild: Reference;
beforeAll(async () => {
  first = await runUndisturbed(FIRST);
  update = await runUndisturbed(UPDATE, first);
  rebuild = await runUndisturbed(REBUILD, first);
});

it('the jobs reuse, delete and embed again as they are meant to', () => {
  const chunks = (total: number, reused: number) =>
    expect.objectContaining({ total, reused, toEmbed: total - reused, embedded: total - reused });
  expect(JSON.parse(first.counts)).toMatchObject({ state: 'done', chunks: chunks(10, 0) });
  expect(JSON.parse(update.counts)).toMatchObject({
    state: 'done',
    documents: { indexed: 2, unchanged: 2, deleted: 1, refused: 0 },
    chunks: chunks(6, 2),
    generation: 2,
  });
  expect(JSON.parse(rebuild.counts)).toMatchObject({ state: 'done', chunks: chunks(10, 0) });
  for (const { calls } of [first, update, rebuild]) expect(calls.length).toBeGreaterThan(120);
});

const JOBS: [string, () => Reference][] = [
  ['a new library', () => first],
  ['an update', () => update],
  ['a rebuild', () => rebuild],
];

it.each(JOBS)('%s: readers at each call find the old generation or the new', async (_, job) => {
  expect(await runAmongReaders(job())).toEqual([]);
});

it.each(JOBS)(
  '%s survives a crash before or after each of its calls',
  async (name, job) => {
    const { points, problems } = await runAtEveryCall(job(), CRASHES);
    console.info(`${name}: ${points} crash points`);
    expect(problems).toEqual([]);
  },
  TIMEOUT_MS,
);
