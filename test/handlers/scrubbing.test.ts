/** What goes wrong below the handlers must not carry anything of the customer's to anybody. */
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import type { FaultAction } from '../../emulator/faults';
import {
  type Answer,
  createHandlerApp,
  given,
  type HandlerApp,
  OPENAI_KEY,
  resultOf,
  STRANGER,
  USER,
} from '../support/handler-app';
import { CONSUMER, faultConsumer, mend } from '../support/job-stops';

/** Word of every text and name of these tests. */
const MARK = 'Quokka';

let app: HandlerApp;
let log: MockInstance<typeof console.log>;
let others: MockInstance[];
beforeEach(async () => {
  log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  others = (['error', 'warn', 'info', 'debug'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation(() => undefined),
  );
  app = await createHandlerApp();
  await app.storeKey();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await app.close();
});

const REQUEST = { library: `${MARK} rules`, embedder: 'openai' };
const DOCUMENTS = [
  given(`${MARK}.md`, `# ${MARK}\n\nThe ${MARK} approves a release.\n`),
  given(`Other ${MARK}.md`, `# ${MARK}\n\nNobody else does.\n`),
  given(`${MARK}.pdf`, `${MARK}`),
];

const logged = () => log.mock.calls.map(([line]) => String(line));

/** Lines are JSON objects with an event, and hold neither text nor name nor key. */
function expectCleanLogs(): void {
  for (const line of logged()) {
    expect(JSON.parse(line)).toMatchObject({ event: expect.stringMatching(/^[a-z_]+$/) });
    expect(line).not.toContain(MARK);
    expect(line).not.toContain(OPENAI_KEY);
    expect(line).not.toContain('release.md');
  }
  for (const other of others) expect(other).not.toHaveBeenCalled();
}

const fail = (status: number): FaultAction => ({ type: 'fail', status, code: `${MARK}_CODE` });

/** Calls every resolver, each with something of the customer's in its payload where it can. */
async function callAll(as?: typeof USER): Promise<Answer[]> {
  const job = { jobId: 'abc' };
  const library = { library: REQUEST.library };
  const calls: [string, object][] = [
    ['createJob', REQUEST],
    ['stageDocuments', { ...job, call: 0, documents: DOCUMENTS }],
    ['startJob', { ...job, calls: 1 }],
    ...['confirmJob', 'pauseJob', 'resumeJob', 'cancelJob', 'jobProgress'].map(
      (name): [string, object] => [name, job],
    ),
    ['listJobs', {}],
    ['listLibraries', {}],
    ['listDocuments', { ...library, after: MARK }],
    ['restoreLibrary', library],
    ['search', { text: `Where is ${MARK}?`, project: 'PAY' }],
    ['promptSection', { issueKey: 'PAY-7' }],
    ['delete', { ...library, document: `${MARK}.md` }],
  ];
  return Promise.all(calls.map(([name, payload]) => app.call(name, payload, as)));
}

describe('storage that fails', () => {
  it.each([
    [500, 'store_unavailable', true],
    [503, 'store_unavailable', true],
    [429, 'store_throttled', true],
    [400, 'store_failed', false],
  ])('with %i is %s in every resolver', async (status, code, retryable) => {
    app.platform.calls.setFaults([{ match: { kind: 'kvs' }, action: fail(status) }]);
    for (const answer of await callAll()) {
      expect(answer).toMatchObject({ ok: false, error: { code, retryable } });
      expect(answer.error?.message).not.toMatch(new RegExp(`${MARK}(?!_CODE)`));
    }
    expect(logged().length).toBeGreaterThanOrEqual(15);
    expectCleanLogs();
  });

  it('without an answer is an error that says nothing but when to try again', async () => {
    app.platform.calls.setFaults([{ match: { kind: 'kvs' }, action: { type: 'timeout' } }]);
    for (const { error } of await callAll()) {
      expect(error).toEqual({
        code: 'store_unavailable',
        message: expect.stringContaining('the platform did not answer; try again'),
        retryable: true,
        facts: { operation: expect.any(String) },
      });
    }
    expect(logged()).toContain(
      '{"event":"resolver_refused","resolver":"search","code":"store_unavailable"}',
    );
    expectCleanLogs();
  });
});

describe('Jira that fails', () => {
  it('keeps every door shut', async () => {
    app.platform.calls.setFaults([{ match: { kind: 'jira' }, action: fail(500) }]);
    app.platform.meter.reset();
    for (const answer of await callAll()) {
      expect(answer.error).toMatchObject({ code: 'jira_failed', retryable: true });
      expect(JSON.stringify(answer)).not.toContain(MARK);
    }
    expect(app.platform.meter.snapshot().total.requests).toBe(0);
    expectCleanLogs();
  });
});

describe('a queue that takes nothing', () => {
  it.each([
    [429, 'queue_throttled', true],
    [500, 'queue_failed', true],
    [405, 'queue_chain_limit', false],
    [413, 'queue_payload_too_large', false],
  ])('with %i is %s, and the job can be started again', async (status, code, retryable) => {
    const { jobId } = resultOf(await app.call('createJob', REQUEST));
    resultOf(await app.call('stageDocuments', { jobId, call: 0, documents: DOCUMENTS }));
    app.platform.calls.setFaults([{ match: { kind: 'events' }, action: fail(status) }]);
    const answer = await app.call('startJob', { jobId, calls: 1 });
    expect(answer.error).toMatchObject({ code, retryable });
    expect(JSON.stringify(answer)).not.toMatch(new RegExp(`${MARK}(?!_CODE)`));
    mend(app);
    resultOf(await app.call('startJob', { jobId, calls: 1 }));
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done' });
    expectCleanLogs();
  });
});

describe('staging that fails half way', () => {
  it('tells nobody what it staged, and leaves nothing when the job is cancelled', async () => {
    const before = await app.stored();
    const { jobId } = resultOf(await app.call('createJob', REQUEST));
    const documents = Array.from({ length: 60 }, (_, i) => given(`${i}.md`, `${MARK} ${i}`));
    const path = '/api/v1/batch/set';
    app.platform.calls.setFaults([{ match: { kind: 'kvs', path }, nth: 2, action: fail(500) }]);
    const answer = await app.call('stageDocuments', { jobId, call: 0, documents });
    expect(answer.error?.code).toBe('store_unavailable');
    expect(JSON.stringify(answer)).not.toMatch(new RegExp(`${MARK}(?!_CODE)`));
    mend(app);
    resultOf(await app.call('cancelJob', { jobId }));
    await app.deliver();
    expect((await app.stored()).keys).toBe(before.keys + 2);
    expectCleanLogs();
  });
});

describe('a consumer that fails', () => {
  /** What the platform logs of a function is what it throws. */
  async function expectCleanThrows(): Promise<number> {
    const errors = (await app.deliverDue()).flatMap(({ error }) => (error ? [error as Error] : []));
    for (const error of errors) {
      expect(`${error.message} ${error.stack}`).not.toMatch(new RegExp(`${MARK}(?!_CODE)`));
      expect(`${error.message} ${error.stack}`).not.toContain(OPENAI_KEY);
    }
    return errors.length;
  }

  it.each([400, 429, 500])('by a store that answers %i throws nothing of it', async (status) => {
    await app.start(REQUEST, DOCUMENTS);
    faultConsumer(app, fail(status));
    expect(await expectCleanThrows()).toBeGreaterThan(0);
    expectCleanLogs();
  });

  it('by an error that nobody expected throws its name alone', async () => {
    const jobId = await app.start(REQUEST, DOCUMENTS);
    app.around = (platform) => ({
      ...platform,
      kv: {
        ...platform.kv,
        batchGet: async () => {
          throw new TypeError(`${MARK} ${OPENAI_KEY}`);
        },
      },
    });
    expect(await expectCleanThrows()).toBeGreaterThan(0);
    mend(app);
    expect(JSON.stringify(await app.progress(jobId))).not.toContain(OPENAI_KEY);
    expectCleanLogs();
  });

  it('by an error in a lane that nobody expected likewise', async () => {
    await app.start(REQUEST, DOCUMENTS);
    app.around = (platform) => ({
      ...platform,
      secrets: {
        ...platform.secrets,
        get: async () => {
          throw new TypeError(`${MARK} ${OPENAI_KEY}`);
        },
      },
    });
    await expectCleanThrows();
    mend(app);
    await app.platform.runFor(30 * 60_000, { installations: ['acme'] });
    const { jobs } = resultOf(await app.call('listJobs', {}));
    expect(JSON.stringify(jobs)).not.toContain(OPENAI_KEY);
    expectCleanLogs();
  });

  it('by an event with something of the customer in it logs nothing of it', async () => {
    const body = { jobId: MARK, text: MARK };
    const event = { body, eventId: MARK };
    await app.platform.invokeFunction(CONSUMER, event, { installation: 'acme' });
    const known = { body: { jobId: 'abc', text: MARK }, eventId: MARK };
    await app.platform.invokeFunction(CONSUMER, known, { installation: 'acme' });
    expect(logged()).toHaveLength(2);
    expectCleanLogs();
  });
});

describe('the logs of a whole life', () => {
  it('hold no text, no name and no key', async () => {
    app.server.script([{ kind: 'rateLimited', headers: { 'retry-after-ms': '1' } }]);
    const { state } = await app.index(REQUEST, DOCUMENTS);
    expect(state).toBe('done');
    await callAll();
    await app.deliver();
    await callAll(USER);
    await callAll(STRANGER);
    for (const trigger of ['push-on-jobs', 'clear-away-daily'] as const) await app.fire(trigger);
    app.server.script([{ kind: 'keyRefused' }]);
    const refused = await app.call('search', { text: MARK, project: 'PAY' });
    expect(refused.result?.notes[0]?.message).toContain('provider_key_refused');
    expect(refused.result?.notes[0]?.message).not.toContain(OPENAI_KEY);
    await app.call('delete', { everything: true });
    expectCleanLogs();
    expect(logged().join('\n')).toContain('"event":"resolver_refused"');
  });

  it('hold nothing of a provider that quotes the key, nor does the job', async () => {
    app.server.script([{ kind: 'keyRefused' }]);
    const view = await app.index(REQUEST, DOCUMENTS);
    expect(view.error?.code).toBe('provider_key_refused');
    expect(JSON.stringify(view)).not.toContain(OPENAI_KEY);
    const stored = await app.inside(({ entities }) => entities.get('job', view.jobId));
    expect(JSON.stringify(stored)).not.toContain(OPENAI_KEY);
    expect(logged().join('\n')).toContain('"code":"provider_key_refused"');
    expectCleanLogs();
  });

  it('hold nothing of events either: they name a job and no text', async () => {
    const bodies: string[] = [];
    app.around = (platform) => ({
      ...platform,
      queue: {
        push: (body, options) => {
          bodies.push(JSON.stringify(body));
          return platform.queue.push(body, options);
        },
        pushAll: (events) => {
          bodies.push(JSON.stringify(events));
          return platform.queue.pushAll(events);
        },
      },
    });
    await app.index(REQUEST, DOCUMENTS);
    expect(bodies.length).toBeGreaterThan(2);
    for (const body of bodies) expect(body).not.toContain(MARK);
  });
});
