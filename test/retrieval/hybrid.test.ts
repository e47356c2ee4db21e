/** Words and vectors together, on a stored library: what each finds, and what becomes of it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OPENAI_KEY_NAME } from '../../src/embedding/create-provider';
import { deleteDocument } from '../../src/index/delete';
import { DEFAULT_KNOBS, type SearchKnobs } from '../../src/retrieval/knobs';
import {
  rankChunks,
  type SearchOptions,
  type SearchRequest,
  search,
  searchPassages,
} from '../../src/retrieval/search';
import { codeRejectedBy } from '../support/error-code';
import { type IndexSite, openIndexSite } from '../support/index-site';

let site: IndexSite;
beforeEach(async () => {
  site = await openIndexSite();
});
afterEach(() => site.close());

const rank = (text: string, knobs: Partial<SearchKnobs>) =>
  site.run((platform) =>
    rankChunks(platform, { text, scope: 'all', k: 10 }, { knobs: { ...DEFAULT_KNOBS, ...knobs } }),
  );
const find = (request: Partial<SearchRequest>, options?: SearchOptions) =>
  site.run((platform) =>
    searchPassages(platform, { text: 'rollback', scope: 'all', k: 10, ...request }, options),
  );

/** Sixty documents about nothing in particular, so that a library is not read whole. */
const filler = Object.fromEntries(
  Array.from({ length: 60 }, (_, i) => [
    `filler ${i}.md`,
    `Topic${i} holds for meeting${i} and report${i}, as table${i} says.`,
  ]),
);

describe('words and vectors', () => {
  it('put forward what either finds, and what both find comes first', async () => {
    await site.index({
      ...filler,
      'both.md': 'A rollback is rehearsed before each release.',
      'words.md': `The rollback. ${'Otherwise nothing of the kind is meant here at all. '.repeat(6)}`,
    });
    const hits = await rank('rehearsed rollback before release', {});
    expect(hits[0]?.document).toBe('both.md');
    expect(hits.map(({ document }) => document)).toContain('words.md');
    expect(hits.map(({ score }) => score)).toEqual(
      hits.map(({ score }) => score).sort((a, b) => b - a),
    );
    for (const hit of hits) expect(hit.cosine).not.toBeNull();
  });

  it('each rank alone where it is asked for', async () => {
    await site.index({ ...filler, 'a.md': 'Rollbacks are rehearsed.', 'b.md': 'Other words.' });
    const byWords = await rank('rehearse a rollback', { signals: 'words' });
    expect(byWords.map(({ document, cosine }) => [document, cosine])).toEqual([['a.md', null]]);
    const byVectors = await rank('rehearse a rollback', { signals: 'vectors' });
    expect(byVectors).toHaveLength(10);
    for (const { score, cosine } of byVectors) expect(score).toBe(cosine);
    expect(site.server.requests).toHaveLength(1);
  });

  it('say that words alone were asked for, where there are vectors too', async () => {
    await site.index({ ...filler, 'a.md': 'Rollbacks are rehearsed.' });
    const { notes } = await find({}, { knobs: { ...DEFAULT_KNOBS, signals: 'words' } });
    expect(notes.map(({ kind, message }) => [kind, message])).toEqual([
      ['words_only', expect.stringContaining('by words only, as was asked')],
    ]);
  });

  it('do not find what was deleted', async () => {
    await site.index({ ...filler, 'a.md': 'The rollback.', 'b.md': 'A rollback too.' });
    await site.run((platform) => deleteDocument(platform, { library: 'rules', document: 'a.md' }));
    const { hits } = await find({});
    expect(hits.map(({ document }) => document)).toContain('b.md');
    expect(hits.map(({ document }) => document)).not.toContain('a.md');
  });

  it('give no passage that is below the usual chunk of its library', async () => {
    const rules = { 'a.md': 'A rollback is rehearsed.', 'b.md': 'A rollback needs an owner.' };
    await site.index({ ...filler, ...rules });
    const text = 'Who rehearses the rollback, and who is its owner?';
    const { applies, hits, explanation } = await site.run((platform) =>
      search(platform, { text, scope: 'all', k: 60 }, { explain: true }),
    );
    expect(applies).toBe(true);
    expect(hits.map(({ document }) => document)).toEqual(
      expect.arrayContaining(Object.keys(rules)),
    );
    for (const { score } of hits) expect(score).toBeGreaterThanOrEqual(0);
    const below = explanation?.candidates.filter(({ score }) => score < 0) ?? [];
    expect(below.length).toBeGreaterThan(0);
    for (const { dropped } of below) expect(dropped).toBe('threshold');
  });

  it('rank several libraries on one scale', async () => {
    await site.index({ ...filler, 'a.md': 'The rollback is rehearsed.' });
    await site.index({ 'b.md': 'A rollback needs a rehearsal.' }, { library: 'small' });
    const { hits } = await find({ text: 'rollback rehearsal', k: 2 });
    expect(new Set(hits.map(({ library }) => library))).toEqual(new Set(['rules', 'small']));
  });
});

