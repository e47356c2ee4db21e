import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { OPENAI_KEY_NAME } from '../../src/embedding/create-provider';
import { type IndexingJob, loadJob, saveJob } from '../../src/handlers/indexing-job';
import {
  ADMIN,
  createHandlerApp,
  given,
  type HandlerApp,
  LUNCH,
  RELEASE,
} from '../support/handler-app';

const START = { library: 'rules', embedder: 'openai', documents: [RELEASE, LUNCH] };
const BATCH_GET = '/api/v1/batch/get';

let app: HandlerApp;
let log: MockInstance<typeof console.log>;

async function open(options: Parameters<typeof createHandlerApp>[0] = {}): Promise<void> {
  app = await createHandlerApp(options);
  await app.storeKey();
}

beforeEach(async () => {
  log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await open();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await app.close();
});

const start = async (payload: object = START): Promise<string> =>
  (await app.call('startIndexing', payload)).result.jobId;
const progress = async (jobId: string) => (await app.call('indexingProgress', { jobId })).result;
const run = () => app.platform.events.runUntilIdle();
const outcomes = async () => (await run()).map(({ outcome }) => outcome);
const events = () => log.mock.calls.map(([line]) => JSON.parse(String(line)).event as string);
const consume = (event: unknown) =>
  app.platform.invokeFunction('index-documents', event, { installation: ADMIN.installation });

