/** The daily clearing away: old jobs, abandoned ones, retired segments, values nothing names. */
import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../src/index/catalogue';
import { sweepOrphans } from '../../src/jobs/orphans';
import { eachTestApp, type LogSpy } from '../support/each-app';
import { given, type HandlerApp, resultOf } from '../support/handler-app';
import {
  type LiveLibrary,
  liveLibrary,
  liveTexts,
  openLibrary,
  REQUEST,
  rules,
  SECOND,
} from '../support/job-library';
import { crashAt, mend, type Point } from '../support/job-stops';

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;

let app: HandlerApp;
let live: LiveLibrary;
let log: LogSpy;
eachTestApp(async (fresh, spy) => {
  app = fresh;
  log = spy;
  live = await openLibrary(app);
});

const clearAfter = async (ms: number) => {
  await app.clock.advance(ms);
  await app.fire('clear-away-daily');
};
const clearDaily = async (days: number) => {
  for (let day = 0; day < days; day += 1) await clearAfter(DAY);
};
const isForgotten = async (jobId: string) =>
  (await app.call('jobProgress', { jobId })).error?.code === 'job_unknown';
const events = () => log.mock.calls.map(([line]) => JSON.parse(String(line)));

async function stoppedAt(point: Point): Promise<string> {
  crashAt(app, point);
  const jobId = await app.start(REQUEST, SECOND);
  await app.deliverDue();
  mend(app);
  return jobId;
}

describe('a job', () => {
  it('that is over is kept for a week, and then forgotten to the last key', async () => {
    const { jobId: done } = await app.index(REQUEST, SECOND);
    const cancelled = await app.start(REQUEST, SECOND);
    resultOf(await app.call('cancelJob', { jobId: cancelled }));
    const { jobId: failed } = await app.index({ ...REQUEST, dimensions: 256 }, SECOND);
    const texts = await liveTexts(app);
    await clearDaily(6);
    for (const jobId of [done, cancelled, failed]) expect(await isForgotten(jobId)).toBe(false);
    await clearDaily(2);
    for (const jobId of [done, cancelled, failed]) expect(await isForgotten(jobId)).toBe(true);
    expect(resultOf(await app.call('listJobs', {}))).toEqual({ jobs: [] });
    expect(await app.keys('j:')).toEqual([]);
    expect(await app.keys('t:')).toEqual([]);
    expect(await liveTexts(app)).toEqual(texts);
  });

  it('that takes documents and is left alone goes after a day', async () => {
    const { jobId } = resultOf(await app.call('createJob', REQUEST));
    await app.call('stageDocuments', { jobId, call: 0, documents: SECOND });
    await clearAfter(23 * HOUR);
    expect(await isForgotten(jobId)).toBe(false);
    expect(await app.keys('t:')).not.toEqual([]);
    await clearAfter(2 * HOUR);
    expect(await isForgotten(jobId)).toBe(true);
    expect(await app.keys('t:')).toEqual([]);
  });

  it.each(['plan', 'embed', 'seal', 'publish'] as const)(
    'that was paused in phase %s and is left alone goes after a week, and leaves nothing',
    async (point) => {
      const jobId = await stoppedAt(point);
      resultOf(await app.call('pauseJob', { jobId }));
      await app.deliver();
      await clearDaily(6);
      expect(await app.progress(jobId)).toMatchObject({ state: 'paused' });
      await clearDaily(2);
      expect(await isForgotten(jobId)).toBe(true);
      expect(await app.keys('t:')).toEqual([]);
      expect(await liveLibrary(app)).toEqual(live);
    },
  );

  it('that waits to be confirmed goes after a week', async () => {
    const jobId = await app.start(REQUEST, SECOND, { confirm: true });
    await app.deliver();
    await clearDaily(8);
    expect(await isForgotten(jobId)).toBe(true);
    expect(await app.keys('t:')).toEqual([]);
  });

  it('that failed may be resumed for a week, and leaves nothing after it', async () => {
    await app.inside(({ secrets }) => secrets.delete('provider-key:openai'));
    const { jobId } = await app.index(REQUEST, SECOND);
    await clearDaily(6);
    await app.storeKey();
    resultOf(await app.call('resumeJob', { jobId }));
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
  });

  it.each(['paused', 'left to itself'])(
    'that has published, %s while it tidied up, takes nothing of the library along',
    async (how) => {
      const jobId = await stoppedAt('sweep');
      if (how === 'paused') resultOf(await app.call('pauseJob', { jobId }));
      const texts = await liveTexts(app);
      await clearDaily(9);
      expect(await isForgotten(jobId)).toBe(true);
      expect(await app.keys('t:')).toEqual([]);
      expect(await liveTexts(app)).toEqual(texts);
      expect(texts).toHaveLength(3);
    },
  );

  it('that is just being made keeps its name', async () => {
    const jobId = 'abcdef0123456789';
    await app.inside(({ kv, clock }) => kv.set(`j:${jobId}`, { createdAt: clock() }));
    await app.fire('clear-away-daily');
    expect(await app.keys('j:')).toContain(`j:${jobId}`);
    await clearDaily(2);
    expect(await app.keys('j:')).not.toContain(`j:${jobId}`);
  });
});

