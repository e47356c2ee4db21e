import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportLibrary } from '../../src/index/export-library';
import { importExport } from '../../src/jobs/index-here';
import { documentCalls } from '../support/document-calls';
import { codeRejectedBy } from '../support/error-code';
import { type IndexSite, openIndexSite } from '../support/index-site';

const RULES = { 'release.md': 'Reviewers approve releases.', 'lunch.md': 'Soup is on Monday.' };

let site: IndexSite;
beforeEach(async () => {
  site = await openIndexSite();
  await site.index(RULES);
});
afterEach(() => site.close());

const exported = () =>
  site.run(async (platform) => {
    let text = '';
    for await (const line of exportLibrary(platform, 'rules')) text += `${line}\n`;
    return text;
  });

const imported = (text: string, library: string) =>
  site.run((platform) =>
    importExport(platform, { library, projects: undefined, bytes: Buffer.from(text) }),
  );

describe('an import', () => {
  it('finds what the exported library finds, and embeds nothing', async () => {
    const requests = documentCalls(site.server).length;
    const report = await imported(await exported(), 'copy');
    expect(report).toMatchObject({ generation: 1, indexed: 2, chunks: 2, tokens: 0 });
    expect(documentCalls(site.server)).toHaveLength(requests);
    const [of, ofCopy] = [
      await site.rank('soup', { library: 'rules' }),
      await site.rank('soup', { library: 'copy' }),
    ];
    expect(ofCopy).toEqual(of.map((hit) => ({ ...hit, library: 'copy' })));
  });

  it('of what is there changes nothing, and documents count as unchanged afterwards', async () => {
    const text = await exported();
    expect(await imported(text, 'rules')).toMatchObject({ generation: 1, unchanged: 2 });
    await imported(text, 'copy');
    expect(await site.index(RULES, { library: 'copy' })).toMatchObject({
      unchanged: 2,
      embedded: 0,
    });
  });

  it('replaces documents of the same name and leaves the others', async () => {
    const text = await exported();
    await site.index({ 'lunch.md': 'Pasta is on Friday.', 'new.md': 'A new rule.' });
    expect(await imported(text, 'rules')).toMatchObject({ indexed: 1, unchanged: 1, chunks: 3 });
    const texts = (await site.rank('rule')).map((hit) => hit.text).sort();
    expect(texts).toEqual(['A new rule.', 'Reviewers approve releases.', 'Soup is on Monday.']);
  });

  it.each([
    ['truncated', (text: string) => text.slice(0, text.length / 2), 'export_truncated'],
    [
      'cut at a line',
      (text: string) => text.slice(0, text.lastIndexOf('\n{') + 1),
      'export_truncated',
    ],
    ['damaged', (text: string) => text.replace('Soup', 'Soap'), 'export_checksum'],
    [
      'of a newer version',
      (text: string) => text.replace('"version":1', '"version":9'),
      'format_newer',
    ],
    ['no export', () => 'hello\n', 'export_invalid'],
    ['empty', () => '', 'export_invalid'],
    [
      'of other dimensions than the library',
      (text: string) => text.replace('"dimensions":128', '"dimensions":256'),
      'fingerprint_mismatch',
    ],
    [
      'of a model that does not exist',
      (text: string) => text.replace('"embedder":"openai"', '"embedder":"none"'),
      'embedder_unknown',
    ],
  ])('that is %s changes nothing', async (_, change, code) => {
    const text = await exported();
    const keys = await site.keys();
    expect(await codeRejectedBy(imported(change(text), 'rules'))).toBe(code);
    expect(await site.keys()).toEqual(keys);
    expect((await site.rank('soup'))[0]?.text).toBe('Soup is on Monday.');
  });

  it('has no key and no id of the installation in it', async () => {
    const text = await exported();
    expect(text).not.toContain('sk-local-test');
    const [, library = ''] = /l:([0-9a-f]{16}):/.exec((await site.keys()).join()) ?? [];
    expect(library).toHaveLength(16);
    expect(text).not.toContain(library);
  });
});
