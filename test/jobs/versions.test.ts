/** Events and job states of another version of the app: an update comes in the middle of jobs. */
import { describe, expect, it } from 'vitest';
import { JOB_VERSION } from '../../src/jobs/job';
import { eachTestApp, type LogSpy } from '../support/each-app';
import { ADMIN, type HandlerApp, resultOf } from '../support/handler-app';
import {
  type LiveLibrary,
  liveLibrary,
  openLibrary,
  REQUEST,
  SECOND,
} from '../support/job-library';
import { CONSUMER, crashAt, mend } from '../support/job-stops';

let app: HandlerApp;
let live: LiveLibrary;
let log: LogSpy;
eachTestApp(async (fresh, spy) => {
  app = fresh;
  log = spy;
  live = await openLibrary(app);
  log.mockClear();
});

const consume = (body: unknown) =>
  app.clock.drive(
    app.platform.invokeFunction(
      CONSUMER,
      { body, eventId: 'e-1', queueName: 'indexing', jobId: 'x' },
      { installation: ADMIN.installation },
    ),
  );
const events = () => log.mock.calls.map(([line]) => JSON.parse(String(line)).event as string);

/** A job whose own events are never delivered. */
async function silentJob(): Promise<string> {
  app.around = (platform) => ({
    ...platform,
    queue: { push: async () => undefined, pushAll: async () => undefined },
  });
  const jobId = await app.start(REQUEST, SECOND);
  mend(app);
  return jobId;
}

describe('an event of another version', () => {
  it.each([
    ['of the version before', { v: 0 }],
    ['of a later version', { v: 99, step: 'coordinate' }],
    ['of no version', {}],
    ['with a step that is not known', { v: JOB_VERSION, step: 'transmogrify' }],
    ['with fields that are not known', { v: 0, step: 'embed', cursor: [1, { deep: true }] }],
    ['with a field that is not as it should be', { v: JOB_VERSION, step: 'embed', lane: -1 }],
  ])('%s is taken as a nudge: the job goes on', async (_, body) => {
    const jobId = await silentJob();
    await consume({ ...body, jobId });
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
    expect(await app.keys('t:')).toEqual([]);
  });

  it('of a job that is over is stale', async () => {
    const { jobId } = await app.index(REQUEST, SECOND);
    const before = await app.stored();
    log.mockClear();
    await consume({ v: 0, jobId, cursor: 7 });
    expect(events()).toEqual(['job_event_stale']);
    expect(await app.stored()).toEqual(before);
  });

  it('of a job that nobody knows is stale', async () => {
    await consume({ v: 0, jobId: 'abc' });
    expect(events()).toEqual(['job_event_stale']);
  });
});

describe('the state of a job that another version wrote', () => {
  const OLD = { phase: 'read', request: { library: 'rules' }, documents: [1, 2] };

  /** A job in the middle, and then as another version has left it. */
  async function outdatedJob(body: object): Promise<string> {
    crashAt(app, 'seal');
    const jobId = await app.start(REQUEST, SECOND);
    await app.deliverDue();
    mend(app);
    await app.inside(async ({ entities }) => {
      const token = Number((await entities.get('job', jobId))?.['token']);
      const value = { token: token + 1, body: body as never };
      const condition = { attribute: 'token', equals: token };
      await entities.transact([{ entity: 'job', key: jobId, value, condition }]);
    });
    return jobId;
  }

  it.each([
    ['before', OLD],
    ['a later one', { ...OLD, version: JOB_VERSION + 1 }],
    ['nobody knows', {}],
  ])('%s: the job ends with job_outdated, and says so', async (_, body) => {
    const jobId = await outdatedJob(body);
    const unread = await app.call('jobProgress', { jobId });
    expect(unread.error).toMatchObject({ code: 'job_outdated' });
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({
      state: 'failed',
      error: { code: 'job_outdated', message: expect.stringContaining('Start it again') },
    });
    expect(await app.keys('t:')).toEqual([]);
    expect((await liveLibrary(app)).found).toEqual(live.found);
  });

  it('cannot be resumed, for there is nothing to resume from', async () => {
    const jobId = await outdatedJob(OLD);
    for (const control of ['resumeJob', 'pauseJob', 'cancelJob', 'confirmJob']) {
      expect((await app.call(control, { jobId })).error?.code).toBe('job_outdated');
    }
    await app.deliver();
    for (const control of ['resumeJob', 'pauseJob', 'confirmJob']) {
      expect((await app.call(control, { jobId })).error?.code).toBe('job_state');
    }
  });

  it('is no obstacle to listing the other jobs, nor to a new one', async () => {
    const jobId = await outdatedJob(OLD);
    const { jobs } = resultOf(await app.call('listJobs', {}));
    expect(jobs.map((job: { jobId: string }) => job.jobId)).not.toContain(jobId);
    expect(jobs).toHaveLength(1);
    await app.deliver();
    expect(resultOf(await app.call('listJobs', {})).jobs).toHaveLength(2);
    expect((await app.index(REQUEST, SECOND)).state).toBe('done');
  });

  it('whose events are lost is ended by the trigger', async () => {
    const jobId = await outdatedJob(OLD);
    await app.fire('push-on-jobs');
    expect(await app.progress(jobId)).toMatchObject({
      state: 'failed',
      library: 'rules',
      error: { code: 'job_outdated' },
    });
    expect(await app.keys('t:')).toEqual([]);
  });

  it('leaves nothing of a first job, whose library no catalogue has', async () => {
    const request = { ...REQUEST, library: 'handbook' };
    crashAt(app, 'seal');
    const jobId = await app.start(request, SECOND);
    await app.deliverDue();
    mend(app);
    expect((await app.keys('l:')).length).toBeGreaterThan(live.keys.length);
    await app.inside(async ({ entities }) => {
      const stored = await entities.get('job', jobId);
      const token = Number(stored?.['token']);
      const body = { ...(stored?.['body'] as object), version: JOB_VERSION + 1 };
      const condition = { attribute: 'token', equals: token };
      const value = { token: token + 1, body: body as never };
      await entities.transact([{ entity: 'job', key: jobId, value, condition }]);
    });
    await app.deliver();
    expect((await app.progress(jobId)).error).toMatchObject({ code: 'job_outdated' });
    expect(await app.keys('l:')).toEqual(live.keys);
  });

  it('leaves records that nothing names to the daily search for orphans', async () => {
    await outdatedJob(OLD);
    await app.deliver();
    expect((await app.keys('l:')).length).toBeGreaterThan(live.keys.length);
    for (let day = 0; day < 2; day += 1) {
      await app.clock.advance(24 * 60 * 60_000);
      await app.fire('clear-away-daily');
    }
    expect(await liveLibrary(app)).toEqual(live);
  });
});
