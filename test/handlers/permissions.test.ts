import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ADMIN,
  type Caller,
  createHandlerApp,
  type HandlerApp,
  RELEASE,
  STRANGER,
  USER,
} from '../support/handler-app';

let app: HandlerApp;
beforeEach(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  app = await createHandlerApp();
  await app.storeKey();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await app.close();
});

const START = { library: 'rules', projects: ['PAY'], embedder: 'openai', documents: [RELEASE] };

/** Calls and says what storage, queue and provider were asked meanwhile. */
async function refusal(functionKey: string, payload: unknown, as: Caller) {
  app.platform.meter.reset();
  app.platform.calls.clear();
  const answer = await app.call(functionKey, payload, as);
  const kinds = app.platform.calls.log.map(({ kind }) => kind);
  return {
    code: answer.error?.code,
    result: answer.result,
    storageRequests: app.platform.meter.snapshot().total.requests,
    kinds: [...new Set(kinds)],
    events: app.platform.events.pending.length,
  };
}

/** Jira was asked, and nothing else. */
const untouched = (code: string) => ({
  code,
  result: undefined,
  storageRequests: 0,
  kinds: ['jira'],
  events: 0,
});

describe('without permission nothing is read or written', () => {
  it.each([
    ['startIndexing', START],
    ['indexingProgress', { jobId: 'abc' }],
    ['search', { text: 'release' }],
    ['search', { text: 'release', library: 'rules' }],
    ['delete', { everything: true }],
    ['delete', { library: 'rules' }],
    ['delete', { library: 'rules', document: 'release.md' }],
  ])('%s %j is for admins of Jira', async (functionKey, payload) => {
    expect(await refusal(functionKey, payload, USER)).toEqual(untouched('not_permitted'));
  });

  it.each([
    ['startIndexing', {}],
    ['indexingProgress', { jobId: '../x' }],
    ['delete', { library: 5 }],
  ])('%s tells nobody else what is wrong with the payload', async (functionKey, payload) => {
    expect(await refusal(functionKey, payload, USER)).toEqual(untouched('not_permitted'));
  });

  it('search needs a project that its caller may browse', async () => {
    const foreign = { text: 'release', project: 'HR' };
    expect(await refusal('search', foreign, USER)).toEqual(untouched('project_unknown'));
    const own = { text: 'release', project: 'PAY' };
    expect(await refusal('search', own, STRANGER)).toEqual(untouched('project_unknown'));
  });

  it('a project that exists and one that does not are refused in the same words', async () => {
    const ask = async (project: string) =>
      (await app.call('search', { text: 'x', project }, USER)).error?.message;
    expect((await ask('HR'))?.replaceAll('HR', 'NOPE')).toBe(await ask('NOPE'));
  });

  it('promptSection needs an item that its caller may see', async () => {
    const payload = { issueKey: 'HR-1' };
    expect(await refusal('promptSection', payload, USER)).toEqual(untouched('issue_unknown'));
    const absent = { issueKey: 'PAY-999' };
    expect(await refusal('promptSection', absent, USER)).toEqual(untouched('issue_unknown'));
  });

  it('an admin who names an unknown project stages nothing', async () => {
    const payload = { ...START, projects: ['PAY', 'NOPE'] };
    expect(await refusal('startIndexing', payload, ADMIN)).toEqual(untouched('project_unknown'));
    // The provider's key is all there is.
    expect(await app.stored()).toMatchObject({ keys: 1 });
  });
});

describe('with permission', () => {
  it('an index is built, searched by those who may, and deleted to the last key', async () => {
    const started = await app.call('startIndexing', START);
    expect(started).toEqual({ ok: true, result: { jobId: expect.stringMatching(/^[0-9a-f]+$/) } });
    await app.platform.events.runUntilIdle();
    const progress = await app.call('indexingProgress', started.result);
    expect(progress.result).toMatchObject({ state: 'done', report: { indexed: 1, refused: [] } });

    const query = { text: 'Who approves a release?', project: 'PAY', k: 1 };
    const found = await app.call('search', query, USER);
    expect(found.result).toMatchObject({ applies: true, hits: [{ document: 'release.md' }] });
    // PAY's library is not HR's.
    const elsewhere = await app.call('search', { ...query, project: 'HR' }, ADMIN);
    expect(elsewhere.result).toEqual({ applies: false, hits: [] });

    const section = await app.call('promptSection', { issueKey: 'PAY-7' }, USER);
    expect(section.result).toMatchObject({
      applies: true,
      passages: [{ citation: 1, document: 'release.md' }],
    });
    expect(section.result.text).toContain('approval of two reviewers');

    const removed = await app.call('delete', { everything: true });
    expect(removed).toEqual({ ok: true, result: { deleted: 'everything', libraries: 1 } });
    expect(await app.stored()).toEqual({ keys: 0, bytes: 0 });
  });

  it('an item with an empty description is grounded by its summary', async () => {
    await app.call('startIndexing', START);
    await app.platform.events.runUntilIdle();
    const section = await app.call('promptSection', { issueKey: 'PAY-8' }, USER);
    expect(section.result).toMatchObject({ applies: true, passages: [{ document: 'release.md' }] });
  });

  it('another installation sees none of it and is not touched by its deletion', async () => {
    const other = { ...ADMIN, installation: 'other' };
    for (const as of [ADMIN, other]) {
      await app.storeKey(as.installation);
      await app.call('startIndexing', { ...START, library: `rules of ${as.installation}` }, as);
    }
    await app.platform.events.runUntilIdle();
    const query = { text: 'Who approves a release?', k: 5 };
    const libraries = async (as: Caller) => {
      const { result } = await app.call('search', query, as);
      return result.hits.map((hit: { library: string }) => hit.library);
    };
    expect(await libraries(ADMIN)).toEqual(['rules of acme']);
    expect(await libraries(other)).toEqual(['rules of other']);
    await app.call('delete', { everything: true });
    expect(await libraries(other)).toEqual(['rules of other']);
    expect((await app.stored('acme')).keys).toBe(0);
  });

  it("a job of one installation is unknown to the other's admin", async () => {
    const started = await app.call('startIndexing', START);
    const other = { ...ADMIN, installation: 'other' };
    const answer = await app.call('indexingProgress', started.result, other);
    expect(answer.error?.code).toBe('job_unknown');
  });
});
