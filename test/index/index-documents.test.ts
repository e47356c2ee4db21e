import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../src/index/catalogue';
import { embeddedText } from '../../src/index/prepare-document';
import { loadSegmentDocuments } from '../../src/index/reader';
import { codeRejectedBy } from '../support/error-code';
import {
  type IndexSite,
  keysLike,
  LIST_KEY,
  openIndexSite,
  RECORD_KEY,
  wordProvider,
} from '../support/index-site';
import { noteWrites } from '../support/watched-platform';

const RULES = {
  'release.md': '# Release\n\nTwo reviewers approve every release before noon.\n',
  'lunch.md': '# Canteen\n\nSoup is served on Monday and pasta on Friday.\n',
  'branches.txt': 'Branches are named after the ticket they belong to.\n',
};

let site: IndexSite;
beforeEach(async () => {
  site = await openIndexSite();
});
afterEach(() => site.close());

const catalogue = () => site.run((platform) => loadCatalogue(platform.entities));

describe('indexing documents', () => {
  it('indexes new documents and says what it did, in numbers that add up', async () => {
    const provider = wordProvider();
    const report = await site.index(RULES, { provider });
    expect(report).toEqual({
      library: 'rules',
      generation: 1,
      indexed: 3,
      unchanged: 0,
      deleted: 0,
      refused: [],
      chunks: 3,
      embedded: 3,
      tokens: 3,
      tokensMeasured: true,
    });
    expect(provider.embedded).toContain(
      'rules › release › Release\n# Release\n\nTwo reviewers approve every release before noon.',
    );
    const [hit] = await site.rank('Who approves a release?');
    expect(hit).toMatchObject({ document: 'release.md', headings: ['Release'], start: 0 });
    expect(hit?.text).toBe(RULES['release.md']);
  });

  it('skips unchanged documents: nothing embedded, nothing published, nothing left', async () => {
    await site.index(RULES);
    const before = await site.storedText();
    const provider = wordProvider();
    const { written, result } = await site.run(async (platform) => {
      const noted = noteWrites(platform);
      const again = site.index(RULES, { provider, overrides: noted.platform });
      return { written: noted.written, result: await again };
    });
    expect(result).toMatchObject({
      generation: 1,
      indexed: 0,
      unchanged: 3,
      embedded: 0,
      chunks: 3,
    });
    expect(provider.embedded).toEqual([]);
    // A job's own account of itself, and the documents on their way to it.
    expect(written.filter((key) => !/^(entity\/(job|lease)\/|plain\/\/[jt]:)/.test(key))).toEqual(
      [],
    );
    expect(await site.storedText()).toBe(before);
  });

  it('embeds of an edited document its own chunks only and keeps the other records', async () => {
    await site.index(RULES);
    const records = await keysLike(site, RECORD_KEY);
    const provider = wordProvider();
    const edited = { ...RULES, 'lunch.md': '# Canteen\n\nCurry is served on Tuesday.\n' };
    const report = await site.index(edited, { provider });
    expect(report).toMatchObject({
      generation: 2,
      indexed: 1,
      unchanged: 2,
      embedded: 1,
      chunks: 3,
    });
    expect(provider.embedded).toEqual([
      'rules › lunch › Canteen\n# Canteen\n\nCurry is served on Tuesday.',
    ]);
    expect(await keysLike(site, RECORD_KEY)).toEqual(expect.arrayContaining(records));
    const hits = await site.rank('soup pasta curry canteen');
    expect(hits.map(({ text }) => text).join()).toContain('Curry');
    expect(hits.map(({ text }) => text).join()).not.toContain('Soup');
  });

  it('adds documents beside those that are there, and leaves what was not given alone', async () => {
    await site.index(RULES);
    const report = await site.index({ 'new.md': 'Incidents have a commander.' });
    expect(report).toMatchObject({
      indexed: 1,
      unchanged: 0,
      deleted: 0,
      chunks: 4,
      generation: 2,
    });
    expect((await site.rank('incident commander'))[0]?.document).toBe('new.md');
    expect((await site.rank('release reviewers'))[0]?.document).toBe('release.md');
  });

  it('keeps every vector with its own chunk over a long row of edits', async () => {
    const texts: Record<string, string> = {};
    const words = 'alpha bravo charlie delta echo foxtrot golf hotel india juliet'.split(' ');
    for (const [round, word] of words.entries()) {
      texts[`${9 - round}.md`] = `The ${word} rule.`;
      if (round % 3 === 2) texts[`${9 - round + 1}.md`] = `The ${word} ${word} exception.`;
      if (round % 4 === 3) delete texts[`${9 - round + 2}.md`];
      await site.index(texts, { sync: true });
      for (const [name, text] of Object.entries(texts)) {
        const record = { document: name, headings: [], lead: '', text, trail: '' };
        const [hit] = await site.rank(embeddedText('rules', record));
        expect(hit).toMatchObject({ document: name, text });
        expect(hit?.cosine).toBeGreaterThan(0.98);
      }
    }
  });

  it('deletes with sync what is gone, and nothing without it', async () => {
    await site.index(RULES);
    const { 'lunch.md': _, ...rest } = RULES;
    expect(await site.index(rest)).toMatchObject({ deleted: 0, chunks: 3, generation: 1 });
    expect(await site.index(rest, { sync: true })).toMatchObject({
      indexed: 0,
      unchanged: 2,
      deleted: 1,
      embedded: 0,
      chunks: 2,
      generation: 2,
    });
    const hits = await site.rank('soup pasta');
    expect(hits.map(({ document }) => document).sort()).toEqual(['branches.txt', 'release.md']);
  });

  it('does not empty a library that is synchronised with nothing it can take', async () => {
    await site.index(RULES);
    const before = await site.keys();
    for (const given of [{}, { 'empty.md': '' }]) {
      const error = await codeRejectedBy(site.index(given, { sync: true }));
      expect(error).toBe('nothing_to_sync');
    }
    expect(await site.keys()).toEqual(before);
  });

  it('does nothing at all when it is given nothing', async () => {
    const before = await site.keys();
    expect(await site.index({})).toMatchObject({ generation: 0, indexed: 0, chunks: 0 });
    expect(await site.index({}, { sync: true, projects: ['PAY'] })).toMatchObject({
      generation: 0,
    });
    expect(await site.keys()).toEqual(before);
    expect((await catalogue()).libraries).toEqual([]);
  });

  it('assigns a new library to all projects unless told otherwise, and keeps an assignment', async () => {
    await site.index(RULES);
    await site.index(RULES, { library: 'pay', projects: ['PAY', 'HR'] });
    await site.index({ 'x.md': 'Extra.' }, { library: 'pay' });
    const { libraries } = await catalogue();
    expect(libraries.map(({ name, projects }) => [name, projects])).toEqual([
      ['pay', ['PAY', 'HR']],
      ['rules', 'all'],
    ]);
  });

  it('assigns a library to other projects without embedding anything', async () => {
    await site.index(RULES, { projects: ['PAY'] });
    const provider = wordProvider();
    const report = await site.index(RULES, { provider, projects: ['HR'] });
    expect(report).toMatchObject({
      unchanged: 3,
      indexed: 0,
      embedded: 0,
      chunks: 3,
      generation: 2,
    });
    expect(provider.embedded).toEqual([]);
    expect(await site.rank('release', { project: 'PAY' })).toEqual([]);
    expect((await site.rank('release', { project: 'HR' }))[0]?.document).toBe('release.md');
    expect(await site.index({}, { projects: 'all' })).toMatchObject({ generation: 3, chunks: 3 });
    expect(await site.rank('release', { project: 'PAY' })).toHaveLength(3);
  });

  it('publishes nothing when the same projects are given in another order', async () => {
    await site.index(RULES, { projects: ['PAY', 'HR'] });
    const report = await site.index(RULES, { projects: ['HR', 'PAY', 'HR'] });
    expect(report.generation).toBe(1);
  });

  it('counts generations of each library by itself', async () => {
    for (const text of ['One.', 'Two.', 'Three.']) await site.index({ 'a.md': text });
    await site.index({ 'a.md': 'Other.' }, { library: 'other' });
    const { libraries, generation } = await catalogue();
    expect(libraries.map((entry) => [entry.name, entry.generation])).toEqual([
      ['other', 1],
      ['rules', 3],
    ]);
    expect(generation).toBe(4);
  });

  it('keeps the generation before, and sweeps the one before that an hour later', async () => {
    await site.index({ ...RULES, 'old.md': 'The oldest version.' });
    const first = await keysLike(site, LIST_KEY);
    await site.index({ ...RULES, 'old.md': 'The middle version.' });
    expect(await keysLike(site, LIST_KEY)).toEqual(expect.arrayContaining(first));
    expect(await site.storedText()).toContain('The oldest version.');
    await site.index({ ...RULES, 'old.md': 'The newest version.' });
    expect(await keysLike(site, LIST_KEY)).toContain(first[0]);
    await site.sweepLater();
    expect(await keysLike(site, LIST_KEY)).not.toContain(first[0]);
    const stored = await site.storedText();
    expect(stored).not.toContain('The oldest version.');
    expect(stored).toContain('The middle version.');
    expect(await keysLike(site, RECORD_KEY)).toHaveLength(3 + 2);
    expect((await site.rank('reviewers release'))[0]?.text).toBe(RULES['release.md']);
  });

  it('keeps text only of live and previous generation, however many there were', async () => {
    for (let round = 0; round < 6; round += 1) {
      await site.index({ ...RULES, 'changing.md': `Version number ${round}.` });
    }
    await site.sweepLater();
    expect(await keysLike(site, RECORD_KEY)).toHaveLength(5);
    expect(await keysLike(site, LIST_KEY)).toHaveLength(2);
  });

  it('records where each chunk lies, so that the slices of a document join to its text', async () => {
    const long = Array.from(
      { length: 60 },
      (_, i) => `## Part ${i}\n\nRule ${i} holds. 👩‍💻\n\n`,
    ).join('');
    await site.index({ 'long.md': long });
    const [library] = (await catalogue()).libraries;
    const [segment] = await site.run((platform) =>
      loadSegmentDocuments(platform.kv, library?.id ?? '', library?.segments ?? []),
    );
    const chunks = segment?.documents[0]?.chunks ?? [];
    expect(chunks.length).toBeGreaterThan(1);
    expect(chunks.map(({ start, end }) => long.slice(start, end)).join('')).toBe(long);
  });
});