describe('a provider that fails', () => {
  const forgetKey = () => site.run((platform) => platform.secrets.delete(OPENAI_KEY_NAME));

  it('leaves the words to go by, and the result says so', async () => {
    await site.index({ ...filler, 'a.md': 'The rollback is rehearsed.' });
    await forgetKey();
    const { applies, hits, notes } = await find({});
    expect(applies).toBe(true);
    expect(hits.map(({ document, cosine }) => [document, cosine])).toEqual([['a.md', null]]);
    expect(notes).toMatchObject([{ kind: 'provider_failed', library: 'rules' }]);
    expect(notes[0]?.message).toContain('provider_key_missing');
    expect((await find({ text: 'zebra' })).applies).toBe(false);
  });
});

describe('a filter by documents', () => {
  beforeEach(() => site.index({ ...filler, 'a.md': 'The rollback.', 'b.md': 'A rollback too.' }));

  it('is applied before anything is ranked', async () => {
    const { hits } = await find({ documents: ['b.md'] });
    expect(hits.map(({ document }) => document)).toEqual(['b.md']);
    const others = await find({ documents: ['filler 3.md', 'filler 7.md'], text: 'rollback' });
    expect(others.hits.map(({ document }) => document).sort()).toEqual([
      'filler 3.md',
      'filler 7.md',
    ]);
  });

  it('refuses a name that no library searched has', async () => {
    expect(await codeRejectedBy(find({ documents: ['a.md', 'absent.md'] }))).toBe(
      'document_unknown',
    );
  });

  it('needs no further round trip', async () => {
    const { reading } = await site.measure((platform) =>
      searchPassages(platform, { text: 'rollback', scope: 'all', k: 10, documents: ['a.md'] }),
    );
    expect(reading.roundTrips).toBe(3);
  });
});

describe('an explanation', () => {
  it('has every candidate with its ranks, words and fate, best first', async () => {
    const rules = Object.fromEntries(
      Array.from({ length: 14 }, (_, i) => [
        `rule ${i}.md`,
        `Rollback ${'abcdefghijklmn'[i]}${i}.`,
      ]),
    );
    await site.index({ ...filler, ...rules, 'again.md': 'Rollback a0.' });
    const { hits, explanation } = await find({ text: 'Rollbacks a0', k: 5 }, { explain: true });
    const candidates = explanation?.candidates ?? [];
    expect(candidates.length).toBeGreaterThan(15);
    expect(candidates.map(({ score }) => score)).toEqual(
      candidates.map(({ score }) => score).sort((a, b) => b - a),
    );
    const kept = candidates.filter(({ rank: place }) => place !== null);
    expect(kept.map(({ document }) => document)).toEqual(hits.map(({ document }) => document));
    expect(kept.every(({ dropped }) => dropped === null)).toBe(true);
    const best = kept[0];
    expect(best?.byWords).toMatchObject({ rank: expect.any(Number) });
    expect(best?.byWords?.matched.map(({ word }) => word).sort()).toEqual(['Rollbacks', 'a0']);
    expect(best?.byVector?.cosine).toBeCloseTo(hits[0]?.cosine ?? 0, 12);
    const twins = candidates.filter(({ document }) => /again|rule 0/.test(document));
    expect(twins.map(({ dropped }) => dropped)).toEqual([null, 'duplicate']);
    expect(candidates.filter(({ dropped }) => dropped === 'rank').length).toBeGreaterThan(5);
    expect(explanation?.libraries).toMatchObject([{ library: 'rules', level: 1.64 }]);
  });

  it('is not made unless it is asked for', async () => {
    await site.index(filler);
    expect((await find({})).explanation).toBeUndefined();
  });
});

describe('a small library that applies', () => {
  const texts = {
    'b.md': '# Rollback\n\nThe rollback is rehearsed.\n\n# Costs\n\nWho pays is written down.',
    'a.md': 'Something else entirely.',
  };

  it('is there whole, in document order', async () => {
    await site.index(texts);
    const { whole } = await find({ text: 'Is the rollback rehearsed?' });
    expect(whole?.map(({ document }) => document)).toEqual(
      [...(whole ?? [])].map(({ document }) => document).sort(),
    );
    expect(whole?.map(({ text }) => text).join(' ')).toContain('Something else entirely.');
  });

  it('is not there where one that applies is large', async () => {
    await site.index({ ...filler, 'a.md': 'The rollback is rehearsed.' });
    expect((await find({})).whole).toBeUndefined();
  });
});
