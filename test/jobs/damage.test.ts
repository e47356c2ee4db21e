/** Values of a job that are damaged: the job says so, and the live generation is untouched. */
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/platform/ports';
import { eachTestApp } from '../support/each-app';
import { type HandlerApp, resultOf } from '../support/handler-app';
import {
  type LiveLibrary,
  liveLibrary,
  liveTexts,
  openLibrary,
  REQUEST,
  SECOND,
} from '../support/job-library';
import { crashAt, mend, type Point } from '../support/job-stops';

let app: HandlerApp;
let live: LiveLibrary;
eachTestApp(async (fresh) => {
  app = fresh;
  live = await openLibrary(app);
});

/** The job's values of one kind, by the letter that stands in their keys. */
const keysOf = (jobId: string, kind: string) => app.keys(`t:${jobId}:${kind}:`);

async function damage(jobId: string, kind: string, damaged: (value: JsonValue) => JsonValue) {
  const [key] = await keysOf(jobId, kind);
  expect(key).toBeDefined();
  await app.inside(async ({ kv }) => {
    const value = await kv.get(key as string);
    await kv.set(key as string, damaged(value as JsonValue));
  });
}

const broken = (value: JsonValue): JsonValue => ({
  ...(value as { [name: string]: JsonValue }),
  body: 'something else',
});

async function expectFailed(jobId: string, code: string, words = 'Cancel the job'): Promise<void> {
  const message = expect.stringContaining(words);
  expect(await app.progress(jobId)).toMatchObject({ state: 'failed', error: { code, message } });
  expect((await liveLibrary(app)).found).toEqual(live.found);
  resultOf(await app.call('cancelJob', { jobId }));
  await app.deliver();
  expect(await app.progress(jobId)).toMatchObject({ state: 'cancelled' });
  expect(await app.keys('t:')).toEqual([]);
}

async function stoppedAt(point: Point): Promise<string> {
  crashAt(app, point);
  const jobId = await app.start(REQUEST, SECOND);
  await app.deliverDue();
  mend(app);
  return jobId;
}

describe('a value that was staged', () => {
  it.each([
    ['a piece', 'i'],
    ['the list of the pieces of a call', 'n'],
  ])('(%s) and is not what was written fails the job', async (_, kind) => {
    const jobId = await app.start(REQUEST, SECOND);
    await damage(jobId, kind, broken);
    await app.deliver();
    await expectFailed(jobId, 'value_corrupt');
  });

  it('of a later version of the format fails the job', async () => {
    const jobId = await app.start(REQUEST, SECOND);
    await damage(jobId, 'i', (value) => ({ ...(value as object), format: 99 }) as JsonValue);
    await app.deliver();
    await expectFailed(jobId, 'format_newer');
  });
});

describe('a value of the plan', () => {
  it.each([
    ['the texts of a batch', 'b', 'embed'],
    ['a page', 'p', 'seal'],
    ['the result of a batch', 'r', 'seal'],
    ['what sealing left', 's', 'publish'],
  ] as const)('(%s) that is damaged fails the job', async (_, kind, point) => {
    const jobId = await stoppedAt(point);
    await damage(jobId, kind, broken);
    await app.deliver();
    await expectFailed(jobId, 'value_corrupt');
    expect(await liveLibrary(app)).toEqual(live);
  });

  it.each([
    ['the texts of a batch', 'b', 'embed'],
    ['a page', 'p', 'seal'],
  ] as const)('(%s) that is gone fails the job', async (_, kind, point) => {
    const jobId = await stoppedAt(point);
    const [key] = await keysOf(jobId, kind);
    await app.inside(({ kv }) => kv.delete(key as string));
    await app.deliver();
    await expectFailed(jobId, 'value_missing');
  });

  it('that is damaged when the job has published costs nothing but tidiness', async () => {
    const jobId = await stoppedAt('sweep');
    await damage(jobId, 'p', broken);
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
    expect(await liveTexts(app)).toHaveLength(3);
    expect(await app.keys('t:')).toEqual([]);
  });
});

describe('what a job has embedded', () => {
  it('and is damaged fails the job when it is sealed', async () => {
    const jobId = await stoppedAt('seal');
    const key = (await app.keys('l:')).find((one) => one.includes(`:r:${jobId}:`)) as string;
    await app.inside(async ({ kv }) => kv.set(key, broken((await kv.get(key)) as JsonValue)));
    await app.deliver();
    await expectFailed(jobId, 'value_corrupt', 'index the library again');
    expect(await liveLibrary(app)).toEqual(live);
  });

  it('and is gone fails the job when it is sealed', async () => {
    const jobId = await stoppedAt('seal');
    const key = (await app.keys('l:')).find((one) => one.includes(`:r:${jobId}:`)) as string;
    await app.inside(({ kv }) => kv.delete(key));
    await app.deliver();
    await expectFailed(jobId, 'value_missing', 'index the library again');
  });
});

it('a library that is damaged fails the job, and stays as damaged as it was', async () => {
  const table = live.keys.find((key) => /:s:[0-9a-f]+:d:/.test(key)) as string;
  await app.inside(async ({ kv }) => kv.set(table, broken((await kv.get(table)) as JsonValue)));
  const view = await app.index(REQUEST, SECOND);
  expect(view).toMatchObject({ state: 'failed', error: { code: 'value_corrupt' } });
  expect(await app.keys('l:')).toEqual(live.keys);
});

it('a retired segment that cannot be swept is no fault of the job that has published', async () => {
  await app.index(REQUEST, SECOND);
  await app.index(REQUEST, SECOND.slice(0, 1));
  const tables = (await app.keys('l:')).filter((key) => /:s:[0-9a-f]+:d:/.test(key));
  await app.index({ ...REQUEST, rebuild: true }, []);
  await app.clock.advance(2 * 60 * 60_000);
  for (const key of tables) {
    await app.inside(async ({ kv }) => {
      const value = await kv.get(key);
      if (value !== undefined) await kv.set(key, broken(value));
    });
  }
  const view = await app.index({ ...REQUEST, rebuild: true }, []);
  expect(view).toMatchObject({ state: 'done' });
  expect(await liveTexts(app)).toHaveLength(3);
});
