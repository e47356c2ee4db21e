import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FaultRule } from '../../emulator/faults';
import { loadCatalogue } from '../../src/index/catalogue';
import { deleteDocument } from '../../src/index/delete';
import { openJob, stageDocuments } from '../../src/jobs/control-job';
import { deleteEverything, deleteLibrary } from '../../src/jobs/delete-all';
import { findJob, listJobIds } from '../../src/jobs/job-store';
import { codeRejectedBy } from '../support/error-code';
import {
  DOCUMENTS_KEY,
  type IndexSite,
  keysLike,
  LIST_KEY,
  openIndexSite,
  RECORD_KEY,
  TOMBSTONES_KEY,
} from '../support/index-site';

const SECRET = 'provider-key:openai';
const RULES = {
  'release.md': 'Reviewers approve releases.',
  'secret.md': 'Zanzibar is the marker of this text.',
  'tests.md': 'Every change has tests.',
};

let site: IndexSite;
beforeEach(async () => {
  site = await openIndexSite();
  await site.index(RULES);
  await site.index({ 'other.md': 'Other libraries stay.' }, { library: 'other' });
});
afterEach(() => site.close());

const removeDocument = (document: string, library = 'rules') =>
  site.run((platform) => deleteDocument(platform, { library, document }));
const removeLibrary = (name: string) => site.run((platform) => deleteLibrary(platform, name));
const removeEverything = () => site.run((platform) => deleteEverything(platform, [SECRET]));
const failing = (path: string, nth?: number): FaultRule[] => [
  {
    match: { kind: 'kvs', path },
    action: { type: 'fail', status: 503, code: 'SERVICE_UNAVAILABLE' },
    ...(nth === undefined ? {} : { nth }),
  },
];

/** So many documents that one more or less leaves the others in their segment. */
function manyRules(): Record<string, string> {
  return Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`rule ${i}.md`, `Rule ${i} holds on weekdays.`]),
  );
}

/** Begins a job whose function dies right before its publish. */
async function interrupt(texts: Record<string, string>, library = 'rules'): Promise<void> {
  const beforePublish = async () =>
    site.local.calls.setFaults([{ match: () => true, action: { type: 'crash-before' } }]);
  await expect(site.index(texts, { library, beforePublish })).rejects.toThrow();
  site.local.calls.setFaults([]);
}

const jobs = () =>
  site.run(async ({ kv, entities }) =>
    Promise.all((await listJobIds(kv)).map((jobId) => findJob(entities, jobId))),
  );

/** Keys of a library, its manifest included. */
async function keysOf(library: string): Promise<string[]> {
  const { libraries } = await site.run((platform) => loadCatalogue(platform.entities));
  const id = libraries.find(({ name }) => name === library)?.id ?? 'none';
  return (await site.keys()).filter((key) => key.includes(id));
}

