/** Another model, other dimensions, another chunker: refused, or made anew from what is stored. */
import { describe, expect, it } from 'vitest';
import {
  catalogueValue,
  type Fingerprint,
  type LibraryEntry,
  loadCatalogue,
} from '../../src/index/catalogue';
import { CATALOGUE_ENTITY, CATALOGUE_KEY } from '../../src/index/keys';
import { eachTestApp } from '../support/each-app';
import { given, type HandlerApp, resultOf } from '../support/handler-app';
import {
  type LiveLibrary,
  liveLibrary,
  liveTexts,
  openLibrary,
  paidTexts,
  REQUEST,
  rules,
  SECOND,
} from '../support/job-library';
import { crashAt, mend } from '../support/job-stops';

const SMALLER = { ...REQUEST, dimensions: 512 };
const REBUILD = { ...SMALLER, rebuild: true };

let app: HandlerApp;
let live: LiveLibrary;
eachTestApp(async (fresh) => {
  app = fresh;
  live = await openLibrary(app);
});

const libraries = async () => resultOf(await app.call('listLibraries', {})).libraries;

/** Makes the library one that another version of the app has indexed. */
const indexedWith = (changes: Partial<Fingerprint>) =>
  app.inside(async ({ entities }) => {
    const { generation, libraries: entries } = await loadCatalogue(entities);
    const [library] = entries as [LibraryEntry];
    const changed = { ...library, fingerprint: { ...library.fingerprint, ...changes } };
    const value = catalogueValue({ generation: generation + 1, libraries: [changed] });
    const condition = { attribute: 'generation', equals: generation };
    const set = { entity: CATALOGUE_ENTITY, key: CATALOGUE_KEY, value, condition };
    expect(await entities.transact([set])).toBe(true);
  });

describe('a job with another fingerprint', () => {
  it.each([
    ['other dimensions', SMALLER, 'small:1536, this run has openai:text-embedding-3-small:512'],
    ['another embedder', { library: 'rules', embedder: 'builtin' }, 'embedder openai'],
  ])('by %s is refused before anything is embedded', async (_, request, words) => {
    const paid = paidTexts(app).length;
    const { state, error } = await app.index(request, SECOND);
    expect({ state, error }).toEqual({
      state: 'failed',
      error: { code: 'fingerprint_mismatch', message: expect.stringContaining(words) },
    });
    expect(error?.message).toContain('rebuild the library');
    expect(paidTexts(app)).toHaveLength(paid);
    expect(await liveLibrary(app)).toEqual(live);
  });

  it('that meets a library made meanwhile fails, and the library stays as it was made', async () => {
    crashAt(app, 'publish');
    const other = { library: 'new', embedder: 'openai', dimensions: 512 };
    const first = await app.start(other, SECOND);
    await app.deliverDue();
    mend(app);
    resultOf(await app.call('pauseJob', { jobId: first }));
    expect((await app.index({ ...other, dimensions: 256 }, rules(2))).state).toBe('done');
    resultOf(await app.call('resumeJob', { jobId: first }));
    await app.deliver();
    expect(await app.progress(first)).toMatchObject({
      state: 'failed',
      error: { code: 'fingerprint_mismatch' },
    });
    expect(await libraries()).toMatchObject([
      { name: 'new', dimensions: 256, documents: 2, needsReindex: null },
      { name: 'rules', dimensions: 1536 },
    ]);
    resultOf(await app.call('cancelJob', { jobId: first }));
    await app.deliver();
    expect(await app.keys('t:')).toEqual([]);
  });
});

