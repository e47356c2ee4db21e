/** Documents on their way into a job: calls repeated, missing, out of order, and in pieces. */
import { describe, expect, it } from 'vitest';
import { rankChunks } from '../../src/retrieval/search';
import { eachTestApp } from '../support/each-app';
import {
  given,
  type HandlerApp,
  inPieces,
  LUNCH,
  RELEASE,
  resultOf,
  type SentPiece,
} from '../support/handler-app';
import { liveTexts, REQUEST, rules } from '../support/job-library';
import { mend } from '../support/job-stops';

let app: HandlerApp;
eachTestApp(async (fresh) => {
  app = fresh;
  await app.storeKey();
});

const create = async (): Promise<string> => resultOf(await app.call('createJob', REQUEST)).jobId;
const stage = (jobId: string, call: number, documents: readonly SentPiece[]) =>
  app.call('stageDocuments', { jobId, call, documents });
/** Stages the calls under their numbers, starts the job and says what came of it. */
async function run(calls: readonly (readonly SentPiece[])[], order = [...calls.keys()]) {
  const jobId = await create();
  for (const call of order) resultOf(await stage(jobId, call, calls[call] ?? []));
  resultOf(await app.call('startJob', { jobId, calls: calls.length, confirm: false }));
  await app.deliver();
  return app.progress(jobId);
}

const LONG = `# Räume\n\n${'Der Raum № 4 ist für alle. '.repeat(11_000)}\n`;

describe('a document', () => {
  it('in pieces over several calls, in any order, is the document that was sent', async () => {
    const pieces = inPieces('lang.txt', LONG, 90_000);
    expect(pieces.length).toBe(4);
    const calls = [
      [pieces[2], RELEASE],
      [pieces[0]],
      [LUNCH, pieces[3], pieces[1]],
    ] as SentPiece[][];
    const view = await run(calls, [2, 0, 1]);
    expect(view).toMatchObject({ state: 'done', documents: { total: 3, indexed: 3, refused: 0 } });
    const query = { text: 'Raum', scope: { library: 'rules' }, k: 100 };
    const hits = await app.inside((platform) => rankChunks(platform, query));
    const own = hits.filter(({ document }) => document === 'lang.txt');
    expect(own.length).toBeGreaterThan(50);
    for (const { start, end, text } of own) expect(LONG.slice(start, end)).toBe(text);
    expect(await app.keys('t:')).toEqual([]);
  });

  it('larger than a value is stored in several, and leaves none of them', async () => {
    const jobId = await create();
    resultOf(await stage(jobId, 0, [given('lang.txt', LONG)]));
    expect(await app.keys(`t:${jobId}:i:0:`)).toHaveLength(3);
    resultOf(await app.call('startJob', { jobId, calls: 1, confirm: false }));
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', documents: { indexed: 1 } });
    expect(await app.keys('t:')).toEqual([]);
  });

  it('of which a piece is missing is refused, and the others are taken', async () => {
    const [first, , third] = inPieces('lang.txt', LONG, 150_000);
    const view = await run([[first as SentPiece, RELEASE], [third as SentPiece]]);
    expect(view).toMatchObject({
      state: 'done',
      documents: { total: 2, indexed: 1, refused: 1 },
      refused: [
        {
          document: 'lang.txt',
          code: 'document_incomplete',
          message: expect.stringContaining('Give it again'),
        },
      ],
    });
  });

  it('given twice is taken once and refused once', async () => {
    const other = given('release.md', '# Release rules\n\nNobody approves a release.\n');
    const view = await run([[RELEASE, LUNCH], [other]]);
    expect(view).toMatchObject({
      state: 'done',
      documents: { total: 3, indexed: 2, refused: 1 },
      refused: [{ document: 'release.md', code: 'document_duplicate' }],
    });
    expect((await liveTexts(app))[1]?.[1]).toContain('two reviewers');
    expect(await app.keys('t:')).toEqual([]);
  });

  it('whole and in pieces under one name is never a mixture of the two', async () => {
    const pieces = inPieces('a.txt', 'The first of two documents of one name.', 30);
    const whole = given('a.txt', 'The second of them.');
    const view = await run([[pieces[0] as SentPiece], [whole], [pieces[1] as SentPiece]]);
    expect(view).toMatchObject({ documents: { total: 2, indexed: 1, refused: 1 } });
    expect(await liveTexts(app)).toEqual([['a.txt', 'The first of two documents of one name.']]);
  });

  it('that cannot be taken is refused by name; counts add up', async () => {
    const view = await run([
      [
        RELEASE,
        given('scan.md', '%PDF-1'),
        given('empty.md', ''),
        given('table.xlsx', 'a,b'),
        { name: 'a/b\u0000', part: 0, parts: 1, content: 'YQ==' },
      ],
    ]);
    const { total, indexed, unchanged, refused } = view.documents;
    expect(indexed + unchanged + refused).toBe(total);
    expect(view.refused.map(({ code }) => code)).toEqual([
      'document_binary',
      'document_empty',
      'document_format_unknown',
      'document_name_invalid',
    ]);
  });

  it('refused with a thousand others of long names is counted, and the first are named', async () => {
    const names = Array.from({ length: 1_000 }, (_, i) => `${i}-${'規'.repeat(390)}.md`);
    const empty = names.map((name) => given(name, ''));
    const jobId = await app.start(REQUEST, [RELEASE, ...empty], { perCall: 300 });
    await app.deliver();
    const view = await app.progress(jobId);
    expect(view).toMatchObject({ state: 'done', documents: { indexed: 1, refused: 1_000 } });
    expect(view.refused.length).toBeGreaterThan(20);
    expect(view.refused.length).toBeLessThanOrEqual(100);
    expect(view.refused.map(({ document }) => document)).toEqual(
      names.slice(0, view.refused.length),
    );
  });
});

