import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ADMIN, createHandlerApp, given, type HandlerApp } from '../support/handler-app';

let app: HandlerApp;
beforeAll(async () => {
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
  app = await createHandlerApp();
});
afterAll(async () => {
  vi.restoreAllMocks();
  await app.close();
});

/** Stands in every wrong value, and must stand in no answer. */
const MARK = 'Zebra-9';

const create = (fields: object) => ({ library: 'rules', ...fields });
const stage = (fields: object) => ({
  jobId: 'abc',
  call: 0,
  documents: [given('a', 'x')],
  ...fields,
});
const piece = (fields: object) =>
  stage({ documents: [given('a.md', 'x'), { ...given('b.md', 'y'), ...fields }] });
const without = (name: string) => {
  const { [name]: _, ...rest } = { ...given('b.md', 'y') } as Record<string, unknown>;
  return stage({ documents: [given('a.md', 'x'), rest] });
};
const start = (fields: object) => ({ jobId: 'abc', calls: 1, ...fields });

type Row = [functionKey: string, field: string, payload: unknown];

const JOB_CALLS = ['confirmJob', 'pauseJob', 'resumeJob', 'cancelJob', 'jobProgress'];

const ROWS: Row[] = [
  ['createJob', 'payload', MARK],
  // The package hands an absent payload on as an empty one.
  ['createJob', 'library', null],
  ['createJob', 'library', {}],
  ['createJob', 'library', create({ library: [MARK] })],
  ['createJob', 'library', create({ library: '   ' })],
  ['createJob', 'library', create({ library: MARK.repeat(20) })],
  ['createJob', 'projects', create({ projects: MARK })],
  ['createJob', 'projects', create({ projects: [] })],
  ['createJob', 'projects', create({ projects: Array(101).fill('PAY') })],
  ['createJob', 'projects.1', create({ projects: ['PAY', MARK] })],
  ['createJob', 'projects.0', create({ projects: ['PAY&permissions=x'] })],
  ['createJob', 'projects', create({ projects: [null] })],
  ['createJob', 'embedder', create({ embedder: MARK })],
  ['createJob', 'dimensions', create({ dimensions: MARK })],
  ['createJob', 'dimensions', create({ dimensions: 0 })],
  ['createJob', 'dimensions', create({ dimensions: 4097 })],
  ['createJob', 'dimensions', create({ dimensions: 1.5 })],
  ['createJob', 'sync', create({ sync: MARK })],
  ['createJob', 'rebuild', create({ rebuild: MARK })],
  ['createJob', 'documents', create({ documents: [] })],
  ['createJob', 'extra', create({ extra: MARK })],
  ['stageDocuments', 'jobId', stage({ jobId: `${MARK}/../catalogue` })],
  ['stageDocuments', 'jobId', stage({ jobId: undefined })],
  ['stageDocuments', 'call', stage({ call: -1 })],
  ['stageDocuments', 'call', stage({ call: 0.5 })],
  ['stageDocuments', 'call', stage({ call: MARK })],
  ['stageDocuments', 'call', stage({ call: 5_001 })],
  ['stageDocuments', 'call', stage({ call: undefined })],
  ['stageDocuments', 'documents', stage({ documents: undefined })],
  ['stageDocuments', 'documents', stage({ documents: MARK })],
  ['stageDocuments', 'documents', stage({ documents: [] })],
  ['stageDocuments', 'documents', stage({ documents: Array(501).fill(given('a.md', 'x')) })],
  ['stageDocuments', 'documents.0', stage({ documents: [null] })],
  ['stageDocuments', 'documents.1.name', piece({ name: [MARK] })],
  ['stageDocuments', 'documents.1.name', without('name')],
  ['stageDocuments', 'documents.1.name', piece({ name: 7 })],
  ['stageDocuments', 'documents.1.name', piece({ name: MARK.repeat(100) })],
  ['stageDocuments', 'documents.1.part', without('part')],
  ['stageDocuments', 'documents.1.part', piece({ part: -1 })],
  ['stageDocuments', 'documents.1.part', piece({ part: 1_001 })],
  ['stageDocuments', 'documents.1.parts', piece({ parts: 0 })],
  ['stageDocuments', 'documents.1.parts', piece({ parts: 1_001 })],
  ['stageDocuments', 'documents.1.parts', piece({ parts: 1.5 })],
  ['stageDocuments', 'documents.1.content', without('content')],
  ['stageDocuments', 'documents.1.content', piece({ content: `${MARK}!` })],
  ['stageDocuments', 'documents.1.content', piece({ content: 'YQ' })],
  ['stageDocuments', 'documents.1.extra', piece({ extra: MARK })],
  ['stageDocuments', 'extra', stage({ extra: MARK })],
  ['startJob', 'jobId', start({ jobId: MARK })],
  ['startJob', 'calls', start({ calls: -1 })],
  ['startJob', 'calls', start({ calls: 5_001 })],
  ['startJob', 'calls', start({ calls: undefined })],
  ['startJob', 'confirm', start({ confirm: MARK })],
  ['startJob', 'extra', start({ extra: MARK })],
  ...JOB_CALLS.flatMap((functionKey): Row[] => [
    [functionKey, 'jobId', undefined],
    [functionKey, 'jobId', {}],
    [functionKey, 'jobId', { jobId: `${MARK}/../catalogue` }],
    [functionKey, 'jobId', { jobId: 'a'.repeat(65) }],
    [functionKey, 'jobId', { jobId: { $ne: MARK } }],
    [functionKey, 'extra', { jobId: 'abc', extra: MARK }],
  ]),
  ['listJobs', 'extra', { extra: MARK }],
  ['listJobs', 'payload', MARK],
  ['listLibraries', 'extra', { extra: MARK }],
  ['listDocuments', 'library', {}],
  ['listDocuments', 'library', { library: [MARK] }],
  ['listDocuments', 'after', { library: 'rules', after: [MARK] }],
  ['listDocuments', 'extra', { library: 'rules', extra: MARK }],
  ['restoreLibrary', 'library', {}],
  ['restoreLibrary', 'extra', { library: 'rules', extra: MARK }],
  ['search', 'text', [MARK]],
  ['search', 'payload', MARK],
  ['search', 'text', {}],
  ['search', 'text', { text: { MARK } }],
  ['search', 'project', { text: 'a', project: MARK }],
  ['search', 'project', { text: 'a', project: 'pay' }],
  ['search', 'library', { text: 'a', library: '' }],
  ['search', 'k', { text: 'a', k: 0 }],
  ['search', 'k', { text: 'a', k: 101 }],
  ['search', 'k', { text: 'a', k: 2.5 }],
  ['search', 'k', { text: 'a', k: MARK }],
  ['search', 'extra', { text: 'a', extra: MARK }],
  ['promptSection', 'issueKey', {}],
  ['promptSection', 'issueKey', { issueKey: MARK }],
  ['promptSection', 'issueKey', { issueKey: 'PAY-07' }],
  ['promptSection', 'issueKey', { issueKey: 'PAY-7/../../x' }],
  ['promptSection', 'tokensEstimateMax', { issueKey: 'PAY-7', tokensEstimateMax: 50_001 }],
  ['promptSection', 'tokensEstimateMax', { issueKey: 'PAY-7', tokensEstimateMax: 1000.5 }],
  ['promptSection', 'extra', { issueKey: 'PAY-7', extra: MARK }],
  ['delete', 'payload', MARK],
  ['delete', 'library', {}],
  ['delete', 'library', { library: 5 }],
  ['delete', 'library', { document: MARK }],
  ['delete', 'document', { library: 'rules', document: [MARK] }],
  ['delete', 'everything', { everything: MARK }],
  ['delete', 'everything', { everything: false }],
  // Which of the two is meant is not for us to guess.
  ['delete', 'library', { everything: true, library: MARK }],
  ['delete', 'extra', { library: 'rules', extra: MARK }],
];

