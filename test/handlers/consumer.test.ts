/** The consumer of the indexing queue: what it makes of events, in whatever way they come. */
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { type JobState, parseJobState } from '../../src/jobs/job';
import {
  ADMIN,
  createHandlerApp,
  given,
  type HandlerApp,
  LUNCH,
  RELEASE,
  resultOf,
} from '../support/handler-app';
import { liveTexts, paidTexts, REQUEST, rules } from '../support/job-library';
import { CONSUMER } from '../support/job-stops';

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

const events = () => log.mock.calls.map(([line]) => JSON.parse(String(line)).event as string);
const consume = (event: unknown) =>
  app.clock.drive(
    app.platform.invokeFunction(CONSUMER, event, { installation: ADMIN.installation }),
  );

describe('a job', () => {
  it('indexes what was staged and removes it from the store', async () => {
    const jobId = await app.start(REQUEST, [RELEASE, LUNCH, given('scan.md', '%PDF-1')]);
    expect(await app.progress(jobId)).toMatchObject({ state: 'queued', phase: 'plan' });
    expect(await app.keys('t:')).toHaveLength(4);
    for (const { outcome } of await app.deliver()) expect(outcome).toBe('done');
    expect(await app.progress(jobId)).toMatchObject({
      kind: 'index',
      library: 'rules',
      state: 'done',
      phase: 'done',
      documents: { total: 3, indexed: 2, unchanged: 0, deleted: 0, refused: 1 },
      chunks: { total: 2, reused: 0, toEmbed: 2, embedded: 2 },
      tokens: { measured: true },
      refused: [{ document: 'scan.md', code: 'document_binary' }],
      generation: 1,
      overtaken: 0,
    });
    expect(await app.keys('t:')).toEqual([]);
  });

  it('writes as many units as its view says, and they are those that the platform counted', async () => {
    const jobId = await app.start(REQUEST, rules(120));
    app.platform.meter.reset();
    await app.deliver();
    const { units } = await app.progress(jobId);
    const { [CONSUMER]: counted } = app.platform.meter.snapshot().callers;
    // Marks of deliveries, claims and the last write are not in the view of the job itself.
    expect(units.write).toBeGreaterThan((counted?.writeUnits ?? 0) * 0.8);
    expect(units.write).toBeLessThanOrEqual(counted?.writeUnits ?? 0);
    expect(units.read).toBeGreaterThan((counted?.readUnits ?? 0) * 0.6);
    expect(units.read).toBeLessThanOrEqual(counted?.readUnits ?? 0);
  });

  it('reports progress that never goes back', async () => {
    const seen: JobState[] = [];
    app.around = (platform) => ({
      ...platform,
      entities: {
        ...platform.entities,
        transact: async (sets) => {
          for (const { entity, value } of sets) {
            const state = entity === 'job' ? parseJobState(value['body']) : undefined;
            if (state !== undefined) seen.push(state);
          }
          return platform.entities.transact(sets);
        },
      },
      // Time passes, so that the coordinator looks while lanes work.
      fetch: async (...request) => {
        await platform.sleep(20_000);
        return platform.fetch(...request);
      },
    });
    const jobId = await app.start(REQUEST, rules(500));
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', chunks: { embedded: 500 } });
    const order = ['stage', 'plan', 'embed', 'seal', 'publish', 'sweep', 'done'];
    const phases = seen.map(({ phase }) => order.indexOf(phase));
    expect(phases).toEqual([...phases].sort((a, b) => a - b));
    expect(new Set(phases).size).toBe(6);
    const counts = [
      seen.map(({ planned }) => planned),
      seen.map(({ documents }) => documents.indexed),
      seen.map(({ chunks }) => chunks.toEmbed),
      seen.map(({ chunks }) => chunks.embedded),
      seen.map(({ tokens }) => tokens.count),
      seen.map(({ units, laneUnits }) => units.write + laneUnits.write),
      seen.map(({ updatedAt }) => updatedAt),
    ];
    for (const values of counts) expect(values).toEqual([...values].sort((a, b) => a - b));
    expect(new Set(counts[1]).size).toBeGreaterThan(3);
    for (const { chunks } of seen) expect(chunks.embedded).toBeLessThanOrEqual(chunks.toEmbed);
  });

  it('that embeds tells how fast it is, and how long it will take', async () => {
    app.around = (platform) => ({
      ...platform,
      fetch: async (...request) => {
        await platform.sleep(60_000);
        return platform.fetch(...request);
      },
    });
    const jobId = await app.start(REQUEST, rules(900));
    let view = await app.progress(jobId);
    expect(view).toMatchObject({ rate: null, etaMs: null });
    while (view.chunks.embedded === 0 || view.phase !== 'embed') {
      await app.platform.runFor(15_000, { installations: ['acme'] });
      view = await app.progress(jobId);
      if (view.state === 'done') break;
    }
    expect(view.phase).toBe('embed');
    expect(view.rate).toBeGreaterThan(100);
    expect(view.etaMs).toBeGreaterThan(0);
    expect(view.etaMs).toBeLessThan(20 * 60_000);
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', etaMs: null });
  });
});

