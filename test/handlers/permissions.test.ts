import { describe, expect, it } from 'vitest';
import { resolverDefinitions } from '../../src/handlers/resolver';
import { eachTestApp } from '../support/each-app';
import {
  ADMIN,
  type Caller,
  type HandlerApp,
  RELEASE,
  resultOf,
  STRANGER,
  USER,
} from '../support/handler-app';

let app: HandlerApp;
eachTestApp(async (fresh) => {
  app = fresh;
  await app.storeKey();
});

const REQUEST = { library: 'rules', projects: ['PAY'], embedder: 'openai' };
const JOB = { jobId: 'abc' };

/** Calls that are for admins of Jira, each with a payload that an admin may send. */
const FOR_ADMINS: [functionKey: string, payload: object][] = [
  ['createJob', REQUEST],
  ['stageDocuments', { ...JOB, call: 0, documents: [RELEASE] }],
  ['startJob', { ...JOB, calls: 1, confirm: false }],
  ['confirmJob', JOB],
  ['pauseJob', JOB],
  ['resumeJob', JOB],
  ['cancelJob', JOB],
  ['jobProgress', JOB],
  ['listJobs', {}],
  ['listLibraries', {}],
  ['listDocuments', { library: 'rules' }],
  ['restoreLibrary', { library: 'rules' }],
  ['setGoldenQuestions', { library: 'rules', questions: [] }],
  ['listGoldenQuestions', { library: 'rules' }],
  ['deleteGoldenQuestions', { library: 'rules' }],
  ['runGoldenQuestions', { library: 'rules' }],
  ['search', { text: 'release' }],
  ['search', { text: 'release', library: 'rules' }],
  ['delete', { everything: true }],
  ['delete', { library: 'rules' }],
  ['delete', { library: 'rules', document: 'release.md' }],
];
/** Calls that ask Jira what their caller may see. */
const FOR_USERS = ['search', 'promptSection'];

it('every call that a page can make is listed here', () => {
  const definitions = resolverDefinitions(() => app.ports());
  const listed = new Set([...FOR_ADMINS.map(([functionKey]) => functionKey), ...FOR_USERS]);
  expect(Object.keys(definitions).sort()).toEqual([...listed].sort());
});

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
  it.each(FOR_ADMINS)('%s %j is for admins of Jira', async (functionKey, payload) => {
    for (const caller of [USER, STRANGER]) {
      expect(await refusal(functionKey, payload, caller)).toEqual(untouched('not_permitted'));
    }
  });

  it.each(
    [...new Set(FOR_ADMINS.map(([functionKey]) => functionKey))]
      .filter((functionKey) => functionKey !== 'search')
      .map((functionKey) => [functionKey]),
  )('%s tells nobody else what is wrong with the payload', async (functionKey) => {
    for (const payload of [{}, { jobId: '../x', library: 5, extra: true }]) {
      expect(await refusal(functionKey, payload, USER)).toEqual(untouched('not_permitted'));
    }
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

  it('an admin who names an unknown project makes no job', async () => {
    const payload = { ...REQUEST, projects: ['PAY', 'NOPE'] };
    expect(await refusal('createJob', payload, ADMIN)).toEqual(untouched('project_unknown'));
    // The provider's key is all there is.
    expect(await app.stored()).toMatchObject({ keys: 1 });
  });

  it('an admin who has lost the permission cannot go on with a job', async () => {
    const jobId = await app.start(REQUEST, [RELEASE], { confirm: true });
    await app.deliver();
    for (const control of ['confirmJob', 'pauseJob', 'resumeJob', 'cancelJob', 'jobProgress']) {
      expect(await refusal(control, { jobId }, USER)).toEqual(untouched('not_permitted'));
    }
    expect(await app.progress(jobId)).toMatchObject({ state: 'planned' });
  });
});

describe('with permission', () => {
  it('an index is built, searched by those who may, and deleted to the last key', async () => {
    const created = await app.call('createJob', REQUEST);
    expect(created).toEqual({ ok: true, result: { jobId: expect.stringMatching(/^[0-9a-f]+$/) } });
    const { jobId } = created.result;
    const staged = { jobId, call: 0, documents: [RELEASE] };
    expect(await app.call('stageDocuments', staged)).toEqual({
      ok: true,
      result: { documents: 1 },
    });
    const start = { jobId, calls: 1, confirm: false };
    expect(await app.call('startJob', start)).toEqual({ ok: true, result: {} });
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({
      state: 'done',
      documents: { indexed: 1, refused: 0 },
    });

    const query = { text: 'Who approves a release?', project: 'PAY', k: 1 };
    const found = await app.call('search', query, USER);
    expect(found.result).toMatchObject({ applies: true, hits: [{ document: 'release.md' }] });
    // PAY's library is not HR's.
    const elsewhere = await app.call('search', { ...query, project: 'HR' }, ADMIN);
    expect(elsewhere.result).toEqual({ applies: false, hits: [], notes: [] });

    const section = await app.call('promptSection', { issueKey: 'PAY-7' }, USER);
    expect(section.result).toMatchObject({
      applies: true,
      passages: [{ citation: 1, document: 'release.md' }],
    });
    expect(section.result.text).toContain('approval of two reviewers');

    const removed = await app.call('delete', { everything: true });
    expect(removed).toMatchObject({ ok: true, result: { deleted: 'everything', libraries: 1 } });
    expect(await app.stored()).toEqual({ keys: 0, bytes: 0 });
  });

  it('an item with an empty description is grounded by its summary', async () => {
    await app.index(REQUEST, [RELEASE]);
    const section = await app.call('promptSection', { issueKey: 'PAY-8' }, USER);
    expect(section.result).toMatchObject({ applies: true, passages: [{ document: 'release.md' }] });
  });
});

describe('another installation', () => {
  const other = { ...ADMIN, installation: 'other' };

  it('sees none of it and is not touched by its deletion', async () => {
    for (const as of [ADMIN, other]) {
      await app.storeKey(as.installation);
      await app.start({ ...REQUEST, library: `rules of ${as.installation}` }, [RELEASE], { as });
    }
    await app.deliver();
    const query = { text: 'Who approves a release?', k: 5 };
    const libraries = async (as: Caller) => {
      const { hits } = resultOf(await app.call('search', query, as));
      return hits.map((hit: { library: string }) => hit.library);
    };
    expect(await libraries(ADMIN)).toEqual(['rules of acme']);
    expect(await libraries(other)).toEqual(['rules of other']);
    for (const as of [ADMIN, other]) {
      const listed = resultOf(await app.call('listLibraries', {}, as)).libraries;
      expect(listed.map(({ name }: { name: string }) => name)).toEqual(await libraries(as));
      expect(resultOf(await app.call('listJobs', {}, as)).jobs).toHaveLength(1);
    }
    await app.call('delete', { everything: true });
    expect(await libraries(other)).toEqual(['rules of other']);
    expect((await app.stored('acme')).keys).toBe(0);
  });

  it('knows no job of this one, and can do nothing to it', async () => {
    const jobId = await app.start(REQUEST, [RELEASE]);
    for (const control of ['jobProgress', 'pauseJob', 'resumeJob', 'cancelJob', 'confirmJob']) {
      expect((await app.call(control, { jobId }, other)).error?.code).toBe('job_unknown');
    }
    const staged = { jobId, call: 1, documents: [RELEASE] };
    expect((await app.call('stageDocuments', staged, other)).error?.code).toBe('job_unknown');
    const start = { jobId, calls: 1, confirm: false };
    expect((await app.call('startJob', start, other)).error?.code).toBe('job_unknown');
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done' });
  });
});