describe('a call', () => {
  it('repeated under its number changes nothing', async () => {
    const jobId = await create();
    for (let time = 0; time < 3; time += 1) resultOf(await stage(jobId, 0, [RELEASE, LUNCH]));
    resultOf(await app.call('startJob', { jobId, calls: 1, confirm: false }));
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({
      state: 'done',
      documents: { total: 2, indexed: 2, refused: 0 },
    });
  });

  it('that never came fails the job before anything is embedded', async () => {
    const jobId = await create();
    resultOf(await stage(jobId, 0, [RELEASE]));
    resultOf(await stage(jobId, 2, [LUNCH]));
    resultOf(await app.call('startJob', { jobId, calls: 3, confirm: false }));
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({
      state: 'failed',
      phase: 'plan',
      error: { code: 'staging_incomplete', message: expect.stringContaining('Give the documents') },
    });
    expect(app.server.requests).toEqual([]);
    resultOf(await app.call('cancelJob', { jobId }));
    await app.deliver();
    expect(await app.keys('t:')).toEqual([]);
  });

  it('that failed half way is not there, and is there when it is repeated', async () => {
    const jobId = await create();
    const action = { type: 'fail', status: 500, code: 'INTERNAL' } as const;
    const path = '/api/v1/batch/set';
    app.platform.calls.setFaults([{ match: { kind: 'kvs', path }, nth: 2, action }]);
    const failed = await stage(jobId, 0, rules(60));
    expect(failed.error).toMatchObject({ code: 'store_unavailable', retryable: true });
    expect(await app.keys(`t:${jobId}:i:0:`)).not.toEqual([]);
    mend(app);
    resultOf(await stage(jobId, 0, rules(60)));
    resultOf(await app.call('startJob', { jobId, calls: 1, confirm: false }));
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', documents: { indexed: 60 } });
    expect(await app.keys('t:')).toEqual([]);
  });

  it('to start that found no queue may be repeated, or the trigger starts the job', async () => {
    for (const isRepeated of [true, false]) {
      const jobId = await create();
      resultOf(await stage(jobId, 0, [isRepeated ? RELEASE : LUNCH]));
      const action = { type: 'fail', status: 429, code: 'RATE' } as const;
      app.platform.calls.setFaults([{ match: { kind: 'events' }, action }]);
      const start = { jobId, calls: 1, confirm: false };
      const refused = await app.call('startJob', start);
      expect(refused.error).toMatchObject({ code: 'queue_throttled', retryable: true });
      expect(await app.progress(jobId)).toMatchObject({ state: 'queued' });
      mend(app);
      if (isRepeated) resultOf(await app.call('startJob', start));
      await app.platform.runFor(11 * 60_000, { installations: ['acme'] });
      expect(await app.progress(jobId)).toMatchObject({ state: 'done' });
    }
    expect(await liveTexts(app)).toHaveLength(2);
  });

  it('to start twice starts one job', async () => {
    const jobId = await app.start(REQUEST, [RELEASE]);
    resultOf(await app.call('startJob', { jobId, calls: 1, confirm: false }));
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 1 });
    expect(app.embeddedTexts()).toHaveLength(1);
    const again = await app.call('startJob', { jobId, calls: 1, confirm: false });
    expect(again.error?.code).toBe('job_state');
  });
});

it('a job without documents makes no library', async () => {
  expect(await run([])).toMatchObject({ state: 'done', documents: { total: 0 } });
  expect(resultOf(await app.call('listLibraries', {}))).toEqual({ libraries: [] });
  expect(await app.keys('l:')).toEqual([]);
});
