/**
 * Two runs on one job at once, the later held at a chosen point: whatever it meets when it goes on,
 * the outcome of the earlier one stands.
 */
import { describe, expect, it } from 'vitest';
import { handleJobEvent } from '../../src/jobs/handle-event';
import type { Platform } from '../../src/platform/ports';
import { eachTestApp } from '../support/each-app';
import { ADMIN, type HandlerApp, resultOf } from '../support/handler-app';
import { liveTexts, openLibrary, paidTexts, REQUEST, SECOND } from '../support/job-library';
import { crashAt, mend, type Point, withTransact } from '../support/job-stops';

let app: HandlerApp;
eachTestApp(async (fresh) => {
  app = fresh;
  await openLibrary(app);
});

interface Held {
  /** Resolves when the run has come to the point. */
  reached: Promise<void>;
  /** Lets it go on, and waits for its end. */
  letGo(): Promise<void>;
}

function createGate(): { passed: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

/** A run of the job's next event beside the queue, held before a call that is as wanted. */
function holdRun(isPoint: (call: string) => boolean, step = 'coordinate'): Held {
  const { passed: reached, open: reach } = createGate();
  const { passed: gate, open } = createGate();
  let isHeld = false;
  const pass = async (call: string) => {
    if (isHeld || !isPoint(call)) return;
    isHeld = true;
    reach();
    await gate;
  };
  const holding = (platform: Platform): Platform => ({
    ...withTransact(platform, async (sets, next) => {
      const job = sets.find(({ entity }) => entity === 'job')?.value['body'];
      const { phase } = (job ?? {}) as { phase?: string };
      await pass(sets.length > 1 ? 'publish' : `save ${phase}`);
      return next();
    }),
    kv: {
      ...platform.kv,
      batchGet: async (keys) => {
        await pass(`read ${keys[0]}`);
        return platform.kv.batchGet(keys);
      },
    },
    fetch: async (...request) => {
      await pass('embed');
      return platform.fetch(...request);
    },
    // As far as it knows; that it is not ended then is what the platform does not promise.
    remainingTimeMs: () => 15 * 60_000,
  });
  const pending = app.platform.events.pending.filter(({ event }) => event.body['step'] === step);
  // What died with the job in its hands is what may take it again.
  const next = pending.find(({ event }) => event.retryContext !== undefined) ?? pending[0];
  const run = app.platform.run(
    { installation: ADMIN.installation, timeLimitMs: Number.POSITIVE_INFINITY },
    () => handleJobEvent(holding(app.ports()), next?.event),
  );
  return {
    reached,
    async letGo() {
      open();
      await app.clock.drive(run);
    },
  };
}

/** Starts a job whose first runs die before they publish: the next is about to. */
const aboutToPublish = () => aboutTo('publish');

async function aboutTo(point: Point): Promise<string> {
  crashAt(app, point);
  const jobId = await app.start(REQUEST, SECOND);
  await app.deliverDue();
  mend(app);
  return jobId;
}

const begun = () => app.start(REQUEST, SECOND);
const POINTS: [string, () => Promise<string>, (call: string) => boolean][] = [
  ['before it takes the job', begun, (call) => call === 'save plan'],
  ['before it reads what was staged', begun, (call) => call.startsWith('read t:')],
  ['before it publishes', aboutToPublish, (call) => call === 'publish'],
];

describe('a run that is held', () => {
  it.each(POINTS)(
    '%s, while another comes to the end, changes nothing',
    async (_, begin, isPoint) => {
      const jobId = await begin();
      const held = holdRun(isPoint);
      await held.reached;
      await app.deliver();
      // Until the time of the held run has passed, nobody else has the job.
      await app.clock.advance(16 * 60_000);
      await app.fire('push-on-jobs');
      await app.deliver();
      const done = await app.progress(jobId);
      expect(done).toMatchObject({ state: 'done', generation: 2 });
      const before = { stored: await app.stored(), texts: await liveTexts(app) };
      await held.letGo();
      expect(await app.progress(jobId)).toEqual(done);
      expect({ stored: await app.stored(), texts: await liveTexts(app) }).toEqual(before);
      expect(await app.keys('t:')).toEqual([]);
    },
  );

  it.each(['pauseJob', 'cancelJob'])(
    'and its job stopped by %s, writes nothing more',
    async (how) => {
      const live = await liveTexts(app);
      const jobId = await app.start(REQUEST, SECOND);
      const held = holdRun((call) => call.startsWith('read t:'));
      await held.reached;
      resultOf(await app.call(how, { jobId }));
      const stopped = await app.progress(jobId);
      await held.letGo();
      expect(await app.progress(jobId)).toEqual(stopped);
      expect(console.log).toHaveBeenCalledWith(JSON.stringify({ event: 'job_overtaken', jobId }));
      await app.deliver();
      expect(await liveTexts(app)).toEqual(live);
      expect((await app.keys('t:')).length > 0).toBe(how === 'pauseJob');
    },
  );

  it('while everything is deleted brings nothing back', async () => {
    for (const [, begin, isPoint] of POINTS) {
      await openLibrary(app);
      await begin();
      const held = holdRun(isPoint);
      await held.reached;
      expect(await app.call('delete', { everything: true })).toMatchObject({ ok: true });
      await held.letGo();
      await app.deliver();
      expect(await app.stored(ADMIN.installation)).toEqual({ keys: 0, bytes: 0 });
    }
  });
});

describe('a lane that is held at the provider', () => {
  it('until another has embedded its batch and the job is done, stores nothing', async () => {
    const jobId = await aboutTo('embed');
    const held = holdRun((call) => call === 'embed', 'embed');
    await held.reached;
    await app.platform.runFor(60 * 60_000, { installations: ['acme'] });
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
    const before = await app.stored();
    await held.letGo();
    expect(await app.stored()).toEqual(before);
    expect(await app.keys('t:')).toEqual([]);
    expect(await liveTexts(app)).toHaveLength(3);
  });

  it('until another has embedded its batch, leaves the result of the other', async () => {
    const jobId = await aboutTo('embed');
    const held = holdRun((call) => call === 'embed', 'embed');
    await held.reached;
    crashAt(app, 'publish');
    await app.platform.runFor(60 * 60_000, { installations: ['acme'] });
    mend(app);
    await held.letGo();
    resultOf(await app.call('pauseJob', { jobId }));
    resultOf(await app.call('resumeJob', { jobId }));
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
    expect(await liveTexts(app)).toHaveLength(3);
    const records = (await app.keys('l:')).filter((key) => key.includes(':r:'));
    // Of the live generation and the one before: two documents changed or new, two as they were.
    expect(records).toHaveLength(4);
  });
});

it('a publish that waits while its job is paused does not happen', async () => {
  const live = await liveTexts(app);
  const paid = paidTexts(app).length;
  const jobId = await aboutToPublish();
  const held = holdRun((call) => call === 'publish');
  await held.reached;
  resultOf(await app.call('pauseJob', { jobId }));
  await held.letGo();
  await app.deliver();
  expect(await app.progress(jobId)).toMatchObject({ state: 'paused', phase: 'publish' });
  expect(await liveTexts(app)).toEqual(live);
  resultOf(await app.call('resumeJob', { jobId }));
  await app.deliver();
  expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
  expect(paidTexts(app)).toHaveLength(paid + 2);
});
