/** What becomes of a job when the store or the provider fails. */
import { describe, expect, it } from 'vitest';
import { OPENAI_KEY_NAME } from '../../src/embedding/create-provider';
import { documentCalls } from '../support/document-calls';
import { eachTestApp, type LogSpy } from '../support/each-app';
import { type HandlerApp, resultOf } from '../support/handler-app';
import {
  liveLibrary,
  liveTexts,
  openLibrary,
  paidTexts,
  REQUEST,
  rules,
  SECOND,
} from '../support/job-library';
import { mend } from '../support/job-stops';

const MINUTE = 60_000;
const DOWN = { type: 'fail', status: 503, code: 'DOWN' } as const;

let app: HandlerApp;
let log: LogSpy;
eachTestApp((fresh, spy) => {
  app = fresh;
  log = spy;
});

const resume = async (jobId: string) => {
  resultOf(await app.call('resumeJob', { jobId }));
  await app.deliver();
  return app.progress(jobId);
};
const fails = (path: string) =>
  app.platform.calls.setFaults([{ match: { kind: 'kvs', path }, action: DOWN }]);
const serve = (minutes: number) =>
  app.platform.runFor(minutes * MINUTE, { installations: ['acme'] });

describe('a store that is down', () => {
  it('is told while the job waits, and the job goes on when it is back', async () => {
    await openLibrary(app);
    const jobId = await app.start(REQUEST, SECOND);
    fails('/api/v1/batch/get');
    const [delivery] = await app.deliverDue();
    expect(delivery).toMatchObject({ outcome: 'retried', error: { code: 'store_unavailable' } });
    expect(await app.progress(jobId)).toMatchObject({
      state: 'running',
      phase: 'plan',
      waiting: 'store_unavailable',
    });
    mend(app);
    await app.deliver();
    const { waiting, ...view } = await app.progress(jobId);
    expect(view).toMatchObject({ state: 'done', generation: 2 });
    expect(waiting).toBeUndefined();
    expect(await app.keys('t:')).toEqual([]);
  });

  it('for an hour fails the job, which goes on from there when it is resumed', async () => {
    const live = await openLibrary(app);
    const paid = paidTexts(app).length;
    const jobId = await app.start(REQUEST, SECOND);
    fails('/api/v1/batch/set');
    await serve(60);
    expect(await app.progress(jobId)).toMatchObject({
      state: 'failed',
      error: { code: 'store_unavailable', message: expect.stringContaining('try again') },
    });
    mend(app);
    expect(await liveLibrary(app)).toEqual(live);
    expect(await resume(jobId)).toMatchObject({ state: 'done', generation: 2 });
    expect(paidTexts(app)).toHaveLength(paid + 2);
    expect(await app.keys('t:')).toEqual([]);
  });

  it('for deletions only keeps no job from being done', async () => {
    await openLibrary(app);
    const jobId = await app.start(REQUEST, SECOND);
    fails('/api/v1/batch/delete');
    await serve(60);
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
    expect(await app.keys('t:')).not.toEqual([]);
    const texts = await liveTexts(app);
    mend(app);
    await serve(25);
    expect(await app.keys('t:')).toEqual([]);
    expect(await liveTexts(app)).toEqual(texts);
    expect(texts).toHaveLength(3);
  });
});

describe('a provider that no waiting cures', () => {
  it('fails the job at once and says what to do; all lanes stop', async () => {
    const jobId = await app.start(REQUEST, rules(300));
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({
      state: 'failed',
      phase: 'embed',
      chunks: { toEmbed: 300, embedded: 0 },
      error: {
        code: 'provider_key_missing',
        message: expect.stringContaining('Enter one in the settings'),
      },
    });
    await app.storeKey();
    expect(await resume(jobId)).toMatchObject({ state: 'done', documents: { indexed: 300 } });
    expect(paidTexts(app)).toHaveLength(300);
    expect(await app.keys('t:')).toEqual([]);
  });

  it('in the middle of a job is not paid twice for what it embedded', async () => {
    await app.storeKey();
    app.server.script([{ kind: 'ok' }, { kind: 'quotaExhausted' }]);
    const jobId = await app.start(REQUEST, rules(300));
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({
      state: 'failed',
      error: { code: 'provider_quota_exhausted' },
    });
    const [done, refused] = app.server.requests.map(({ texts }) => texts);
    expect([done?.length, refused?.length].sort()).toEqual([100, 200]);

    expect(await resume(jobId)).toMatchObject({ state: 'done', chunks: { embedded: 300 } });
    expect(
      documentCalls(app.server)
        .slice(2)
        .map(({ texts }) => texts),
    ).toEqual([refused]);
    expect((await liveLibrary(app)).found.length).toBe(100);
  });

  it('is tried again as often as an admin resumes the job', async () => {
    const jobId = await app.start(REQUEST, SECOND);
    await app.deliver();
    for (let time = 0; time < 3; time += 1) {
      expect(await resume(jobId)).toMatchObject({
        state: 'failed',
        error: { code: 'provider_key_missing' },
      });
    }
    await app.storeKey();
    expect(await resume(jobId)).toMatchObject({ state: 'done' });
    expect(paidTexts(app)).toHaveLength(3);
  });

  it('is forgotten with the job that is cancelled', async () => {
    const jobId = await app.start(REQUEST, rules(300));
    await app.deliver();
    resultOf(await app.call('cancelJob', { jobId }));
    await app.deliver();
    expect(await app.keys('')).toEqual([`j:${jobId}`]);
  });
});

describe('a provider that asks to wait', () => {
  const limited = { kind: 'rateLimited', headers: { 'retry-after': '170' } } as const;

  it('is waited for, and the job says so', async () => {
    await app.storeKey();
    app.server.script(Array(2).fill(limited));
    const jobId = await app.start(REQUEST, SECOND);
    await serve(4);
    expect(await app.progress(jobId)).toMatchObject({
      state: 'running',
      phase: 'embed',
      chunks: { embedded: 0 },
      waiting: expect.stringContaining('too many requests'),
    });
    await serve(3);
    const { waiting, ...view } = await app.progress(jobId);
    expect(view).toMatchObject({ state: 'done', chunks: { embedded: 3 } });
    expect(waiting).toBeUndefined();
    expect(documentCalls(app.server)).toHaveLength(3);
  });

  it('holds up only the lane that it answered so', async () => {
    await app.storeKey();
    app.server.script([{ kind: 'ok' }, ...Array(4).fill(limited)]);
    const jobId = await app.start(REQUEST, rules(300));
    await serve(8);
    const { chunks } = await app.progress(jobId);
    expect([100, 200]).toContain(chunks.embedded);
    await serve(20);
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', chunks: { embedded: 300 } });
  });
});

it('a provider whose key is deleted while lanes wait ends the job, and leaves the reason', async () => {
  await app.storeKey();
  app.server.script(Array(2).fill({ kind: 'rateLimited', headers: { 'retry-after': '170' } }));
  const jobId = await app.start(REQUEST, SECOND);
  await serve(4);
  expect(await app.progress(jobId)).toMatchObject({ state: 'running', phase: 'embed' });
  await app.inside(({ secrets }) => secrets.delete(OPENAI_KEY_NAME));
  await app.deliver();
  expect(await app.progress(jobId)).toMatchObject({
    state: 'failed',
    error: { code: 'provider_key_missing' },
  });
  const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)));
  expect(lines).toContainEqual(
    expect.objectContaining({ event: 'job_run_failed', code: 'provider_key_missing' }),
  );
});
