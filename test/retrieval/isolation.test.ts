import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { search } from '../../src/retrieval/search';
import { codeRejectedBy, errorRejectedBy } from '../support/error-code';
import { type IndexSite, openIndexSite } from '../support/index-site';
import { seededRandom } from '../support/local-app';

const PROJECTS = ['PAY', 'HR', 'OPS', 'PA', 'PAYX', 'pay'];

let site: IndexSite;
beforeAll(async () => {
  site = await openIndexSite();
});
afterAll(() => site.close());

describe('a search for a project', () => {
  it('returns text of the libraries assigned to it and of no other, for any assignment', async () => {
    const random = seededRandom(91);
    const assigned = new Map<string, string[] | 'all'>();
    for (let round = 0; round < 24; round += 1) {
      const library = `library ${Math.floor(random() * 7)}`;
      const projects = random() < 0.15 ? 'all' : PROJECTS.filter(() => random() < 0.35);
      const texts = {
        'rule.md': `The release rule of ${library}.`,
        'more.md': `More of ${library}.`,
      };
      await site.index(texts, { library, projects });
      assigned.set(library, projects);

      for (const project of [...PROJECTS, 'NONE', '']) {
        const visible = [...assigned].filter(([, to]) => to === 'all' || to.includes(project));
        const hits = await site.rank('release rule of library', { project }, 100);
        expect(new Set(hits.map((hit) => hit.library))).toEqual(
          new Set(visible.map(([name]) => name)),
        );
        expect(hits).toHaveLength(2 * visible.length);
        for (const hit of hits) expect(hit.text).toContain(hit.library);
      }
    }
  });

  it('refuses a library not assigned to it as unknown, and names no other', async () => {
    await site.index({ 'a.md': 'Salaries.' }, { library: 'people-secrets', projects: ['HR'] });
    await site.index({ 'a.md': 'Payments.' }, { library: 'pay-rules', projects: ['PAY'] });
    for (const library of ['people-secrets', 'no-such-library']) {
      const error = await errorRejectedBy(site.rank('salaries', { project: 'PAY', library }));
      expect(error?.code).toBe('library_unknown');
      const said = `${error?.message} ${JSON.stringify(error?.facts)}`.replaceAll(library, '');
      expect(said).not.toContain('people-secrets');
      expect(said).toContain('pay-rules');
    }
    const [hit] = await site.rank('salaries', { project: 'HR', library: 'people-secrets' });
    expect(hit?.text).toBe('Salaries.');
  });

  it('does not read a value of the libraries it may not see', async () => {
    await site.index({ 'a.md': 'Salaries.' }, { library: 'only-hr', projects: ['HR'] });
    const asked: string[] = [];
    await site.run((platform) => {
      const { kv } = platform;
      const batchGet: typeof kv.batchGet = (keys) => {
        asked.push(...keys);
        return kv.batchGet(keys);
      };
      const request = { text: 'salaries', scope: { project: 'NOWHERE' }, k: 10 };
      return search({ ...platform, kv: { ...kv, batchGet } }, request);
    });
    const visible = await site.rank('salaries', { project: 'NOWHERE' }, 100);
    const libraries = new Set(asked.map((key) => key.split(':')[1]));
    expect(libraries.size).toBe(new Set(visible.map(({ library }) => library)).size);
  });
});

describe('an installation', () => {
  it('never sees the text of another, although library, documents and query are the same', async () => {
    const texts = (owner: string) => ({ 'release.md': `The release rule of ${owner}.` });
    const owners = ['acme', 'globex', 'acm', 'acme/x'];
    for (const owner of owners) {
      await site.run((platform) => platform.secrets.set('provider-key:openai', 'sk-test'), {
        installation: owner,
      });
      await site.index(texts(owner), { library: 'shared-name', installation: owner });
    }
    for (const owner of owners) {
      const { hits } = await site.run(
        (platform) =>
          search(platform, { text: 'release rule', scope: { library: 'shared-name' }, k: 10 }),
        { installation: owner },
      );
      expect(hits.map(({ text }) => text)).toEqual([`The release rule of ${owner}.`]);
    }
    const empty = site.run(
      (platform) => search(platform, { text: 'release rule', scope: 'all', k: 10 }),
      { installation: 'newcomer' },
    );
    expect((await empty).hits).toEqual([]);
  });
});

describe('a search request', () => {
  it.each([
    ['query_empty', { text: ' \n' }],
    ['query_too_long', { text: 'x'.repeat(50_001) }],
    ['k_out_of_range', { k: 0 }],
    ['k_out_of_range', { k: 101 }],
    ['k_out_of_range', { k: 1.5 }],
    ['k_out_of_range', { k: Number.NaN }],
    ['library_unknown', { scope: { library: 'absent' } }],
  ])('is refused with %s before anything is embedded (%j)', async (code, part) => {
    const calls = site.server.requests.length;
    const request = { text: 'release', scope: 'all' as const, k: 10, ...part };
    expect(await codeRejectedBy(site.run((platform) => search(platform, request)))).toBe(code);
    expect(site.server.requests.length).toBe(calls);
  });
});
