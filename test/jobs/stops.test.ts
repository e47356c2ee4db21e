/** Pausing, resuming and cancelling, wherever the job is: nothing is lost and nothing is left. */
import { describe, expect, it } from 'vitest';
import { eachTestApp } from '../support/each-app';
import { type HandlerApp, resultOf } from '../support/handler-app';
import {
  type LiveLibrary,
  liveLibrary,
  liveTexts,
  openLibrary,
  paidTexts,
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

const act = async (control: string, jobId: string) => resultOf(await app.call(control, { jobId }));
const codeOf = async (control: string, jobId: string) =>
  (await app.call(control, { jobId })).error?.code;

/** A job whose runs have died at a point. */
async function stoppedAt(point: Point): Promise<string> {
  crashAt(app, point);
  const jobId = await app.start(REQUEST, SECOND);
  await app.deliverDue();
  mend(app);
  expect(await app.progress(jobId)).toMatchObject({ state: 'running', phase: point });
  return jobId;
}

const UNPUBLISHED: Point[] = ['plan', 'embed', 'seal', 'publish'];

describe.each(UNPUBLISHED)('a job in phase %s', (phase) => {
  it('is paused, changes nothing while it is, and goes on where it was', async () => {
    const paid = paidTexts(app).length;
    const jobId = await stoppedAt(phase);
    await act('pauseJob', jobId);
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'paused', phase });
    expect((await liveLibrary(app)).found).toEqual(live.found);
    expect(await codeOf('pauseJob', jobId)).toBe('job_state');
    expect(await codeOf('confirmJob', jobId)).toBe('job_state');

    await act('resumeJob', jobId);
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({
      state: 'done',
      generation: 2,
      documents: { total: 3, indexed: 2, unchanged: 1 },
      chunks: { toEmbed: 2, embedded: 2 },
      overtaken: 0,
    });
    expect(await liveTexts(app)).toMatchObject([
      ['lunch.md', expect.stringContaining('soup')],
      ['release.md', expect.stringContaining('three reviewers')],
      ['travel.md', expect.stringContaining('by train')],
    ]);
    expect(paidTexts(app)).toHaveLength(paid + 2);
    expect(await app.keys('t:')).toEqual([]);
  });

  it.each(['running', 'paused'])('is cancelled while %s, and leaves nothing', async (state) => {
    const jobId = await stoppedAt(phase);
    if (state === 'paused') await act('pauseJob', jobId);
    await act('cancelJob', jobId);
    expect(await app.progress(jobId)).toMatchObject({ state: 'cancelled', phase });
    await app.deliver();
    expect(await app.keys('t:')).toEqual([]);
    expect(await liveLibrary(app)).toEqual(live);
    for (const control of ['pauseJob', 'resumeJob', 'cancelJob', 'confirmJob']) {
      expect(await codeOf(control, jobId)).toBe('job_state');
    }
  });
});

describe('a job that has published', () => {
  it('cannot be cancelled any more, and tidies up', async () => {
    const jobId = await stoppedAt('sweep');
    expect(await codeOf('cancelJob', jobId)).toBe('job_state');
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
    expect(await app.keys('t:')).toEqual([]);
  });

  it('may be paused in tidying up, and stays published', async () => {
    const jobId = await stoppedAt('sweep');
    await act('pauseJob', jobId);
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'paused', generation: 2 });
    expect(await codeOf('cancelJob', jobId)).toBe('job_state');
    await act('resumeJob', jobId);
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
    expect(await liveTexts(app)).toHaveLength(3);
    expect(await app.keys('t:')).toEqual([]);
  });
});

describe('a job that takes documents', () => {
  it('is cancelled to the last of them, and takes no more', async () => {
    const { jobId } = resultOf(await app.call('createJob', REQUEST));
    const staged = { jobId, call: 0, documents: SECOND };
    await app.call('stageDocuments', staged);
    expect((await app.keys('t:')).length).toBeGreaterThan(0);
    for (const control of ['pauseJob', 'resumeJob', 'confirmJob']) {
      expect(await codeOf(control, jobId)).toBe('job_state');
    }
    await act('cancelJob', jobId);
    await app.deliver();
    expect(await app.keys('t:')).toEqual([]);
    expect(await liveLibrary(app)).toEqual(live);
    expect((await app.call('stageDocuments', staged)).error?.code).toBe('job_state');
    const start = { jobId, calls: 1, confirm: false };
    expect((await app.call('startJob', start)).error?.code).toBe('job_state');
  });

  it('is paused before its first event comes, and resumed', async () => {
    const jobId = await app.start(REQUEST, SECOND);
    expect(await app.progress(jobId)).toMatchObject({ state: 'queued', phase: 'plan' });
    await act('pauseJob', jobId);
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'paused', phase: 'plan' });
    await act('resumeJob', jobId);
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
  });
});

it('the first job of a library, cancelled at the last moment, leaves no trace of it', async () => {
  const before = await app.stored();
  crashAt(app, 'publish');
  const jobId = await app.start({ library: 'new', embedder: 'openai' }, SECOND);
  await app.deliverDue();
  mend(app);
  await act('cancelJob', jobId);
  await app.deliver();
  expect(await liveLibrary(app)).toEqual(live);
  // The job, its name, and nothing else.
  expect((await app.stored()).keys).toBe(before.keys + 2);
});
