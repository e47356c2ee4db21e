/** What stands behind the remedies that errors name, and the limits that keep them from arising. */
import { kvs } from '@forge/kvs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deleteEverything } from '../../src/jobs/delete-all';
import { codeRejectedBy } from '../support/error-code';
import { type IndexSite, openIndexSite } from '../support/index-site';

let site: IndexSite;
beforeEach(async () => {
  site = await openIndexSite();
  await site.index({ 'release.md': 'Reviewers approve releases.' });
});
afterEach(() => site.close());

const removeEverything = () => site.run((platform) => deleteEverything(platform, []));
const damage = (entity: string, key: string) =>
  site.run(() => kvs.entity(entity).set(key, { generation: 1, body: { format: 0 } }));
const plainKeys = async () => (await site.keys()).filter((key) => !key.startsWith('secret/'));

describe('deleting everything', () => {
  it('works on a damaged catalogue, whose error says to do it', async () => {
    await damage('catalogue', 'catalogue');
    expect(await codeRejectedBy(site.rank('releases'))).toBe('catalogue_corrupt');
    await removeEverything();
    expect(await plainKeys()).toEqual([]);
    expect(await site.index({ 'a.md': 'A rule.' })).toMatchObject({ generation: 1, indexed: 1 });
  });

  it('works on a damaged index manifest', async () => {
    const manifest = (await site.keys()).find((key) => key.includes('index-manifest')) ?? '';
    await damage('index-manifest', manifest.split('/').at(-1) ?? '');
    await removeEverything();
    expect(await plainKeys()).toEqual([]);
  });
});

describe('a library', () => {
  it.each(['', ' rules', 'rules ', 'a\nb', 'x'.repeat(101), '\ud800'])(
    'cannot be called %j',
    async (library) => {
      const before = await site.keys();
      expect(await codeRejectedBy(site.index({ 'a.md': 'A rule.' }, { library }))).toBe(
        'library_name_invalid',
      );
      expect(await site.keys()).toEqual(before);
    },
  );

  it('is refused before anything is embedded when the catalogue has no room for it', async () => {
    const projects = Array.from({ length: 900 }, (_, i) => `P${i}${'X'.repeat(220)}`);
    const requests = site.server.requests.length;
    const indexing = site.index({ 'a.md': 'A rule.' }, { library: 'large', projects });
    expect(await codeRejectedBy(indexing)).toBe('catalogue_full');
    expect(site.server.requests).toHaveLength(requests);
  });
});

describe('a job', () => {
  it('that is called off before its publish leaves nothing', async () => {
    const before = await site.keys();
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase === 'write') throw new Error('called off');
    };
    const indexing = site.index({ 'a.md': 'A rule.' }, { library: 'new', onProgress });
    await expect(indexing).rejects.toThrow('called off');
    expect(await site.keys()).toEqual(before);
    expect(await site.leases()).toHaveLength(1);
  });
});

describe('the passages for a prompt', () => {
  it('of one library are not crowded out by libraries that have nothing to say', async () => {
    const rules = Object.fromEntries(
      Array.from({ length: 9 }, (_, i) => [`r${i}.md`, `Releases need reviewers, rule ${i}.`]),
    );
    await site.index(rules, { library: 'rules' });
    for (let i = 0; i < 11; i += 1) {
      await site.index({ 'lunch.md': `Soup and pasta ${i}.` }, { library: `menu ${i}` });
    }
    const text = 'Releases need reviewers';
    const hits = await site.search(text, 'all', 10);
    expect(hits.filter(({ library }) => library === 'rules')).toHaveLength(10);
    expect(hits.every(({ applies }) => applies)).toBe(true);
  });
});