describe('retired segments', () => {
  it('are swept an hour after, and what is live and the one before stay', async () => {
    await app.index(REQUEST, SECOND);
    await app.index(REQUEST, [given('release.md', '# Release rules\n\nNobody approves.\n')]);
    const before = await app.keys('l:');
    await clearAfter(HOUR / 2);
    expect(await app.keys('l:')).toEqual(before);
    await clearAfter(HOUR);
    const after = await app.keys('l:');
    expect(after.length).toBeLessThan(before.length);
    expect(await liveTexts(app)).toHaveLength(3);
    resultOf(await app.call('restoreLibrary', { library: 'rules' }));
    expect((await liveTexts(app)).join()).toContain('three reviewers');
  });
});

describe('a value that nothing names', () => {
  const ORPHAN = '0123456789abcdef';
  const orphans = async (): Promise<string[]> => {
    const id = await app.inside(
      async ({ entities }) => (await loadCatalogue(entities)).libraries[0]?.id,
    );
    const keys = [`r:${ORPHAN}:0`, `s:${ORPHAN}:p:0`, `w:${ORPHAN}:cursor`].map(
      (rest) => `l:${id}:${rest}`,
    );
    await app.inside(async ({ kv }) => {
      for (const key of keys) await kv.set(key, 'left behind');
    });
    return keys;
  };
  const areThere = async (keys: readonly string[]) => {
    const all = await app.keys('l:');
    return keys.filter((key) => all.includes(key)).length;
  };

  it('goes in the second pass that finds it, and nothing else does', async () => {
    const keys = await orphans();
    await clearAfter(DAY);
    expect(await areThere(keys)).toBe(3);
    // A second pass right after the first is none.
    await clearAfter(HOUR / 2);
    expect(await areThere(keys)).toBe(3);
    await clearAfter(DAY);
    expect(await areThere(keys)).toBe(0);
    expect(await liveLibrary(app)).toEqual(live);
    expect(events()).toContainEqual({ event: 'orphans_deleted', values: 3 });
  });

  it('of a large library, a sixteenth of which is looked at each day, goes the day after', async () => {
    const [record] = (await orphans()) as [string];
    const found: number[] = [];
    for (let day = 0; day < 16; day += 1) {
      await app.clock.advance(DAY);
      await app.inside((platform) => sweepOrphans(platform, { chunksAtOnceMax: 1 }));
      found.push(await areThere([record]));
    }
    expect(found).toContain(1);
    expect(found.at(-1)).toBe(0);
    expect(await liveLibrary(app)).toEqual(live);
  });

  it.each(['embed', 'seal', 'publish'] as const)(
    'yet, as its job is paused in phase %s, stays for the job',
    async (point) => {
      const jobId = await stoppedAt(point);
      resultOf(await app.call('pauseJob', { jobId }));
      await app.deliver();
      const keys = await app.keys('l:');
      await clearDaily(4);
      expect(await app.keys('l:')).toEqual(keys);
      resultOf(await app.call('resumeJob', { jobId }));
      await app.deliver();
      expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
      expect(await liveTexts(app)).toHaveLength(3);
    },
  );

  it('is left for the next day when there is no time', async () => {
    const keys = await orphans();
    await clearAfter(DAY);
    await app.clock.advance(DAY);
    const short = { installation: 'acme', timeLimitMs: 50_000 };
    const event = { context: { cloudId: 'acme', moduleKey: 'clear-away-daily' } };
    await app.clock.drive(app.platform.invokeFunction('clear-away', event, short));
    expect(await areThere(keys)).toBe(3);
    await clearAfter(DAY);
    expect(await areThere(keys)).toBe(0);
  });
});

it('one library that is damaged keeps no other from being cleared', async () => {
  const other = { library: 'other', embedder: 'openai' };
  for (const documents of [rules(3), rules(2), rules(1)]) {
    await app.index({ ...other, rebuild: true, sync: true }, documents);
  }
  const table = live.keys.find((key) => /:s:[0-9a-f]+:d:/.test(key)) as string;
  await app.inside(({ kv }) => kv.set(table, 'damaged'));
  const { jobId } = resultOf(await app.call('createJob', REQUEST));
  await clearDaily(3);
  expect(await isForgotten(jobId)).toBe(true);
  expect(events()).toContainEqual(expect.objectContaining({ event: 'orphans_not_sought' }));
  expect((await liveTexts(app, 'other')).map(([name]) => name)).toEqual(['rule-0.md']);
});