describe('a rebuild', () => {
  it('embeds all documents anew from their stored texts, given none of them', async () => {
    const paid = paidTexts(app).length;
    const view = await app.index(REBUILD, []);
    expect(view).toMatchObject({
      state: 'done',
      generation: 2,
      documents: { total: 0, indexed: 0 },
      chunks: { total: 2, reused: 0, embedded: 2 },
    });
    expect(paidTexts(app).slice(paid).sort()).toEqual(paidTexts(app).slice(0, paid).sort());
    expect((await liveLibrary(app)).found).toHaveLength(2);
    expect(await liveTexts(app)).toEqual(
      live.found.map(({ document, text }) => [document, text]).sort(),
    );
    expect(await libraries()).toMatchObject([
      { dimensions: 512, documents: 2, needsReindex: null, canRestore: true },
    ]);
    expect(await app.keys('t:')).toEqual([]);
  });

  it('leaves the generation before in service until it has published', async () => {
    crashAt(app, 'publish');
    const jobId = await app.start(REBUILD, []);
    await app.deliverDue();
    mend(app);
    expect((await liveLibrary(app)).found).toEqual(live.found);
    expect(await libraries()).toMatchObject([{ dimensions: 1536, generation: 1 }]);
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({ state: 'done', generation: 2 });
    expect(await libraries()).toMatchObject([{ dimensions: 512, generation: 2 }]);
  });

  it('takes documents that are given, and keeps the others', async () => {
    const view = await app.index(REBUILD, SECOND.slice(0, 1));
    expect(view).toMatchObject({
      state: 'done',
      documents: { total: 1, indexed: 1 },
      chunks: { total: 2, embedded: 2 },
    });
    expect(await liveTexts(app)).toMatchObject([
      ['lunch.md', expect.stringContaining('soup')],
      ['release.md', expect.stringContaining('three reviewers')],
    ]);
  });

  it('that synchronises keeps only what is given', async () => {
    const view = await app.index({ ...REBUILD, sync: true }, SECOND.slice(0, 1));
    expect(view).toMatchObject({ state: 'done', documents: { deleted: 1 }, chunks: { total: 1 } });
    expect((await liveTexts(app)).map(([name]) => name)).toEqual(['release.md']);
  });

  it('that is cancelled leaves the library as it was', async () => {
    crashAt(app, 'publish');
    const jobId = await app.start(REBUILD, []);
    await app.deliverDue();
    mend(app);
    resultOf(await app.call('cancelJob', { jobId }));
    await app.deliver();
    expect(await liveLibrary(app)).toEqual(live);
    expect(await app.keys('t:')).toEqual([]);
  });

  it('is taken back by restoring the generation before, with its own fingerprint', async () => {
    await app.index(REBUILD, []);
    expect(resultOf(await app.call('restoreLibrary', { library: 'rules' }))).toEqual({
      generation: 3,
    });
    expect(await libraries()).toMatchObject([{ dimensions: 1536, generation: 3 }]);
    expect((await liveLibrary(app)).found).toEqual(live.found);
  });

  it('asks first where that is wanted, with what all chunks will cost', async () => {
    const jobId = await app.start(REBUILD, [], { confirm: true });
    await app.deliver();
    expect(await app.progress(jobId)).toMatchObject({
      state: 'planned',
      estimate: { chunksToEmbed: 2 },
    });
  });

  it('of many documents goes page by page, and counts every chunk once', async () => {
    await app.index({ library: 'many', embedder: 'openai', dimensions: 256 }, rules(250));
    const paid = paidTexts(app).length;
    const request = { library: 'many', embedder: 'openai', dimensions: 128, rebuild: true };
    const view = await app.index(request, [given('rule-7.md', 'Rule 7 is no more.\n')]);
    expect(view).toMatchObject({ state: 'done', chunks: { total: 250, embedded: 250 } });
    expect(paidTexts(app)).toHaveLength(paid + 250);
    expect(await libraries()).toMatchObject([{ name: 'many', documents: 250 }, { name: 'rules' }]);
  });
});

describe('a library of another version of the app', () => {
  it('cut by another chunker serves, says so, and wants its documents again', async () => {
    await indexedWith({ chunkerVersion: 0 });
    expect(await libraries()).toMatchObject([
      { needsReindex: { field: 'chunkerVersion', found: 0, expected: expect.any(Number) } },
    ]);
    expect((await liveLibrary(app)).found).toEqual(live.found);
    const refused = await app.index(REQUEST, SECOND);
    expect(refused.error?.code).toBe('fingerprint_mismatch');
    const kept = await app.index({ ...REQUEST, rebuild: true }, []);
    expect(kept.error).toMatchObject({
      code: 'fingerprint_mismatch',
      message: expect.stringContaining('Give all documents'),
    });
    const given = await app.index({ ...REQUEST, rebuild: true, sync: true }, SECOND);
    expect(given).toMatchObject({ state: 'done', generation: 2 });
    expect(await libraries()).toMatchObject([{ needsReindex: null, documents: 3 }]);
  });

  it.each([
    ['embedder', 'gemini'],
    ['model', 'text-embedding-2'],
  ] as const)(
    'by an %s that is no more is listed, and rebuilt by one that is',
    async (field, found) => {
      await indexedWith({ [field]: found });
      expect(await libraries()).toMatchObject([{ name: 'rules', needsReindex: { field, found } }]);
      expect((await app.index({ library: 'rules' }, SECOND)).error?.code).toBe(
        'fingerprint_mismatch',
      );
      const view = await app.index({ ...REQUEST, rebuild: true }, []);
      expect(view).toMatchObject({ state: 'done', generation: 2 });
      expect(await libraries()).toMatchObject([{ needsReindex: null }]);
      expect(resultOf(await app.call('listJobs', {})).jobs).toHaveLength(3);
    },
  );
});
