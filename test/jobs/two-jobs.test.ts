/** Several jobs on one library: one after the other by the lease, or one on top of the other. */
import { describe, expect, it } from 'vitest';
import { deleteDocument } from '../../src/index/delete';
import { LEASE_MS, leaseKeyOf } from '../../src/jobs/library-lease';
import type { Platform } from '../../src/platform/ports';
import { eachTestApp } from '../support/each-app';
import { given, type HandlerApp, resultOf } from '../support/handler-app';
import { liveTexts, openLibrary, paidTexts, REQUEST, rules, SECOND } from '../support/job-library';
import { crashAt, mend, onState, type Point } from '../support/job-stops';

const MINUTE = 60_000;
const OTHER = [given('lunch.md', '# Canteen\n\nThe canteen is closed on Monday.\n')];
const WAITING = 'another job works on this library';

let app: HandlerApp;
eachTestApp((fresh) => {
  app = fresh;
});

/** Writes the library's lease behind the app's back. */
const holdLease = (holder: string, forMs: number) =>
  app.inside(async ({ entities }: Platform) => {
    const key = leaseKeyOf('rules');
    const token = Number((await entities.get('lease', key))?.['token'] ?? 0);
    const value = { token: token + 1, body: { holder, expiresAt: app.clock.now() + forMs } };
    const condition = { attribute: 'token', equals: token };
    expect(await entities.transact([{ entity: 'lease', key, value, condition }])).toBe(true);
  });

async function stoppedAt(point: Point): Promise<string> {
  crashAt(app, point);
  const jobId = await app.start(REQUEST, SECOND);
  await app.deliverDue();
  mend(app);
  return jobId;
}

const expectBoth = async () => {
  expect(await liveTexts(app)).toMatchObject([
    ['lunch.md', expect.stringContaining('closed on Monday')],
    ['release.md', expect.stringContaining('three reviewers')],
    ['travel.md', expect.anything()],
  ]);
  expect(await app.keys('t:')).toEqual([]);
};

describe('a job on a library that another works on', () => {
  it('waits, says so, and publishes on top of the other', async () => {
    await openLibrary(app);
    const paid = paidTexts(app).length;
    const first = await stoppedAt('embed');
    const second = await app.start(REQUEST, OTHER);
    // The events of the first come again in ten seconds, and not before.
    await app.deliverDue();
    expect(await app.progress(second)).toMatchObject({
      state: 'running',
      phase: 'plan',
      waiting: WAITING,
    });
    await app.deliver();
    expect(await app.progress(first)).toMatchObject({ state: 'done', generation: 2 });
    const { waiting, ...view } = await app.progress(second);
    expect(view).toMatchObject({ state: 'done', generation: 3, overtaken: 0 });
    expect(waiting).toBeUndefined();
    expect(paidTexts(app)).toHaveLength(paid + 3);
    await expectBoth();
  });

  it('goes first when the other is paused', async () => {
    await openLibrary(app);
    const first = await stoppedAt('seal');
    resultOf(await app.call('pauseJob', { jobId: first }));
    const second = await app.start(REQUEST, OTHER);
    await app.deliver();
    expect(await app.progress(second)).toMatchObject({ state: 'done', generation: 2 });
    resultOf(await app.call('resumeJob', { jobId: first }));
    await app.deliver();
    expect(await app.progress(first)).toMatchObject({
      state: 'done',
      generation: 3,
      overtaken: 1,
    });
    // What the first gives has lunch.md as it was before.
    expect(await liveTexts(app)).toMatchObject([
      ['lunch.md', expect.stringContaining('soup')],
      ['release.md', expect.stringContaining('three reviewers')],
      ['travel.md', expect.anything()],
    ]);
  });

  it('embeds anew what it had embedded when the library is rebuilt meanwhile', async () => {
    await openLibrary(app);
    const first = await stoppedAt('seal');
    resultOf(await app.call('pauseJob', { jobId: first }));
    const second = await app.start({ ...REQUEST, dimensions: 512, rebuild: true }, []);
    await app.deliver();
    expect(await app.progress(second)).toMatchObject({ state: 'done', generation: 2 });
    resultOf(await app.call('resumeJob', { jobId: first }));
    await app.deliver();
    expect(await app.progress(first)).toMatchObject({ state: 'done', generation: 3 });
    expect(await liveTexts(app)).toMatchObject([
      ['lunch.md', expect.anything()],
      ['release.md', expect.stringContaining('three reviewers')],
      ['travel.md', expect.anything()],
    ]);
  });

  it('is not held up by one that ended without letting go', async () => {
    await openLibrary(app);
    await holdLease('gone', LEASE_MS);
    const jobId = await app.start(REQUEST, OTHER);
    await app.platform.runFor(LEASE_MS - MINUTE, { installations: ['acme'] });
    expect(await app.progress(jobId)).toMatchObject({ state: 'running', waiting: WAITING });
    await app.platform.runFor(2 * MINUTE, { installations: ['acme'] });
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
  });
});

