/** What goes wrong below the handlers must not carry anything of the customer's to anybody. */
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import type { FaultAction } from '../../emulator/faults';
import {
  createHandlerApp,
  given,
  type HandlerApp,
  OPENAI_KEY,
  STRANGER,
  USER,
} from '../support/handler-app';

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

const START = {
  library: `${MARK} rules`,
  embedder: 'openai',
  documents: [given(`${MARK}.md`, `# ${MARK}\n\nThe ${MARK} approves a release.\n`)],
};

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

/** Calls every resolver, each with something of the customer's in its payload. */
async function callAll(as?: typeof USER) {
  return Promise.all([
    app.call('startIndexing', START, as),
    app.call('indexingProgress', { jobId: 'abc' }, as),
    app.call('search', { text: `Where is ${MARK}?`, project: 'PAY' }, as),
    app.call('promptSection', { issueKey: 'PAY-7' }, as),
    app.call('delete', { library: START.library, document: `${MARK}.md` }, as),
  ]);
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
    expect(logged().length).toBeGreaterThanOrEqual(5);
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
    [429, 'queue_throttled'],
    [500, 'queue_failed'],
  ])('with %i leaves neither job nor documents behind', async (status, code) => {
    const before = await app.stored();
    app.platform.calls.setFaults([{ match: { kind: 'events' }, action: fail(status) }]);
    const answer = await app.call('startIndexing', START);
    expect(answer.error).toMatchObject({ code, retryable: true });
    expect(JSON.stringify(answer)).not.toContain(MARK);
    expect(await app.stored()).toEqual(before);
    expectCleanLogs();
  });
});

describe('staging that fails half way', () => {
  it('leaves nothing of it behind', async () => {
    const before = await app.stored();
    // 60 documents are three batches; the second of them fails.
    const documents = Array.from({ length: 60 }, (_, i) => given(`${i}.md`, `${MARK} ${i}`));
    const path = '/api/v1/batch/set';
    app.platform.calls.setFaults([{ match: { kind: 'kvs', path }, nth: 2, action: fail(500) }]);
    const answer = await app.call('startIndexing', { ...START, documents });
    expect(answer.error?.code).toBe('store_unavailable');
    expect(app.platform.calls.log.filter((call) => call.path === path)).toHaveLength(2);
    expect(await app.stored()).toEqual(before);
    expect(app.platform.events.pending).toEqual([]);
  });
});

describe('the logs of a whole life', () => {
  it('hold no text, no name and no key', async () => {
    app.server.script([{ kind: 'rateLimited', headers: { 'retry-after-ms': '1' } }]);
    await app.call('startIndexing', START);
    await app.platform.events.runUntilIdle();
    await callAll();
    await app.platform.events.runUntilIdle();
    await callAll(USER);
    await callAll(STRANGER);
    app.server.script([{ kind: 'keyRefused' }]);
    const refused = await app.call('search', { text: MARK, project: 'PAY' });
    expect(refused.error?.code).toBe('provider_key_refused');
    expectCleanLogs();
    expect(logged().join('\n')).toContain('"event":"resolver_refused"');
  });

  it('hold nothing of a provider that quotes the key', async () => {
    app.server.script([{ kind: 'keyRefused' }]);
    const started = await app.call('startIndexing', START);
    await app.platform.events.runUntilIdle();
    const progress = await app.call('indexingProgress', started.result);
    expect(progress.result.error.code).toBe('provider_key_refused');
    expect(JSON.stringify(progress)).not.toContain(OPENAI_KEY);
    expect(logged().join('\n')).toContain('"code":"provider_key_refused"');
    expectCleanLogs();
  });
});
