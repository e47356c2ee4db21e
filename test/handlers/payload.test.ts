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

const start = (fields: object) => ({ library: 'rules', documents: [], ...fields });
const one = (document: object) => start({ documents: [given('a.md', 'x'), document] });

type Row = [functionKey: string, field: string, payload: unknown];

const ROWS: Row[] = [
  ['startIndexing', 'payload', MARK],
  // The package hands an absent payload on as an empty one.
  ['startIndexing', 'library', null],
  ['startIndexing', 'library', { documents: [] }],
  ['startIndexing', 'library', start({ library: [MARK] })],
  ['startIndexing', 'library', start({ library: '   ' })],
  ['startIndexing', 'library', start({ library: MARK.repeat(20) })],
  ['startIndexing', 'projects', start({ projects: MARK })],
  ['startIndexing', 'projects', start({ projects: [] })],
  ['startIndexing', 'projects', start({ projects: Array(501).fill('PAY') })],
  ['startIndexing', 'projects.1', start({ projects: ['PAY', MARK] })],
  ['startIndexing', 'projects.0', start({ projects: ['PAY&permissions=x'] })],
  ['startIndexing', 'projects', start({ projects: [null] })],
  ['startIndexing', 'embedder', start({ embedder: MARK })],
  ['startIndexing', 'dimensions', start({ dimensions: MARK })],
  ['startIndexing', 'dimensions', start({ dimensions: 0 })],
  ['startIndexing', 'dimensions', start({ dimensions: 4097 })],
  ['startIndexing', 'dimensions', start({ dimensions: 1.5 })],
  ['startIndexing', 'sync', start({ sync: MARK })],
  ['startIndexing', 'documents', { library: 'rules' }],
  ['startIndexing', 'documents', start({ documents: MARK })],
  ['startIndexing', 'documents', start({ documents: Array(1001).fill(given('a.md', 'x')) })],
  ['startIndexing', 'documents.1', one(null as unknown as object)],
  ['startIndexing', 'documents.1.name', one([MARK])],
  ['startIndexing', 'documents.1.name', one({ content: 'YQ==' })],
  ['startIndexing', 'documents.1.name', one({ name: 7, content: 'YQ==' })],
  ['startIndexing', 'documents.1.content', one({ name: 'b.md' })],
  ['startIndexing', 'documents.1.content', one({ name: 'b.md', content: `${MARK}!` })],
  ['startIndexing', 'documents.1.content', one({ name: 'b.md', content: 'YQ' })],
  ['startIndexing', 'documents.1.extra', one({ name: 'b.md', content: 'YQ==', extra: MARK })],
  ['startIndexing', 'extra', start({ extra: MARK })],
  ['indexingProgress', 'jobId', undefined],
  ['indexingProgress', 'jobId', {}],
  ['indexingProgress', 'jobId', { jobId: `${MARK}/../catalogue` }],
  ['indexingProgress', 'jobId', { jobId: 'a'.repeat(65) }],
  ['indexingProgress', 'extra', { jobId: 'abc', extra: MARK }],
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
    ['indexingProgress', { jobId: 'abc' }, 'job_unknown'],
    ['delete', { library: 'none' }, 'library_unknown'],
    ['delete', { library: 'none', document: '' }, 'library_unknown'],
  ])('%s (case %#)', async (functionKey, payload, code) => {
    const answer = await app.call(functionKey, payload, ADMIN);
    expect(answer.error?.code).toBe(code);
    expect(JSON.stringify(answer)).not.toContain(MARK);
  });

  it('a hundred documents and names that no key could hold do pass', async () => {
    const documents = Array.from({ length: 100 }, (_, i) => given(`Räume/№ ${i}.md`, `Rule ${i}.`));
    const answer = await app.call('startIndexing', { library: ' Règles / α ', documents });
    expect(answer.ok).toBe(true);
    expect((await app.keys('t:')).length).toBe(100);
    const progress = await app.call('indexingProgress', answer.result);
    expect(progress.result).toMatchObject({ state: 'queued', library: 'Règles / α', total: 100 });
  });
});