describe('deleting a document', () => {
  it('takes its text, its name and its hits away at once and leaves the others', async () => {
    expect(await removeDocument('secret.md')).toEqual({ generation: 2, chunks: 1 });
    const stored = await site.storedText();
    expect(stored).not.toContain('Zanzibar');
    expect(stored).not.toContain('secret.md');
    const hits = await site.rank('Zanzibar marker', { library: 'rules' }, 10);
    expect(hits.map(({ document }) => document).sort()).toEqual(['release.md', 'tests.md']);
    for (const [name, text] of Object.entries(RULES)) {
      if (name !== 'secret.md')
        expect((await site.rank(text))[0]).toMatchObject({ document: name, text });
    }
    // The manifest, two records, and a list, words, a document table and tombstones.
    expect(await keysOf('rules')).toHaveLength(1 + 2 + 4);
  });

  it('takes away the versions that the generation before still held', async () => {
    await site.index({ ...RULES, 'secret.md': 'Mombasa replaced it.' });
    expect(await site.storedText()).toContain('Zanzibar');
    await removeDocument('secret.md');
    expect(await site.storedText()).not.toMatch(/Zanzibar|Mombasa|secret\.md/);
  });

  it('is at once also by synchronising', async () => {
    const { 'secret.md': _, ...rest } = RULES;
    await site.index(rest, { sync: true });
    expect(await site.storedText()).not.toContain('Zanzibar');
    expect((await site.rank('reviewers'))[0]?.document).toBe('release.md');
  });

  it('takes away a document that only the generation before still holds', async () => {
    const { 'secret.md': _, ...rest } = RULES;
    site.local.calls.setFaults(failing('/api/v1/batch/delete'));
    await site.index(rest, { sync: true });
    site.local.calls.setFaults([]);
    expect(await site.storedText()).toContain('Zanzibar');
    expect(await removeDocument('secret.md')).toEqual({ generation: 2, chunks: 1 });
    expect(await site.storedText()).not.toContain('Zanzibar');
    expect((await site.rank('reviewers'))[0]?.document).toBe('release.md');
    expect(await codeRejectedBy(removeDocument('secret.md'))).toBe('document_unknown');
  });

  it('works down to the last document, and the library takes documents again', async () => {
    for (const name of Object.keys(RULES)) await removeDocument(name);
    expect(await keysOf('rules')).toHaveLength(1);
    expect(await site.rank('reviewers', { library: 'rules' })).toEqual([]);
    expect(await site.index(RULES)).toMatchObject({ generation: 5, indexed: 3, chunks: 3 });
    expect((await site.rank('Zanzibar'))[0]?.document).toBe('secret.md');
  });

  it('names what it does not know', async () => {
    const keys = await site.keys();
    expect(await codeRejectedBy(removeDocument('absent.md'))).toBe('document_unknown');
    expect(await codeRejectedBy(removeDocument('other.md'))).toBe('document_unknown');
    expect(await codeRejectedBy(removeDocument('release.md', 'absent'))).toBe('library_unknown');
    expect(await site.keys()).toEqual(keys);
  });

  it('finds the right rows of documents with many chunks', async () => {
    const long = (word: string) =>
      Array.from(
        { length: 8 },
        (_, i) => `# ${word} ${i}\n\n${`${word}${i} holds. `.repeat(60)}`,
      ).join('\n\n');
    await site.index({ 'a.md': long('alpha'), 'b.md': long('bravo'), 'c.md': long('charlie') });
    await removeDocument('b.md');
    for (const word of ['alpha3', 'charlie0', 'charlie7']) {
      const [hit] = await site.rank(word);
      expect(hit?.text).toContain(word);
    }
    expect(await site.storedText()).not.toContain('bravo');
  });

  it('that fails before its publish changes nothing and leaves nothing', async () => {
    const stored = await site.storedText();
    for (const path of ['/api/v1/batch/set', '/api/v1/entity/get', '/api/v1/batch/get']) {
      site.local.calls.setFaults(failing(path));
      await expect(removeDocument('secret.md')).rejects.toThrow();
      site.local.calls.setFaults([]);
      expect(await site.storedText()).toBe(stored);
    }
  });

  it('that fails while it sweeps can be repeated until the text is gone', async () => {
    for (let nth = 1; nth <= 3; nth += 1) {
      await site.index({ 'secret.md': `Zanzibar number ${nth}.` });
      site.local.calls.setFaults(failing('/api/v1/batch/delete', nth));
      expect(await codeRejectedBy(removeDocument('secret.md'))).toBe('store_unavailable');
      site.local.calls.setFaults([]);
      await removeDocument('secret.md').catch(() => undefined);
      expect(await site.storedText()).not.toMatch(/Zanzibar|secret\.md/);
    }
  });

  it('that failed while it swept is finished by the next job', async () => {
    site.local.calls.setFaults(failing('/api/v1/batch/delete'));
    expect(await codeRejectedBy(removeDocument('secret.md'))).toBe('store_unavailable');
    site.local.calls.setFaults([]);
    expect((await site.rank('Zanzibar', 'all', 10)).map(({ document }) => document)).not.toContain(
      'secret.md',
    );
    await site.index({ 'new.md': 'A new rule.' });
    expect(await site.storedText()).not.toContain('Zanzibar');
  });
});

