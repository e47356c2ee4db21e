/** Jobs whose events are lost: every five minutes a scheduled trigger pushes them on. */
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { createHandlerApp, type HandlerApp, resultOf } from '../support/handler-app';
import { liveTexts, openLibrary, paidTexts, REQUEST, rules, SECOND } from '../support/job-library';
import { crashAt, faultConsumer, mend, onState, POINTS, type Point } from '../support/job-stops';

const MINUTE = 60_000;
const CHAIN_MAX = 1_000;

let app: HandlerApp;
let log: MockInstance<typeof console.log>;
async function open(options: Parameters<typeof createHandlerApp>[0] = {}): Promise<void> {
  app = await createHandlerApp(options);
  await openLibrary(app);
}
beforeEach(() => {
  log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await app.close();
});

const serve = (minutes: number, triggers = true) =>
  app.platform.runFor(minutes * MINUTE, { installations: ['acme'], triggers });
const events = () => log.mock.calls.map(([line]) => JSON.parse(String(line)).event as string);

describe('a job whose events were dropped', () => {
  it('stays where it is without the trigger, and goes on with it', async () => {
    await open({ events: { retriesMax: 0 } });
    crashAt(app, 'seal');
    const jobId = await app.start(REQUEST, SECOND);
    await app.deliver();
    mend(app);
    expect(app.platform.events.dropped.length).toBeGreaterThan(0);
    expect(app.platform.events.pending).toEqual([]);
    await serve(60, false);
    expect(await app.progress(jobId)).toMatchObject({ state: 'running', phase: 'seal' });
    await serve(15);
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
  });

  it.each(['plan', 'embed', 'seal', 'publish', 'sweep'] as const)(
    'in phase %s is done within the hour, and has paid once',
    async (point: Point) => {
      await open({ events: { retriesMax: 0 } });
      const paid = paidTexts(app).length;
      crashAt(app, point);
      const jobId = await app.start(REQUEST, SECOND);
      await serve(1);
      mend(app);
      await serve(55);
      expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
      expect(paidTexts(app)).toHaveLength(paid + 2);
      expect(await app.keys('t:')).toEqual([]);
    },
  );

  it('before anybody had looked after it begins within ten minutes', async () => {
    await open({ events: { retriesMax: 0 } });
    faultConsumer(app, { type: 'crash-before' });
    const jobId = await app.start(REQUEST, SECOND);
    await app.deliver();
    mend(app);
    expect(await app.progress(jobId)).toMatchObject({ state: 'queued' });
    await serve(10);
    expect(await app.progress(jobId)).toMatchObject({ state: 'done' });
  });

  it('and that was cancelled is cleared up all the same', async () => {
    await open({ events: { retriesMax: 0 } });
    crashAt(app, 'publish');
    const jobId = await app.start(REQUEST, SECOND);
    await app.deliver();
    resultOf(await app.call('cancelJob', { jobId }));
    await app.deliver();
    mend(app);
    expect(await app.keys('t:')).not.toEqual([]);
    await serve(10);
    expect(await app.keys('t:')).toEqual([]);
  });
});

describe('the trigger', () => {
  it('leaves alone jobs that nothing is due of', async () => {
    await open();
    const planned = await app.start(REQUEST, SECOND, { confirm: true });
    const paused = await app.start(REQUEST, SECOND);
    resultOf(await app.call('pauseJob', { jobId: paused }));
    resultOf(await app.call('createJob', REQUEST));
    await app.deliver();
    await app.index({ ...REQUEST, dimensions: 256 }, SECOND);
    const cancelled = await app.start(REQUEST, SECOND);
    resultOf(await app.call('cancelJob', { jobId: cancelled }));
    await app.deliver();
    expect((await app.progress(planned)).state).toBe('planned');
    await app.clock.advance(60 * MINUTE);
    log.mockClear();
    await app.fire('push-on-jobs');
    expect(app.platform.events.pending).toEqual([]);
    expect(events()).toEqual([]);
  });

  it('does not push on a job that has just begun, nor one that is being worked on', async () => {
    await open();
    await app.start(REQUEST, SECOND);
    await app.fire('push-on-jobs');
    expect(app.platform.events.pending).toHaveLength(1);
    crashAt(app, 'seal');
    await app.deliverDue();
    const pending = app.platform.events.pending.length;
    // Nobody can tell a function that died from one that still works before its time has passed.
    await app.clock.advance(10 * MINUTE);
    await app.fire('push-on-jobs');
    expect(app.platform.events.pending).toHaveLength(pending);
    await app.clock.advance(10 * MINUTE);
    await app.fire('push-on-jobs');
    expect(app.platform.events.pending).toHaveLength(pending + 1);
    mend(app);
  });

  it('is not stopped by a job that cannot be read', async () => {
    await open({ events: { retriesMax: 0 } });
    faultConsumer(app, { type: 'crash-before' });
    const jobs = [await app.start(REQUEST, SECOND), await app.start(REQUEST, rules(2))].sort();
    await app.deliver();
    mend(app);
    await app.clock.advance(10 * MINUTE);
    app.around = (platform) => ({
      ...platform,
      entities: {
        ...platform.entities,
        get: async (entity, key) => {
          if (key === jobs[0]) throw new Error('this one');
          return platform.entities.get(entity, key);
        },
      },
    });
    await app.fire('push-on-jobs');
    expect(app.platform.events.pending.map(({ event }) => event.body['jobId'])).toEqual([jobs[1]]);
    expect(events()).toContain('job_left_for_later');
  });
});

describe('the limit of pushes that descend from one call', () => {
  const spend = (left = 0) => {
    for (const { origin } of app.platform.events.pending) origin.pushes = CHAIN_MAX - left;
  };

  it('reached before anything is done is no error of the job: the trigger goes on', async () => {
    await open();
    const jobId = await app.start(REQUEST, SECOND);
    spend();
    const deliveries = await app.deliver();
    expect(deliveries.map(({ outcome }) => outcome)).toEqual(['done']);
    expect(await app.progress(jobId)).toMatchObject({ state: 'running', phase: 'embed' });
    expect(events()).toContain('job_chain_ended');
    await serve(11);
    const { error, ...view } = await app.progress(jobId);
    expect(view).toMatchObject({ state: 'done', generation: 2 });
    expect(error).toBeUndefined();
  });

  it.each(['embed', 'seal'] as const)('reached in phase %s likewise', async (point) => {
    await open();
    const paid = paidTexts(app).length;
    onState(app, POINTS[point], () => spend());
    const jobId = await app.start(REQUEST, SECOND);
    await serve(40);
    mend(app);
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
    expect(paidTexts(app)).toHaveLength(paid + 2);
    expect(await liveTexts(app)).toHaveLength(3);
  });

  it('is met in the middle by a job of many looks, which is done all the same', async () => {
    await open();
    const limited = { kind: 'rateLimited', headers: { 'retry-after': '600' } } as const;
    app.server.script(Array(3).fill(limited));
    const jobId = await app.start(REQUEST, SECOND);
    spend(40);
    await serve(25);
    expect(events()).toContain('job_chain_ended');
    expect(await app.progress(jobId)).toMatchObject({ state: 'running', phase: 'embed' });
    await serve(60);
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
  });
});