describe('a job', () => {
  it('indexes what was staged and removes it from the store', async () => {
    const jobId = await start({
      ...START,
      documents: [RELEASE, LUNCH, given('scan.md', '%PDF-1')],
    });
    expect(await progress(jobId)).toMatchObject({ state: 'queued', done: 0, total: 3 });
    expect(await app.keys('t:')).toHaveLength(3);
    expect(await outcomes()).toEqual(['done']);
    expect(await progress(jobId)).toMatchObject({
      state: 'done',
      phase: 'done',
      done: 3,
      total: 3,
      report: {
        library: 'rules',
        generation: 1,
        indexed: 2,
        unchanged: 0,
        refused: [{ document: 'scan.md', code: 'document_binary' }],
      },
    });
    expect(await app.keys('t:')).toEqual([]);
  });

  it('stages a document of several parts and gets back its bytes', async () => {
    const text = `# Räume\n\n${'Der Raum № 4 ist für alle. '.repeat(11_000)}\n`;
    const jobId = await start({ ...START, documents: [given('lang.txt', text)] });
    expect((await app.keys('t:')).length).toBe(3);
    await run();
    expect((await progress(jobId)).report).toMatchObject({ indexed: 1, refused: [] });
    const { hits } = (await app.call('search', { text: 'Raum', k: 100 })).result;
    for (const hit of hits) expect(text.slice(hit.start, hit.end)).toBe(hit.text);
  });

  it('reports progress that never goes back', async () => {
    const documents = Array.from({ length: 40 }, (_, i) =>
      given(`${i}.md`, `Rule ${i}. `.repeat(900)),
    );
    const jobId = await start({ ...START, documents });
    // Each look at the clock is three seconds after the last, so that every progress is due.
    let now = Date.now();
    vi.spyOn(Date, 'now').mockImplementation(() => {
      now += 3_000;
      return now;
    });
    const seen: { phase: string; done: number; total: number; updatedAt: number }[] = [];
    app.server.script(Array(4).fill({ kind: 'slow', delayMs: 40 }));
    let running = true;
    const finished = run().finally(() => {
      running = false;
    });
    while (running) {
      const job = await app.inside(({ kv }) => loadJob(kv, jobId));
      const last = seen.at(-1);
      if (job !== undefined && job.updatedAt !== last?.updatedAt) seen.push(job);
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await finished;
    seen.push((await app.inside(({ kv }) => loadJob(kv, jobId))) as IndexingJob);
    const order = ['queued', 'read', 'embed', 'write', 'publish', 'done'];
    const phases = seen.map(({ phase }) => order.indexOf(phase));
    expect(phases).toEqual([...phases].sort((a, b) => a - b));
    expect(new Set(phases).size).toBeGreaterThan(2);
    for (const [i, { phase, done, total }] of seen.entries()) {
      expect(done).toBeLessThanOrEqual(total);
      const before = seen[i - 1];
      if (before?.phase === phase) expect(done).toBeGreaterThanOrEqual(before.done);
    }
  });
});

describe('an event that comes when it should not', () => {
  it('twice, one after the other: the second does nothing', async () => {
    await app.close();
    await open({ events: { duplicateRate: 1 } });
    const jobId = await start();
    expect(await outcomes()).toEqual(['done', 'done']);
    expect(await progress(jobId)).toMatchObject({ state: 'done', report: { indexed: 2 } });
    expect(app.server.requests).toHaveLength(1);
    expect(events()).toContain('indexing_event_stale');
  });

  it.each([0, 5, 20, 40])('twice, side by side, %i ms apart: done stays done', async (delayMs) => {
    await app.close();
    await open({ events: { duplicateRate: 1, parallel: 2 } });
    // The provider answers the one late, so that the other has ended by then.
    app.server.script([{ kind: 'slow', delayMs }]);
    const jobId = await start();
    expect(await outcomes()).toEqual(['done', 'done']);
    const { state, error } = await progress(jobId);
    expect({ state, error }).toEqual({ state: 'done', error: undefined });
    const { hits } = (await app.call('search', { text: 'approval', k: 10 })).result;
    expect(hits).toHaveLength(2);
    expect(await app.keys('t:')).toEqual([]);
  });

  it('after its job is gone', async () => {
    await start();
    await app.call('delete', { everything: true });
    expect(await outcomes()).toEqual(['done']);
    expect(events()).toContain('indexing_event_stale');
    expect(await app.stored()).toEqual({ keys: 0, bytes: 0 });
  });

  it.each([
    ['nothing', null],
    ['no body', {}],
    ['a body without a job', { body: {} }],
    ['a job that is no text', { body: { jobId: { $ne: '' } } }],
  ])('with %s', async (_, event) => {
    app.platform.meter.reset();
    await consume(event);
    expect(events()).toEqual(['indexing_event_invalid']);
    expect(app.platform.meter.snapshot().total.requests).toBe(0);
  });

  it('whose run was overtaken by the deletion of everything leaves no job behind', async () => {
    await start();
    app.server.script([{ kind: 'rateLimited', headers: { 'retry-after-ms': '80' } }]);
    const finished = run();
    await vi.waitFor(() => expect(app.server.requests).toHaveLength(1));
    // The provider's key goes too, so the run ends in an error when it asks again.
    await app.call('delete', { everything: true });
    await finished;
    expect(events()).toContain('indexing_run_overtaken');
    expect(await app.stored()).toEqual({ keys: 0, bytes: 0 });
  });
});

describe('a failure', () => {
  it('that passes is retried, and the job is done', async () => {
    const jobId = await start();
    const action = { type: 'fail', status: 500, code: 'INTERNAL' } as const;
    app.platform.calls.setFaults([{ match: { kind: 'kvs', path: BATCH_GET }, nth: 1, action }]);
    expect(await outcomes()).toEqual(['retried', 'done']);
    expect(await progress(jobId)).toMatchObject({ state: 'done', report: { indexed: 2 } });
    expect(await app.keys('t:')).toEqual([]);
  });

  it('is told while the job waits', async () => {
    const jobId = await start();
    const action = { type: 'fail', status: 500, code: 'INTERNAL' } as const;
    app.platform.calls.setFaults([{ match: { kind: 'kvs', path: BATCH_GET }, action }]);
    const [delivery] = await app.platform.events.deliverDue();
    expect(delivery).toMatchObject({ outcome: 'retried', error: { code: 'store_unavailable' } });
    expect(await progress(jobId)).toMatchObject({ state: 'queued', phase: 'waiting' });
    expect(await app.keys('t:')).toHaveLength(2);
  });

  it('that stays is final after four runs, and the documents are removed', async () => {
    const jobId = await start();
    const action = { type: 'fail', status: 503, code: 'DOWN' } as const;
    app.platform.calls.setFaults([{ match: { kind: 'kvs', path: BATCH_GET }, action }]);
    expect(await outcomes()).toEqual(['retried', 'retried', 'retried', 'done']);
    app.platform.calls.setFaults([]);
    expect(await progress(jobId)).toMatchObject({
      state: 'failed',
      error: { code: 'store_unavailable' },
    });
    expect(await app.keys('t:')).toEqual([]);
    expect(app.platform.events.dropped).toEqual([]);
  });

  it('of the provider that no waiting cures is final at once', async () => {
    await app.inside(({ secrets }) => secrets.delete(OPENAI_KEY_NAME));
    const jobId = await start();
    expect(await outcomes()).toEqual(['done']);
    expect(await progress(jobId)).toMatchObject({
      state: 'failed',
      error: {
        code: 'provider_key_missing',
        message: expect.stringContaining('Enter one in the settings'),
      },
    });
    // The job's record is all that is left.
    expect(await app.keys('')).toEqual([`j:${jobId}`]);
  });

  it('to delete the documents leaves the outcome as it is', async () => {
    const jobId = await start();
    const action = { type: 'fail', status: 500, code: 'INTERNAL' } as const;
    const path = '/api/v1/batch/delete';
    app.platform.calls.setFaults([{ match: { kind: 'kvs', path }, action }]);
    expect(await outcomes()).toEqual(['done']);
    expect(await progress(jobId)).toMatchObject({ state: 'done', report: { indexed: 2 } });
    expect(events()).toContain('documents_not_unstaged');
  });

  it('of a race for the library is publish_lost, and the winner stands', async () => {
    await start();
    await run();
    const first = await start({ ...START, documents: [given('a.md', 'Rule A')] });
    // The first run meets another publish of the same library while it embeds.
    const asked = app.server.requests.length;
    app.server.script([{ kind: 'slow', delayMs: 80 }]);
    const running = run();
    await vi.waitFor(() => expect(app.server.requests).toHaveLength(asked + 1));
    const removed = await app.call('delete', { library: 'rules', document: 'lunch.md' });
    expect(removed.ok).toBe(true);
    await running;
    expect(await progress(first)).toMatchObject({
      state: 'failed',
      error: { code: 'publish_lost' },
    });
    const { hits } = (await app.call('search', { text: 'approval', k: 10 })).result;
    expect(hits.map((hit: { document: string }) => hit.document)).toEqual(['release.md']);
    expect(await app.keys('t:')).toEqual([]);
  });
});

describe('a run that the platform ends', () => {
  const crash = { type: 'crash-before' } as const;

  it('once is run again from the start', async () => {
    const jobId = await start();
    app.platform.calls.setFaults([{ match: { kind: 'fetch' }, nth: 1, action: crash }]);
    expect(await outcomes()).toEqual(['retried', 'done']);
    expect(await progress(jobId)).toMatchObject({ state: 'done', report: { indexed: 2 } });
  });

  it('every time is failed for good, and the documents are removed', async () => {
    const jobId = await start();
    app.platform.calls.setFaults([{ match: { kind: 'fetch' }, action: crash }]);
    expect(await outcomes()).toEqual(['retried', 'retried', 'retried', 'retried', 'done']);
    expect(await progress(jobId)).toMatchObject({
      state: 'failed',
      error: { code: 'indexing_out_of_time' },
    });
    expect(await app.keys('t:')).toEqual([]);
  });

  it('for its time writes nothing afterwards', async () => {
    const jobId = await start();
    const [pending] = app.platform.events.pending;
    // Slower than the virtual clock waits for a socket: the time limit strikes first.
    app.server.script([{ kind: 'slow', delayMs: 2_500 }]);
    const options = { installation: ADMIN.installation, timeLimitMs: 50 };
    const ended = app.platform.invokeFunction('index-documents', pending?.event, options);
    const refused = expect(ended).rejects.toMatchObject({ name: 'FunctionTimeout' });
    await vi.waitFor(() => expect(app.server.requests).toHaveLength(1));
    await app.clock.advance(60);
    await refused;
    const before = await app.stored();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(await app.stored()).toEqual(before);
    expect(await outcomes()).toEqual(['done']);
    expect((await progress(jobId)).state).toBe('done');
  });
});

it('a job that is not as it was written is an error, not a guess', async () => {
  await app.inside(({ kv }) => saveJob(kv, 'abc', { state: 'odd' } as unknown as IndexingJob));
  expect((await app.call('indexingProgress', { jobId: 'abc' })).error?.code).toBe('value_corrupt');
});
