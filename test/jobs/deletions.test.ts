/** Deleting while jobs run: what was deleted does not come back, and the jobs leave nothing. */
import { describe, expect, it, vi } from 'vitest';
import { eraseLibrary } from '../../src/index/delete';
import { documentCalls } from '../support/document-calls';
import { eachTestApp } from '../support/each-app';
import { type HandlerApp, resultOf } from '../support/handler-app';
import { liveTexts, openLibrary, REQUEST, SECOND } from '../support/job-library';
import { crashAt, faultConsumer, mend, onState, type Point } from '../support/job-stops';

let app: HandlerApp;
eachTestApp(async (fresh) => {
  app = fresh;
  await openLibrary(app);
});

async function stoppedAt(point: Point): Promise<string> {
  crashAt(app, point);
  const jobId = await app.start(REQUEST, SECOND);
  await app.deliverDue();
  mend(app);
  return jobId;
}

/** Holds the next answer of the provider until it is let go. */
function holdProvider(): { asked: () => boolean; letGo: () => void } {
  let isAsked = false;
  let isHeld = true;
  app.around = (platform) => ({
    ...platform,
    fetch: async (...request) => {
      const answer = await platform.fetch(...request);
      isAsked = true;
      while (isHeld) await platform.sleep(100);
      return answer;
    },
  });
  return {
    asked: () => isAsked,
    letGo: () => {
      isHeld = false;
    },
  };
}

const deleteLibrary = async () => resultOf(await app.call('delete', { library: 'rules' }));
const deleteEverything = async () => resultOf(await app.call('delete', { everything: true }));

describe('a library that is deleted', () => {
  it.each(['plan', 'embed', 'seal', 'publish'] as const)(
    'while a job is in phase %s ends the job, which leaves nothing of its texts',
    async (point) => {
      const jobId = await stoppedAt(point);
      await deleteLibrary();
      await app.deliver();
      expect(await app.progress(jobId)).toMatchObject({
        state: 'failed',
        error: { code: 'library_deleted', message: expect.stringContaining('Start again') },
      });
      expect(await app.keys('l:')).toEqual([]);
      expect(await app.keys('t:')).toEqual([]);
      expect(resultOf(await app.call('listLibraries', {}))).toEqual({ libraries: [] });
      expect((await app.call('resumeJob', { jobId })).error?.code).toBe('job_state');
      // Started again it makes the library anew.
      expect((await app.index(REQUEST, SECOND)).state).toBe('done');
      expect(await liveTexts(app)).toHaveLength(3);
    },
  );

  it.each(['pauseJob', 'none'])('ends a job that waits for a person at once (%s)', async (how) => {
    const jobId =
      how === 'none'
        ? await app.start(REQUEST, SECOND, { confirm: true })
        : await stoppedAt('publish');
    if (how === 'none') await app.deliver();
    else resultOf(await app.call(how, { jobId }));
    await deleteLibrary();
    expect(await app.progress(jobId)).toMatchObject({
      state: 'failed',
      error: { code: 'library_deleted' },
    });
    expect(await app.keys('t:')).toEqual([]);
    expect(await app.keys('l:')).toEqual([]);
    for (const control of ['resumeJob', 'confirmJob']) {
      expect((await app.call(control, { jobId })).error?.code).toBe('job_state');
    }
  });

  it('and made anew is another library, also where a job learns of it late', async () => {
    const jobId = await stoppedAt('publish');
    resultOf(await app.call('pauseJob', { jobId }));
    await app.inside((platform) => eraseLibrary(platform, 'rules'));
    // The job planned from generation 1 of the library before.
    expect((await app.index(REQUEST, SECOND.slice(1))).generation).toBe(1);
    resultOf(await app.call('resumeJob', { jobId }));
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({
      state: 'failed',
      error: { code: 'library_deleted' },
    });
    expect((await liveTexts(app)).map(([name]) => name)).toEqual(['lunch.md', 'travel.md']);
    expect(await app.keys('t:')).toEqual([]);
  });

  it('before its first job has published is not there yet', async () => {
    crashAt(app, 'publish');
    const jobId = await app.start({ library: 'new', embedder: 'openai' }, SECOND);
    await app.deliverDue();
    mend(app);
    const deleted = await app.call('delete', { library: 'new' });
    expect(deleted.error?.code).toBe('library_unknown');
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done' });
  });
});

