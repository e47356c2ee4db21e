/** Runs that the platform ends: by their death, by their time, and with their events dropped. */
import { describe, expect, it } from 'vitest';
import type { Platform } from '../../src/platform/ports';
import { eachTestApp } from '../support/each-app';
import { ADMIN, type HandlerApp, resultOf } from '../support/handler-app';
import {
  liveLibrary,
  openLibrary,
  paidTexts,
  REQUEST,
  rules,
  SECOND,
} from '../support/job-library';
import { CONSUMER, faultConsumer, mend, onState } from '../support/job-stops';

const MINUTE = 60_000;
const CRASH = { type: 'crash-before' } as const;

let app: HandlerApp;
eachTestApp(async (fresh) => {
  app = fresh;
  await app.storeKey();
});

const serve = (minutes: number) =>
  app.platform.runFor(minutes * MINUTE, { installations: ['acme'] });
const crashAtProvider = () =>
  app.platform.calls.setFaults([{ match: { kind: 'fetch' }, action: CRASH }]);

describe('a function that dies', () => {
  it('once, before it has asked the provider, is tried again and pays once', async () => {
    app.platform.calls.setFaults([{ match: { kind: 'fetch' }, nth: 1, action: CRASH }]);
    const { state } = await app.index(REQUEST, SECOND);
    expect(state).toBe('done');
    expect(paidTexts(app)).toHaveLength(3);
  });

  it('with half of its records stored embeds only the others again', async () => {
    // The third write of a lane's records; 25 stand in each, or fewer.
    let writes = 0;
    app.around = (platform) => ({
      ...platform,
      kv: {
        ...platform.kv,
        batchSet: async (items) => {
          const isRecords = items.some(({ key }) => /^l:[0-9a-f]+:r:/.test(key));
          if (isRecords) writes += 1;
          if (isRecords && writes === 3) faultConsumer(app, CRASH);
          await platform.kv.batchSet(items);
        },
      },
    });
    const jobId = await app.start(REQUEST, rules(100));
    await app.deliverDue();
    mend(app);
    const stored = (await app.keys('l:')).filter((key) => key.includes(':r:')).length;
    expect(stored).toBeGreaterThan(0);
    expect(stored).toBeLessThan(100);
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', chunks: { embedded: 100 } });
    expect(paidTexts(app)).toHaveLength(200 - stored);
    expect((await app.keys('l:')).filter((key) => key.includes(':r:'))).toHaveLength(100);
  });

  it('every time is given up after some, and the job may be resumed', async () => {
    const live = await openLibrary(app);
    const paid = paidTexts(app).length;
    crashAtProvider();
    const jobId = await app.start(REQUEST, SECOND);
    await serve(180);
    expect(await app.progress(jobId)).toMatchObject({
      state: 'failed',
      error: { code: 'indexing_out_of_time', message: expect.stringContaining('Resume the job') },
    });
    mend(app);
    expect(await liveLibrary(app)).toEqual(live);
    resultOf(await app.call('resumeJob', { jobId }));
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
    expect(paidTexts(app)).toHaveLength(paid + 2);
    expect(await app.keys('t:')).toEqual([]);
  });

  it('in every run of its coordinator ends the job with the same words', async () => {
    onState(
      app,
      ({ phase }) => phase === 'seal',
      () => {
        const match = { kind: 'kvs', path: '/api/v1/batch/set' } as const;
        app.platform.calls.setFaults([{ match, action: CRASH }]);
      },
    );
    const jobId = await app.start(REQUEST, SECOND);
    await serve(180);
    mend(app);
    expect(await app.progress(jobId)).toMatchObject({
      state: 'failed',
      phase: 'seal',
      error: { code: 'indexing_out_of_time' },
    });
    resultOf(await app.call('resumeJob', { jobId }));
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done' });
    expect(paidTexts(app)).toHaveLength(3);
  });
});

describe('a function whose time is up', () => {
  /** The provider answers so late that the function has ended by then. */
  const slowProvider =
    (ms: number) =>
    (platform: Platform): Platform => ({
      ...platform,
      fetch: async (...request) => {
        await platform.sleep(ms);
        return platform.fetch(...request);
      },
    });

  it('writes nothing afterwards, and its event is tried again', async () => {
    app.around = slowProvider(20 * MINUTE);
    const jobId = await app.start(REQUEST, SECOND);
    const { deliveries } = await serve(16);
    expect(deliveries.map(({ error }) => (error as Error | undefined)?.name)).toContain(
      'FunctionTimeout',
    );
    app.around = (platform) => platform;
    const records = await app.keys('l:');
    await app.deliver();
    expect(records).toEqual([]);
    expect(await app.progress(jobId)).toMatchObject({ state: 'done' });
    expect(paidTexts(app)).toHaveLength(3);
  });

  it('hands over before that, with what it has done', async () => {
    const jobId = await app.start(REQUEST, rules(300));
    // Each function lives for a minute and a half only, and each page of the plan takes one.
    const short = { installation: ADMIN.installation, timeLimitMs: 90_000 };
    app.around = (platform) => ({
      ...platform,
      kv: {
        ...platform.kv,
        batchSet: async (items) => {
          if (items.some(({ key }) => key.includes(':p:'))) await platform.sleep(40_000);
          await platform.kv.batchSet(items);
        },
      },
    });
    const { pending } = app.platform.events;
    expect(pending).toHaveLength(1);
    const run = app.platform.invokeFunction(CONSUMER, pending[0]?.event, short);
    await app.clock.drive(run);
    expect(await app.progress(jobId)).toMatchObject({
      state: 'running',
      phase: 'plan',
      documents: { indexed: 200 },
    });
    mend(app);
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', documents: { indexed: 300 } });
  });
});
