/** What the page lists: libraries, their documents, and jobs. */
import { describe, expect, it } from 'vitest';
import { eachTestApp } from '../support/each-app';
import { given, type HandlerApp, LUNCH, RELEASE, resultOf } from '../support/handler-app';
import { liveTexts, REQUEST, rules, SECOND } from '../support/job-library';

let app: HandlerApp;
eachTestApp(async (fresh) => {
  app = fresh;
  await app.storeKey();
});

const libraries = async () => resultOf(await app.call('listLibraries', {})).libraries;
const documents = async (payload: object) =>
  resultOf(await app.call('listDocuments', { library: 'rules', ...payload }));

describe('listLibraries', () => {
  it('says of each what it holds, for whom, and by which model', async () => {
    expect(await libraries()).toEqual([]);
    await app.index({ ...REQUEST, projects: ['PAY'] }, [RELEASE, LUNCH]);
    await app.index({ library: 'other', embedder: 'openai', dimensions: 256 }, rules(3));
    expect(await libraries()).toEqual([
      {
        name: 'other',
        generation: 1,
        projects: 'all',
        embedder: 'openai',
        model: 'text-embedding-3-small',
        dimensions: 256,
        documents: 3,
        chunks: 3,
        needsReindex: null,
        canRestore: false,
      },
      {
        name: 'rules',
        generation: 1,
        projects: ['PAY'],
        embedder: 'openai',
        model: 'text-embedding-3-small',
        dimensions: 1536,
        documents: 2,
        chunks: 2,
        needsReindex: null,
        canRestore: false,
      },
    ]);
  });

  it('counts what is live after edits, deletions and restoring', async () => {
    await app.index(REQUEST, [RELEASE, LUNCH]);
    await app.index(REQUEST, SECOND);
    expect(await libraries()).toMatchObject([{ documents: 3, chunks: 3, canRestore: true }]);
    resultOf(await app.call('restoreLibrary', { library: 'rules' }));
    expect(await libraries()).toMatchObject([{ generation: 3, documents: 2, canRestore: true }]);
    expect((await liveTexts(app)).join()).toContain('two reviewers');
    resultOf(await app.call('delete', { library: 'rules', document: 'lunch.md' }));
    expect(await libraries()).toMatchObject([{ documents: 1, chunks: 1, canRestore: false }]);
    const nothing = await app.call('restoreLibrary', { library: 'rules' });
    expect(nothing.error?.code).toBe('nothing_to_restore');
    resultOf(await app.call('delete', { library: 'rules' }));
    expect(await libraries()).toEqual([]);
  });

  it('shows nothing of a library that is not published yet', async () => {
    await app.start(REQUEST, SECOND, { confirm: true });
    await app.deliver();
    expect(await libraries()).toEqual([]);
  });
});

describe('listDocuments', () => {
  it('gives them by name, two hundred a page', async () => {
    await app.index(REQUEST, rules(450));
    const names: string[] = [];
    let page = await documents({});
    const sizes = [page.documents.length];
    names.push(...page.documents.map(({ name }: { name: string }) => name));
    while (page.next !== undefined) {
      page = await documents({ after: page.next });
      sizes.push(page.documents.length);
      names.push(...page.documents.map(({ name }: { name: string }) => name));
    }
    expect(sizes).toEqual([200, 200, 50]);
    expect(names).toEqual([...names].sort());
    expect(new Set(names).size).toBe(450);
  });

  it('has no further page where the last one is full', async () => {
    await app.index(REQUEST, rules(200));
    const page = await documents({});
    expect(page.documents).toHaveLength(200);
    expect(page.next).toBeUndefined();
  });

  it('counts chunks, and knows edits and deletions', async () => {
    const long = given('long.md', `# Long\n\n${'A rule that goes on and on. '.repeat(300)}\n`);
    await app.index(REQUEST, [RELEASE, LUNCH, long]);
    const before = await documents({});
    expect(before.documents.map(({ name }: { name: string }) => name)).toEqual([
      'long.md',
      'lunch.md',
      'release.md',
    ]);
    expect(before.documents[0].chunks).toBeGreaterThan(3);
    resultOf(await app.call('delete', { library: 'rules', document: 'lunch.md' }));
    await app.index(REQUEST, [given('long.md', 'Short now.\n')]);
    expect(await documents({})).toEqual({
      documents: [
        { name: 'long.md', chunks: 1 },
        { name: 'release.md', chunks: 1 },
      ],
    });
    expect(await documents({ after: 'release.md' })).toEqual({ documents: [] });
  });
});

describe('listJobs', () => {
  it('gives the newest first, each as jobProgress does', async () => {
    const ids: string[] = [];
    for (const request of [REQUEST, { ...REQUEST, dimensions: 256 }, REQUEST]) {
      ids.push((await app.index(request, SECOND)).jobId);
      await app.clock.advance(60_000);
    }
    resultOf(await app.call('createJob', { library: 'new' }));
    const { jobs } = resultOf(await app.call('listJobs', {}));
    expect(jobs.map(({ state }: { state: string }) => state)).toEqual([
      'staging',
      'done',
      'failed',
      'done',
    ]);
    expect(jobs.slice(1).map(({ jobId }: { jobId: string }) => jobId)).toEqual(ids.reverse());
    expect(jobs[1]).toEqual(await app.progress(jobs[1].jobId));
  });

  it('gives the newest fifty', async () => {
    for (let n = 0; n < 53; n += 1) {
      resultOf(await app.call('createJob', { library: `library ${n}` }));
      await app.clock.advance(1_000);
    }
    const { jobs } = resultOf(await app.call('listJobs', {}));
    expect(jobs).toHaveLength(50);
    expect(jobs[0].library).toBe('library 52');
    expect(jobs.at(-1).library).toBe('library 3');
  });
});