describe('a document that is deleted', () => {
  it.each(['embed', 'seal', 'publish'] as const)(
    'while a job is in phase %s is gone, unless the job was given it',
    async (point) => {
      await app.index(REQUEST, [{ ...(SECOND[2] as (typeof SECOND)[0]), name: 'other.md' }]);
      const jobId = await stoppedAt(point);
      const other = { library: 'rules', document: 'other.md' };
      resultOf(await app.call('delete', other));
      await app.deliver();
      expect(await app.progress(jobId)).toMatchObject({ state: 'done', overtaken: 1 });
      expect((await liveTexts(app)).map(([name]) => name)).toEqual([
        'lunch.md',
        'release.md',
        'travel.md',
      ]);
      expect(await app.keys('t:')).toEqual([]);
    },
  );
});

describe('everything, deleted', () => {
  it.each(['plan', 'embed', 'seal', 'publish', 'sweep'] as const)(
    'while a job is in phase %s is everything',
    async (point) => {
      await stoppedAt(point);
      await deleteEverything();
      expect(await app.stored()).toEqual({ keys: 0, bytes: 0 });
      await app.deliver();
      expect(await app.stored()).toEqual({ keys: 0, bytes: 0 });
    },
  );

  it('while the provider answers stays deleted', async () => {
    const provider = holdProvider();
    await app.start(REQUEST, SECOND);
    const delivered = app.deliverDue();
    await vi.waitFor(() => expect(provider.asked()).toBe(true));
    await deleteEverything();
    provider.letGo();
    await delivered;
    await app.deliver();
    expect(await app.stored()).toEqual({ keys: 0, bytes: 0 });
  });

  it('stays deleted where a lane dies before it finds its job gone', async () => {
    let isStored = false;
    app.around = (platform) => {
      const { kv } = platform;
      const batchSet: typeof kv.batchSet = async (items) => {
        const isFirst = !isStored && items.some(({ key }) => key.includes(':r:'));
        isStored ||= isFirst;
        if (isFirst) await deleteEverything();
        await kv.batchSet(items);
        if (isFirst) faultConsumer(app, { type: 'crash-before' });
      };
      return { ...platform, kv: { ...kv, batchSet } };
    };
    await app.start(REQUEST, SECOND);
    await app.deliverDue();
    expect((await app.keys('l:')).length).toBeGreaterThan(0);
    mend(app);
    await app.deliver();
    expect(await app.stored()).toEqual({ keys: 0, bytes: 0 });
  });

  it.each(['seal', 'publish', 'sweep'] as const)(
    'while its coordinator is at work in phase %s stays deleted',
    async (point) => {
      let isDone = false;
      onState(
        app,
        ({ phase }) => phase === point && !isDone,
        async () => {
          isDone = true;
          await deleteEverything();
        },
      );
      await app.start(REQUEST, SECOND);
      await app.deliver();
      expect(isDone).toBe(true);
      expect(await app.stored()).toEqual({ keys: 0, bytes: 0 });
    },
  );
});

describe('a job that is cancelled', () => {
  it('while the provider answers leaves nothing of the answer', async () => {
    const live = await app.keys('l:');
    const provider = holdProvider();
    const jobId = await app.start(REQUEST, SECOND);
    const delivered = app.deliverDue();
    await vi.waitFor(() => expect(provider.asked()).toBe(true));
    resultOf(await app.call('cancelJob', { jobId }));
    provider.letGo();
    await delivered;
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'cancelled' });
    expect(await app.keys('t:')).toEqual([]);
    expect(await app.keys('l:')).toEqual(live);
  });

  it('and paused before keeps what the provider answered until then', async () => {
    const provider = holdProvider();
    const jobId = await app.start(REQUEST, SECOND);
    const delivered = app.deliverDue();
    await vi.waitFor(() => expect(provider.asked()).toBe(true));
    const asked = documentCalls(app.server).length;
    resultOf(await app.call('pauseJob', { jobId }));
    provider.letGo();
    await delivered;
    await app.deliver();
    mend(app);
    resultOf(await app.call('resumeJob', { jobId }));
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', chunks: { embedded: 2 } });
    expect(documentCalls(app.server)).toHaveLength(asked);
  });
});