describe('deleting a library', () => {
  it('leaves no key of it and no word, and the other libraries as they were', async () => {
    const others = await keysOf('other');
    await site.index({ ...RULES, 'secret.md': 'Zanzibar, second version.' });
    const own = await keysOf('rules');
    const leases = await site.leases();
    await removeLibrary('rules');
    const keys = await site.keys();
    for (const key of own) expect(keys).not.toContain(key);
    expect([leases.length, (await site.leases()).length]).toEqual([2, 1]);
    expect(await site.storedText()).not.toMatch(/Zanzibar|release\.md|"rules"/);
    expect(await keysOf('other')).toEqual(others);
    expect((await site.rank('libraries'))[0]?.document).toBe('other.md');
    expect(await codeRejectedBy(removeLibrary('rules'))).toBe('library_unknown');
    expect(await site.index(RULES)).toMatchObject({ generation: 1, indexed: 3 });
  });

  it('removes what an interrupted job had written', async () => {
    const others = await keysOf('other');
    await interrupt({ 'x.md': 'Kinshasa was never published.' });
    expect(await site.storedText()).toContain('Kinshasa');
    await removeLibrary('rules');
    const stored = await site.storedText();
    expect(stored).not.toContain('Kinshasa');
    expect(stored).not.toContain(Buffer.from('Kinshasa was').toString('base64'));
    expect((await site.keys()).filter((key) => /^plain\/\/[tl]:/.test(key))).toEqual(
      others.filter((key) => key.startsWith('plain/')),
    );
    // What it was is still told, for as long as jobs are kept.
    const [job] = await jobs();
    expect(job?.state).toMatchObject({
      state: 'failed',
      isClean: true,
      error: { code: 'library_deleted' },
    });
  });

  it('leaves a job alone that has not come to plan from it', async () => {
    const open = (library: string) =>
      site.run(async (platform) => {
        const wish = { kind: 'index', projects: null, embedder: null, dimensions: null } as const;
        const jobId = await openJob(platform, { ...wish, library, sync: false, rebuild: false });
        const content = Buffer.from('Waits for its start.').toString('base64');
        await stageDocuments(platform, jobId, 0, [{ name: 'x.md', part: 0, parts: 1, content }]);
        return jobId;
      });
    const ids = [await open('rules'), await open('other')];
    await removeLibrary('rules');
    const left = await jobs();
    expect(left.map(({ jobId }) => jobId).sort()).toEqual(ids.sort());
    expect(left.map(({ state }) => state.state)).toEqual(['staging', 'staging']);
    expect((await site.keys()).filter((key) => key.startsWith('plain//t:'))).toHaveLength(2 * 2);
  });

  it.each([
    ['posting list', LIST_KEY],
    ['document table', DOCUMENTS_KEY],
    ['set of tombstones', TOMBSTONES_KEY],
    ['record', RECORD_KEY],
  ])('works when a %s is damaged, as the remedy says', async (_, pattern) => {
    await site.index(manyRules());
    await removeDocument('rule 3.md');
    const own = new Set(await keysOf('rules'));
    const [key = ''] = (await keysLike(site, pattern)).filter((name) => own.has(`plain//${name}`));
    await site.replaceValue(key, 'damaged');
    await removeLibrary('rules');
    expect(await site.storedText()).not.toMatch(/Zanzibar|damaged|weekdays/);
    expect((await site.keys()).filter((name) => own.has(name))).toEqual([]);
    expect(await site.index(RULES)).toMatchObject({ indexed: 3 });
  });

  it('deletes what it can name although listing lags behind', async () => {
    site.settings.queryLagMs = 60_000;
    await site.index({ 'lag.md': 'Zanzibar again.' });
    await removeLibrary('rules');
    expect(await site.storedText()).not.toContain('Zanzibar');
    expect((await site.keys()).filter((key) => key.startsWith('plain/'))).toHaveLength(4);
  });

  it('that fails while it sweeps can be repeated by the same name', async () => {
    for (const nth of [1, 2, 3]) {
      await site.index({ ...RULES, 'n.md': `Zanzibar ${nth}.` });
      site.local.calls.setFaults(failing('/api/v1/batch/delete', nth));
      expect(await codeRejectedBy(removeLibrary('rules'))).toBe('store_unavailable');
      site.local.calls.setFaults([]);
      expect(await site.rank('Zanzibar', { library: 'rules' })).toEqual([]);
      await removeLibrary('rules');
      expect(await site.storedText()).not.toContain('Zanzibar');
    }
  });
});

describe('deleting everything', () => {
  it('leaves no key of the installation, and other installations as they were', async () => {
    await site.index(RULES, { installation: 'globex' });
    const globex = await site.storedText('globex');
    await site.index({ ...RULES, 'secret.md': 'Second version.' });
    await site.run((platform) => platform.kv.set('j:1234', { state: 'done' }));
    await site.run((platform) => platform.kv.set('t:1234:0:0', 'Zanzibar'));
    expect(await removeEverything()).toEqual({ libraries: 2, left: 0 });
    expect(await site.keys()).toEqual([]);
    expect(await site.storedText('globex')).toBe(globex);
  });

  it('can be repeated, and done where there is nothing', async () => {
    await removeEverything();
    expect(await removeEverything()).toEqual({ libraries: 0, left: 0 });
    expect(await site.index(RULES)).toMatchObject({ generation: 1 });
  });

  it('also removes a library whose first job was interrupted', async () => {
    await interrupt({ 'a.md': 'Nairobi.' }, 'new');
    expect(await site.storedText()).toContain('Nairobi');
    await removeEverything();
    expect(await site.keys()).toEqual([]);
    expect(await site.leases()).toEqual([]);
  });
});
