/** A job that asks before it spends anything. */
import { describe, expect, it } from 'vitest';
import { eachTestApp } from '../support/each-app';
import { type HandlerApp, LUNCH, RELEASE, resultOf } from '../support/handler-app';
import {
  type LiveLibrary,
  liveLibrary,
  liveTexts,
  openLibrary,
  paidTexts,
  REQUEST,
  rules,
  SECOND,
} from '../support/job-library';

const DAY = 24 * 60 * 60_000;

let app: HandlerApp;
let live: LiveLibrary;
let paid: number;
eachTestApp(async (fresh) => {
  app = fresh;
  live = await openLibrary(app);
  paid = paidTexts(app).length;
});

const planned = async (documents = SECOND, request: object = REQUEST) => {
  const jobId = await app.start(request, documents, { confirm: true });
  await app.deliver();
  return jobId;
};
const act = async (control: string, jobId: string) => {
  resultOf(await app.call(control, { jobId }));
  await app.deliver();
};

describe('a job that is to be confirmed', () => {
  it('stops with an estimate, and has asked no provider for anything', async () => {
    const jobId = await planned();
    expect(await app.progress(jobId)).toMatchObject({
      state: 'planned',
      phase: 'embed',
      documents: { total: 3, indexed: 2, unchanged: 1, refused: 0 },
      chunks: { total: 2, reused: 0, toEmbed: 2, embedded: 0 },
      tokens: { count: 0 },
      costUsd: 0,
      estimate: {
        documents: 3,
        chunks: 2,
        chunksToEmbed: 2,
        tokens: expect.any(Number),
        costUsd: expect.any(Number),
        priceDate: '2026-11-22',
        writeUnits: expect.any(Number),
        readUnits: expect.any(Number),
        minutes: expect.any(Number),
        forgeCostUsd: expect.any(Number),
      },
    });
    expect(paidTexts(app)).toHaveLength(paid);
    expect(await liveLibrary(app)).toEqual(live);
    expect(app.platform.events.pending).toEqual([]);
  });

  it('estimates exactly the chunks that it embeds, and nearly the tokens', async () => {
    const jobId = await planned(rules(300));
    const { estimate } = await app.progress(jobId);
    await act('confirmJob', jobId);
    const view = await app.progress(jobId);
    expect(view).toMatchObject({ state: 'done', generation: 2 });
    expect(view.chunks.embedded).toBe(estimate?.chunksToEmbed);
    expect(paidTexts(app)).toHaveLength(paid + 300);
    const ratio = (estimate?.tokens ?? 0) / view.tokens.count;
    expect(ratio).toBeGreaterThan(0.5);
    expect(ratio).toBeLessThan(2);
    expect(view.costUsd ?? 0).toBeGreaterThan(0);
  });

  it('is discarded and leaves nothing', async () => {
    const jobId = await planned();
    await act('cancelJob', jobId);
    expect(await app.progress(jobId)).toMatchObject({ state: 'cancelled' });
    expect(await app.keys('t:')).toEqual([]);
    expect(await liveLibrary(app)).toEqual(live);
    expect(paidTexts(app)).toHaveLength(paid);
    expect((await app.call('confirmJob', { jobId })).error?.code).toBe('job_state');
  });

  it('lets others work on the library meanwhile, and pays for nothing that they embedded', async () => {
    const jobId = await planned();
    expect((await app.index(REQUEST, SECOND)).state).toBe('done');
    expect(paidTexts(app)).toHaveLength(paid + 2);
    await act('confirmJob', jobId);
    expect(await app.progress(jobId)).toMatchObject({
      state: 'done',
      generation: 2,
      documents: { indexed: 0, unchanged: 3 },
    });
    expect(paidTexts(app)).toHaveLength(paid + 2);
    expect(await app.keys('t:')).toEqual([]);
  });

  it('waits for days without being pushed on, and goes on when it is confirmed', async () => {
    const jobId = await planned();
    await app.platform.runFor(2 * DAY, { installations: ['acme'] });
    expect(await app.progress(jobId)).toMatchObject({ state: 'planned' });
    expect(paidTexts(app)).toHaveLength(paid);
    await act('confirmJob', jobId);
    expect(await app.progress(jobId)).toMatchObject({ state: 'done' });
    expect(await liveTexts(app)).toHaveLength(3);
  });

  it('asks also for what costs nothing but changes the library', async () => {
    const jobId = await planned([RELEASE], { ...REQUEST, sync: true });
    expect(await app.progress(jobId)).toMatchObject({
      state: 'planned',
      documents: { deleted: 1, unchanged: 1 },
      estimate: { chunksToEmbed: 0, costUsd: 0 },
    });
    expect(await liveLibrary(app)).toEqual(live);
    await act('confirmJob', jobId);
    expect((await liveTexts(app)).map(([name]) => name)).toEqual(['release.md']);
  });

  it('that changes nothing is done without asking', async () => {
    const jobId = await planned([RELEASE, LUNCH]);
    expect(await app.progress(jobId)).toMatchObject({
      state: 'done',
      generation: 1,
      documents: { unchanged: 2 },
    });
    expect(await app.keys('t:')).toEqual([]);
    expect(await liveLibrary(app)).toEqual(live);
  });

  it('that was paused before it had planned asks all the same', async () => {
    const jobId = await app.start(REQUEST, SECOND, { confirm: true });
    await act('pauseJob', jobId);
    await act('resumeJob', jobId);
    expect(await app.progress(jobId)).toMatchObject({ state: 'planned' });
    expect(paidTexts(app)).toHaveLength(paid);
  });
});