describe('a lease by a clock that is wrong', () => {
  it('that is far ahead holds up nobody', async () => {
    await openLibrary(app);
    await holdLease('ahead', 100 * LEASE_MS);
    const jobId = await app.start(REQUEST, OTHER);
    await app.deliverDue();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
  });

  it('that is a little ahead holds up others by as much', async () => {
    await openLibrary(app);
    await holdLease('ahead', LEASE_MS + 10 * MINUTE);
    const jobId = await app.start(REQUEST, OTHER);
    await app.platform.runFor(LEASE_MS + 9 * MINUTE, { installations: ['acme'] });
    expect(await app.progress(jobId)).toMatchObject({ state: 'running', waiting: WAITING });
    await app.platform.runFor(3 * MINUTE, { installations: ['acme'] });
    expect(await app.progress(jobId)).toMatchObject({ state: 'done' });
  });

  it.each(['embed', 'seal', 'publish'] as const)(
    'that is behind lets two work at once: the one in phase %s plans anew and pays once',
    async (point) => {
      await openLibrary(app);
      const paid = paidTexts(app).length;
      const first = await stoppedAt(point);
      await holdLease(first, -1);
      const second = await app.start(REQUEST, [given('zoo.md', '# Zoo\n\nDogs stay outside.\n')]);
      await app.deliverDue();
      expect(await app.progress(second)).toMatchObject({ state: 'done', generation: 2 });
      await app.deliver();
      expect(await app.progress(first)).toMatchObject({
        state: 'done',
        generation: 3,
        overtaken: 1,
        tokens: { measured: true },
      });
      expect(paidTexts(app)).toHaveLength(paid + 3);
      const texts = await liveTexts(app);
      expect(texts.map(([name]) => name)).toEqual([
        'lunch.md',
        'release.md',
        'travel.md',
        'zoo.md',
      ]);
      expect(await app.keys('t:')).toEqual([]);
    },
  );
});

describe('two jobs that both make the library', () => {
  it('give one library with the documents of both', async () => {
    await app.storeKey();
    const jobs = [await app.start(REQUEST, SECOND), await app.start(REQUEST, rules(3))];
    await app.deliver();
    const views = await Promise.all(jobs.map((jobId) => app.progress(jobId)));
    expect(views.map(({ state }) => state)).toEqual(['done', 'done']);
    expect(views.map(({ generation }) => generation).sort()).toEqual([1, 2]);
    expect(await liveTexts(app)).toHaveLength(6);
    expect(paidTexts(app)).toHaveLength(6);
    const { libraries } = resultOf(await app.call('listLibraries', {}));
    expect(libraries).toMatchObject([{ name: 'rules', documents: 6 }]);
  });

  it('without a lease between them take over what was paid under another name', async () => {
    await app.storeKey();
    const first = await stoppedAt('publish');
    await holdLease(first, -1);
    const second = await app.start(REQUEST, rules(3));
    await app.deliverDue();
    expect(await app.progress(second)).toMatchObject({ state: 'done', generation: 1 });
    await app.deliver();
    const view = await app.progress(first);
    expect(view).toMatchObject({ state: 'done', generation: 2, overtaken: 1 });
    expect(view.tokens.count).toBeGreaterThan(0);
    expect(paidTexts(app)).toHaveLength(6);
    expect(await liveTexts(app)).toHaveLength(6);
    // Records under the id of the library that never came to be are gone.
    const ids = new Set((await app.keys('l:')).map((key) => key.split(':')[1]));
    expect(ids.size).toBe(1);
  });
});

it('a job that others overtake again and again gives up, and is done when they have ended', async () => {
  await app.storeKey();
  await app.index(REQUEST, rules(20));
  const paid = paidTexts(app).length;
  let next = 0;
  onState(
    app,
    ({ phase }) => phase === 'publish',
    async () => {
      const document = `rule-${next}.md`;
      next += 1;
      await app.platform.run({ installation: 'acme' }, async () => {
        await deleteDocument(app.ports(), { library: 'rules', document });
      });
    },
  );
  const jobId = await app.start(REQUEST, SECOND);
  await app.deliver();
  expect(await app.progress(jobId)).toMatchObject({
    state: 'failed',
    overtaken: 5,
    error: { code: 'publish_lost', message: expect.stringContaining('Resume the job') },
  });
  expect(next).toBe(6);
  mend(app);
  resultOf(await app.call('resumeJob', { jobId }));
  await app.deliver();
  expect(await app.progress(jobId)).toMatchObject({ state: 'done', overtaken: 6 });
  expect(paidTexts(app)).toHaveLength(paid + 3);
  expect(await app.keys('t:')).toEqual([]);
});