describe('a payload that is not as declared', () => {
  it.each(ROWS)('%s: %s (case %#)', async (functionKey, field, payload) => {
    app.platform.meter.reset();
    const answer = await app.call(functionKey, payload, ADMIN);
    expect(answer.error).toEqual({
      code: 'input_invalid',
      message: expect.stringMatching(/^[\w.]+: expected .+; correct it and call again$/),
      retryable: false,
      facts: { field },
    });
    expect(answer.error?.message).toMatch(new RegExp(`^${field}: `));
    expect(JSON.stringify(answer)).not.toContain(MARK);
    expect(app.platform.meter.snapshot().total.requests).toBe(0);
  });
});

describe('what passes the form and cannot be done', () => {
  it.each([
    ['search', { text: ' \n ' }, 'query_empty'],
    ['search', { text: MARK.repeat(8_000) }, 'query_too_long'],
    ['search', { text: 'a', library: 'none' }, 'library_unknown'],
    ['promptSection', { issueKey: 'PAY-7', tokensEstimateMax: 10 }, 'budget_too_small'],
    ['promptSection', { issueKey: 'PAY-7', tokensEstimateMax: -1 }, 'budget_too_small'],
    ...JOB_CALLS.map((functionKey): [string, object, string] => [
      functionKey,
      { jobId: 'abc' },
      'job_unknown',
    ]),
    ['stageDocuments', stage({}), 'job_unknown'],
    ['startJob', start({}), 'job_unknown'],
    ['listDocuments', { library: 'none' }, 'library_unknown'],
    ['restoreLibrary', { library: 'none' }, 'library_unknown'],
    ['delete', { library: 'none' }, 'library_unknown'],
    ['delete', { library: 'none', document: '' }, 'library_unknown'],
  ] as [string, object, string][])('%s (case %#)', async (functionKey, payload, code) => {
    const answer = await app.call(functionKey, payload, ADMIN);
    expect(answer.error?.code).toBe(code);
    expect(JSON.stringify(answer)).not.toContain(MARK);
  });

  it('five hundred pieces and names that no key could hold do pass', async () => {
    const documents = Array.from({ length: 500 }, (_, i) => given(`Räume/№ ${i}.md`, `Rule ${i}.`));
    const jobId = await app.start({ library: ' Règles / α ' }, documents, { perCall: 500 });
    expect(await app.progress(jobId)).toMatchObject({ state: 'queued', library: 'Règles / α' });
    expect((await app.keys(`t:${jobId}:i:0:`)).length).toBe(500);
  });
});
