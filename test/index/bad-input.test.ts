import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { embeddedText, type GivenDocument } from '../../src/index/prepare-document';
import { type IndexSite, openIndexSite, wordProvider } from '../support/index-site';

let site: IndexSite;
beforeEach(async () => {
  site = await openIndexSite();
});
afterEach(() => site.close());

const given = (name: string, content: string | Uint8Array): GivenDocument => ({
  name,
  bytes: Buffer.from(content),
});
const GOOD = given('good.md', 'Reviewers approve releases.');

const REFUSED: [string, GivenDocument][] = [
  ['document_empty', given('empty.md', '')],
  ['document_empty', given('blank.md', ' \n\t\n')],
  ['document_empty', given('markup.html', '<html><body><p> </p></body></html>')],
  ['document_binary', given('scan.md', '%PDF-1.7\nnot a text')],
  ['document_binary', given('nul.txt', 'text\u0000text')],
  ['document_encoding', given('latin1.txt', Uint8Array.from([0x67, 0x72, 0xf6, 0xdf, 0x65]))],
  ['document_encoding', given('utf16.txt', Uint8Array.from([0xff, 0xfe, 0x61, 0x00]))],
  ['document_control_characters', given('control.txt', 'bell \u0007 rings')],
  ['document_too_large', given('large.txt', 'x'.repeat(5_000_001))],
  ['document_format_unknown', given('sheet.xlsx', 'a,b,c')],
  ['document_adf_invalid', given('page.adf.json', '{"type":"page"}')],
  ['document_name_invalid', given('', 'Text.')],
  ['document_name_invalid', given(' ', 'Text.')],
  ['document_name_invalid', given('line\nbreak.md', 'Text.')],
  ['document_name_invalid', given('\ud800.md', 'Text.')],
  ['document_name_invalid', given(`${'n'.repeat(398)}.md`, 'Text.')],
];

describe('a document that cannot be taken', () => {
  it.each(REFUSED)('is refused as %s, and the others are indexed', async (code, document) => {
    const report = await site.index({}, { documents: [document, GOOD] });
    expect(report.refused.map((entry) => [entry.document, entry.code])).toEqual([
      [document.name, code],
    ]);
    expect(report.refused[0]?.message.length).toBeGreaterThan(20);
    expect(report).toMatchObject({ indexed: 1, unchanged: 0, chunks: 1, generation: 1 });
    expect((await site.rank('reviewers'))[0]?.document).toBe('good.md');
  });

  it('is counted: indexed, unchanged and refused are together what was given', async () => {
    await site.index({}, { documents: [GOOD] });
    const fresh = given('fresh.md', 'Fresh.');
    const documents = [...REFUSED.map(([, document]) => document), GOOD, fresh, fresh];
    const report = await site.index({}, { documents });
    expect(report).toMatchObject({ indexed: 1, unchanged: 1 });
    expect(report.indexed + report.unchanged + report.refused.length).toBe(documents.length);
  });

  it('publishes nothing when there is nothing else', async () => {
    const before = await site.keys();
    const documents = REFUSED.map(([, document]) => document);
    const report = await site.index({}, { documents });
    expect(report).toMatchObject({ generation: 0, indexed: 0, chunks: 0 });
    expect(report.refused).toHaveLength(documents.length);
    expect(await site.keys()).toEqual(before);
  });

  it('leaves the last good version of the same name where it is, with sync too', async () => {
    await site.index({}, { documents: [GOOD, given('other.md', 'Other.')] });
    const documents = [given('good.md', '%PDF-'), given('other.md', 'Other.')];
    const report = await site.index({}, { documents, sync: true });
    expect(report).toMatchObject({ generation: 1, unchanged: 1, deleted: 0, chunks: 2 });
    expect((await site.rank('reviewers'))[0]?.text).toBe('Reviewers approve releases.');
  });

  it('never has its text in the message', async () => {
    const documents = REFUSED.map(([, { name, bytes }]) => ({ name, bytes }));
    const { refused } = await site.index({}, { documents });
    for (const { message } of refused) expect(message).not.toMatch(/rings|not a text|a,b,c/);
  });
});

describe('a name given twice', () => {
  it('takes the first and refuses the second by name', async () => {
    const documents = [given('a.md', 'First text.'), given('a.md', 'Second text.')];
    const provider = wordProvider();
    const report = await site.index({}, { documents, provider });
    expect(report).toMatchObject({ indexed: 1, chunks: 1 });
    expect(report.refused).toMatchObject([{ document: 'a.md', code: 'document_duplicate' }]);
    expect(provider.embedded).toEqual(['rules › a\nFirst text.']);
  });

  it('is refused also where the first is unchanged', async () => {
    await site.index({ 'a.md': 'First text.' });
    const documents = [given('a.md', 'First text.'), given('a.md', 'Second text.')];
    const report = await site.index({}, { documents });
    expect(report).toMatchObject({ indexed: 0, unchanged: 1, generation: 1 });
    expect(report.refused).toMatchObject([{ code: 'document_duplicate' }]);
  });
});

describe('a document name that no key could hold', () => {
  const names = [
    'teams/payments/how we release.md',
    '../outside.md',
    '手順書/リリース.md',
    'größe – übersicht.md',
    '🚀/👩‍💻 rules.md',
    '"quoted" \\ back.md',
    'a:b#c?d=e&f%g.md',
    '__proto__.md',
    '{"json":true}.md',
    `${'漢'.repeat(397)}.md`,
    `${'n'.repeat(397)}.md`,
  ];

  it('is stored, found, skipped when unchanged and deleted with sync under that name', async () => {
    const texts = Object.fromEntries(names.map((name, i) => [name, `Keyword${i}x is the rule.`]));
    expect(await site.index(texts)).toMatchObject({ indexed: names.length, refused: [] });
    for (const [i, name] of names.entries()) {
      const text = texts[name] ?? '';
      const record = { document: name, headings: [], lead: '', text, trail: '' };
      expect(text).toContain(`Keyword${i}x`);
      const [hit] = await site.rank(embeddedText('rules', record));
      expect(hit).toMatchObject({ document: name, text });
    }
    expect(await site.index(texts)).toMatchObject({ unchanged: names.length, generation: 1 });
    const [first = ''] = names;
    const only = { [first]: texts[first] ?? '' };
    expect(await site.index(only, { sync: true })).toMatchObject({ deleted: names.length - 1 });
  });

  it('keeps names of composed and decomposed letters apart, as they were given', async () => {
    const documents = [given('caf\u00e9.md', 'Composed.'), given('cafe\u0301.md', 'Decomposed.')];
    expect(await site.index({}, { documents })).toMatchObject({ indexed: 2, chunks: 2 });
    expect((await site.rank('decomposed'))[0]?.document).toBe('cafe\u0301.md');
  });
});

describe('a document that is only a heading', () => {
  it.each([
    ['h.md', '# Release process'],
    ['h.html', '<h1>Release process</h1>'],
    ['h.txt', 'Release process'],
  ])('gives one chunk (%s)', async (name, text) => {
    expect(await site.index({ [name]: text })).toMatchObject({
      indexed: 1,
      chunks: 1,
      refused: [],
    });
    expect((await site.rank('release process'))[0]?.text).toContain('Release process');
  });
});
