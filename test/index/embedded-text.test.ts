/** What the model reads of a chunk, and what people and prompts are shown of it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { estimateTokens } from '../../src/chunking/estimate-tokens';
import { createLexicalProvider } from '../../src/embedding/lexical';
import { findLibrary, loadCatalogue } from '../../src/index/catalogue';
import { exportLibrary } from '../../src/index/export-library';
import { EMBEDDED_TEXT_VERSION, embeddedText } from '../../src/index/prepare-document';
import { importExport } from '../../src/jobs/index-here';
import { FOREIGN_ITEMS } from '../../src/retrieval/foreign-items';
import { isForeignText } from '../support/document-calls';
import { type IndexSite, openIndexSite, wordProvider } from '../support/index-site';

const RECORD = {
  document: 'team/release-notes_v1.2.md',
  headings: ['Release', 'Who approves'],
  lead: '| who | what |\n|--|--|\n',
  text: '| Ann | all |\n',
  trail: '',
};

describe('the embedded text', () => {
  it('says first where the chunk stands: library, document, headings', () => {
    expect(embeddedText('Handbook', RECORD)).toBe(
      'Handbook › team › release notes v1.2 › Release › Who approves\n' +
        '| who | what |\n|--|--|\n| Ann | all |',
    );
  });

  it.each([
    ['a.md', 'a'],
    ['How-To__Deploy.MARKDOWN', 'How To Deploy'],
    ['pages/onboarding.adf.json', 'pages › onboarding'],
    ['./a//b.c.txt', 'a › b.c'],
    ['../outside.htm', 'outside'],
    ['Größe & Maß/手順-書.html', 'Größe & Maß › 手順 書'],
  ])('reads the name %s as %s', (document, words) => {
    const record = { ...RECORD, document, headings: [], lead: '', text: 'x' };
    expect(embeddedText('L', record)).toBe(`L › ${words}\nx`);
  });

  it('is the library alone where the name has no words', () => {
    const record = { ...RECORD, document: '---.md', headings: [], lead: '', text: 'x' };
    expect(embeddedText('L', record)).toBe('L\nx');
  });
});

describe('a library', () => {
  let site: IndexSite;
  beforeEach(async () => {
    site = await openIndexSite();
  });
  afterEach(() => site.close());

  const RULES = { 'team/big-release.md': '# Approval\n\nTwo reviewers approve.' };
  const CRUMB = 'rules › team › big release › Approval';

  it('is embedded with breadcrumbs and shows its text without them', async () => {
    const provider = wordProvider();
    await site.index(RULES, { provider });
    expect(provider.embedded).toEqual([`${CRUMB}\n# Approval\n\nTwo reviewers approve.`]);
    const [hit] = await site.rank('who approves');
    expect(hit?.text).toBe(RULES['team/big-release.md']);
    expect(JSON.stringify(hit)).not.toContain('big release');
    expect(await site.storedText()).not.toContain('big release');
  });

  it('is embedded with the title that a document gives itself, and found by it', async () => {
    const text = 'Every vehicle is seen by two people once a year.';
    const others = Object.fromEntries(
      Array.from({ length: 8 }, (_, i) => [`other${i}.md`, `# Rule ${i}\n\nTwo people approve.`]),
    );
    const texts = {
      ...others,
      'a.md': `---\ntitle: Zeppelin maintenance\nlabels: [helium]\n---\n${text}`,
      'b.html': `<title>Balloon repairs</title><p>${text}</p>`,
    };
    const provider = wordProvider();
    await site.index(texts, { provider });
    expect(provider.embedded).toContain(`rules › a › Zeppelin maintenance\n${text}`);
    expect(provider.embedded).toContain(`rules › b › Balloon repairs\n${text}`);
    await site.index(texts, { library: 'words', provider: createLexicalProvider() });
    for (const [query, document] of [
      ['zeppelin maintenance', 'a.md'],
      ['balloon repairs', 'b.html'],
    ] as const) {
      const [hit] = await site.rank(query, { library: 'words' });
      expect(hit?.document).toBe(document);
    }
    // Labels are metadata alone (docs/chunking.md).
    expect(await site.rank('helium', { library: 'words' })).toEqual([]);
  });

  it('has the version of the text in its fingerprint', async () => {
    await site.index(RULES);
    const { libraries } = await site.run(({ entities }) => loadCatalogue(entities));
    expect(EMBEDDED_TEXT_VERSION).toBe(2);
    expect(findLibrary(libraries, 'rules').fingerprint.embeddedTextVersion).toBe(2);
  });

  it('counts the breadcrumb against the limits of a call', async () => {
    const texts = Object.fromEntries(
      Array.from({ length: 6 }, (_, i) => [`${'very-long-name/'.repeat(20)}${i}.md`, 'Short.']),
    );
    const [one] = Object.keys(texts);
    const record = { document: one ?? '', headings: [], lead: '', text: 'Short.', trail: '' };
    const tokens = estimateTokens(embeddedText('rules', record));
    expect(tokens).toBeGreaterThan(20 * estimateTokens('Short.'));
    const calls: string[][] = [];
    const provider = wordProvider({ tokensPerCallMax: 2 * tokens });
    const { doEmbed } = provider;
    const report = await site.index(texts, {
      provider: {
        ...provider,
        doEmbed: (given, ...rest) => {
          if (!given.some(isForeignText)) calls.push([...given]);
          return doEmbed(given, ...rest);
        },
      },
    });
    expect(report).toMatchObject({ chunks: 6, embedded: 6 });
    expect(calls.map((call) => call.length)).toEqual([2, 2, 2]);
  });

  it('splits what is too long for the model only with its breadcrumb, and drops none of it', async () => {
    const name = `${'very-long-name/'.repeat(20)}a.md`;
    const text = 'Two reviewers approve every release before noon.';
    const tokensPerTextMax = estimateTokens(text) + 20;
    const provider = wordProvider({ tokensPerTextMax });
    const report = await site.index({ [name]: text }, { provider });
    expect(report).toMatchObject({ chunks: 1, embedded: 1 });
    // The texts that calibrate are too long too.
    const pieces = provider.embedded.filter(
      (piece) => !FOREIGN_ITEMS.some((item) => item.includes(piece.trim())),
    );
    expect(pieces.length).toBeGreaterThan(1);
    for (const piece of pieces) {
      expect(estimateTokens(piece)).toBeLessThanOrEqual(tokensPerTextMax);
    }
    const record = { document: name, headings: [], lead: '', text, trail: '' };
    const words = (parts: string[]) => parts.join(' ').split(/\s+/).filter(Boolean);
    expect(words(pieces)).toEqual(words([embeddedText('rules', record)]));
  });

  it('imported under another name keeps its vectors until a chunk is edited', async () => {
    await site.index({ ...RULES, 'lunch.md': 'Soup is on Monday.' });
    const lines: string[] = [];
    await site.run(async (platform) => {
      for await (const line of exportLibrary(platform, 'rules')) lines.push(`${line}\n`);
    });
    const bytes = Buffer.from(lines.join(''));
    const imported = { library: 'copy', projects: undefined, bytes };
    await site.run((platform) => importExport(platform, imported));
    const provider = wordProvider();
    const edited = { ...RULES, 'lunch.md': 'Pasta is on Friday.' };
    await site.index(edited, { library: 'copy', provider });
    expect(provider.embedded).toEqual(['copy › lunch\nPasta is on Friday.']);
    const rebuilt = wordProvider();
    await site.index({}, { library: 'copy', provider: rebuilt, rebuild: true });
    expect(rebuilt.embedded.sort()).toEqual([
      'copy › lunch\nPasta is on Friday.',
      `${CRUMB.replace('rules', 'copy')}\n# Approval\n\nTwo reviewers approve.`,
    ]);
  });
});