describe('events that come when they should not', () => {
  it.each([1, 8])(
    'all twice, %i consumers side by side: each text is paid once',
    async (parallel) => {
      await app.close();
      await open({ events: { duplicateRate: 1, parallel, shuffle: true, delayJitterMs: 3_000 } });
      const jobId = await app.start(REQUEST, rules(300));
      for (const { outcome } of await app.deliver()) expect(outcome).toBe('done');
      expect(await app.progress(jobId)).toMatchObject({
        state: 'done',
        documents: { indexed: 300 },
      });
      expect(paidTexts(app)).toHaveLength(300);
      expect(await app.keys('t:')).toEqual([]);
      const { libraries } = resultOf(await app.call('listLibraries', {}));
      expect(libraries).toMatchObject([{ generation: 1, documents: 300, chunks: 300 }]);
    },
  );

  it('again when the job is over do nothing', async () => {
    const jobId = await app.start(REQUEST, [RELEASE]);
    const delivered = (await app.deliver()).map(({ event }) => event);
    const before = await app.stored();
    log.mockClear();
    for (const event of delivered) await consume(event);
    expect(new Set(events())).toEqual(new Set(['job_event_stale']));
    expect(await app.stored()).toEqual(before);
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 1 });
  });

  it('after their job is gone do nothing', async () => {
    await app.start(REQUEST, [RELEASE, LUNCH]);
    await app.call('delete', { everything: true });
    for (const { outcome } of await app.deliver()) expect(outcome).toBe('done');
    expect(events()).toContain('job_event_stale');
    expect(await app.stored()).toEqual({ keys: 0, bytes: 0 });
  });

  it('of a lane of an earlier round do nothing', async () => {
    const jobId = await app.start(REQUEST, [RELEASE]);
    const delivered = (await app.deliver()).map(({ event }) => event);
    const lane = delivered.find(({ body }) => body['step'] === 'embed');
    const second = await app.start(REQUEST, [LUNCH]);
    const body = { ...lane?.body, jobId: second };
    await consume({ ...lane, body, eventId: 'e-2' });
    await app.deliver();
    expect(await app.progress(second)).toMatchObject({ state: 'done', generation: 2 });
    expect(paidTexts(app)).toHaveLength(2);
    expect(await app.progress(jobId)).toMatchObject({ generation: 1 });
    expect(await liveTexts(app)).toHaveLength(2);
  });

  it.each([
    ['nothing', null],
    ['no body', {}],
    ['no id', { body: { jobId: 'abc' } }],
    ['a body without a job', { body: {}, eventId: 'e' }],
    ['a job that is no text', { body: { jobId: { $ne: '' } }, eventId: 'e' }],
    ['a job that is a path', { body: { jobId: '../catalogue' }, eventId: 'e' }],
    ['a number of tries that is none', { body: { jobId: 'abc' }, eventId: 'e', retryContext: 7 }],
  ])('with %s ask the platform nothing', async (_, event) => {
    app.platform.meter.reset();
    await consume(event);
    expect(events()).toEqual(['job_event_invalid']);
    expect(app.platform.meter.snapshot().total.requests).toBe(0);
  });
});

it('a job that is not as any version wrote it is an error, not a guess', async () => {
  await app.inside(async ({ entities }) => {
    await entities.create('job', 'abc', { token: 1, body: { state: 'odd' } });
  });
  expect((await app.call('jobProgress', { jobId: 'abc' })).error?.code).toBe('job_outdated');
});
