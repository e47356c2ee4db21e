import { describe, expect, it } from 'vitest';
import { CHUNKING_DEFAULTS, chunkDocument } from '../../src/chunking/chunk-document';
import { estimateTokens } from '../../src/chunking/estimate-tokens';
import { parseDocument } from '../../src/chunking/parse-document';
import { parseMarkdown } from '../../src/chunking/parse-markdown';
import { parseText } from '../../src/chunking/parse-text';
import type { ChunkingOptions } from '../../src/chunking/types';

const SMALL = { tokensEstimateTarget: 40, tokensEstimateMax: 60, tokensEstimateMin: 10 };
const SENTENCE = 'The reviewer reads the whole change before the first comment is written. ';

function slices(source: string, options?: ChunkingOptions): string[] {
  const parsed = parseMarkdown(source);
  return chunkDocument(parsed, options).map(({ start, end }) => parsed.text.slice(start, end));
}

describe('packing', () => {
  it('gives a short document one chunk from its first to its last character', () => {
    expect(slices('\n\n# A\n\nb\n\n')).toEqual(['\n\n# A\n\nb\n\n']);
    expect(slices('x')).toEqual(['x']);
    expect(slices('# only a heading')).toEqual(['# only a heading']);
    expect(slices('')).toEqual([]);
  });

  it('begins a chunk at a section, with the headings above it', () => {
    const source = `# A\n\n${SENTENCE.repeat(2)}\n\n## B\n\n${SENTENCE.repeat(2)}`;
    const chunks = chunkDocument(parseMarkdown(source), SMALL);
    expect(chunks.map(({ start }) => source.slice(start, start + 4))).toEqual(['# A\n', '## B']);
    expect(chunks.map(({ headings }) => headings)).toEqual([['A'], ['A', 'B']]);
  });

  it('names the section that the first text is in, also below several headings', () => {
    const source = `---\nkey: x\n---\n# A\n\n## B\n\n${SENTENCE}`;
    expect(chunkDocument(parseMarkdown(source))[0]?.headings).toEqual(['A', 'B']);
  });

  it('keeps sections below the minimum together', () => {
    expect(slices('# A\n\na\n\n# B\n\nb\n\n# C\n\nc')).toHaveLength(1);
  });

  it('takes a heading along when its text does not fit', () => {
    const source = `${SENTENCE}\n\n# A\n\n${SENTENCE.repeat(10)}\n\nend`;
    expect(slices(source, SMALL)[0]).toBe(`${SENTENCE}\n\n`);
    expect(slices(source, SMALL)[1]).toMatch(/^# A\n\nThe reviewer/);
  });

  it('puts a few words above the first heading to what they introduce', () => {
    const source = `short words\n\n# A\n\n${SENTENCE.repeat(10)}`;
    expect(slices(source, SMALL)[0]).toMatch(/^short words\n\n# A\n\nThe reviewer/);
  });

  it('keeps what announces a list, a table or code with its beginning', () => {
    const items = `- ${SENTENCE}\n`.repeat(4);
    for (const colon of [':', '：']) {
      const source = `${SENTENCE.repeat(2)}\n\nDo this${colon}\n\n${items}`;
      expect(slices(source, SMALL)[1]).toMatch(/^Do this.\n\n- The reviewer/);
    }
  });

  it('leaves front matter out, and begins behind it', () => {
    const source = '---\ntitle: T\nlabels: [a]\n---\n\n# H\n\ntext';
    const parsed = parseMarkdown(source);
    expect(chunkDocument(parsed).map(({ start, end }) => source.slice(start, end))).toEqual([
      '# H\n\ntext',
    ]);
    expect(chunkDocument(parseMarkdown('---\ntitle: T\n---\n'))).toEqual([]);
  });

  it('fills chunks up to the target and never above the maximum', () => {
    const chunks = chunkDocument(parseMarkdown(`${SENTENCE}\n\n`.repeat(200)));
    const estimates = chunks.map(({ tokensEstimate }) => tokensEstimate);
    expect(Math.max(...estimates)).toBeLessThanOrEqual(CHUNKING_DEFAULTS.tokensEstimateTarget);
    expect(Math.min(...estimates.slice(0, -1))).toBeGreaterThan(210);
  });

  it('joins a rest below the minimum to the chunk before', () => {
    const source = `${SENTENCE.repeat(2)}\n\n${SENTENCE.slice(0, 30)}\n\n# B\n\nb`;
    expect(estimateTokens(source)).toBeGreaterThan(SMALL.tokensEstimateTarget);
    expect(slices(source, SMALL)).toEqual([source]);
  });
});

describe('splitting', () => {
  it('cuts paragraphs at sentence ends', () => {
    const found = slices(SENTENCE.repeat(20), SMALL);
    expect(found.length).toBeGreaterThan(5);
    for (const slice of found) expect(slice.trimEnd()).toMatch(/written\.$/);
  });

  it('does not take a line break for the end of a sentence', () => {
    const wrapped = SENTENCE.repeat(20).replaceAll(' whole ', ' whole\n');
    for (const slice of slices(wrapped, SMALL)) expect(slice.trimEnd()).toMatch(/written\.$/);
  });

  it('cuts a sentence without end between words', () => {
    const found = slices('lorem ipsum '.repeat(200), SMALL);
    for (const slice of found) expect(slice).toMatch(/^(lorem|ipsum) .*(lorem|ipsum) $/);
  });

  it('cuts Japanese at its sentence ends', () => {
    const found = slices('受け入れ基準を満たすことを確認する。'.repeat(20), SMALL);
    expect(found.length).toBeGreaterThan(5);
    for (const slice of found) expect(slice).toMatch(/。$/);
  });

  it('cuts at line ends where lines are paragraphs, before it cuts at sentences', () => {
    const line = `${SENTENCE.repeat(2).trim()}\n`;
    for (const slice of slices(line.repeat(20), SMALL)) expect(slice).toBe(line);
  });

  it.each([
    ['Thai', 'ก่อนเผยแพร่คนที่สองต้องอ่านการเปลี่ยนแปลงทั้งหมดและการทดสอบทุกอย่างต้องผ่าน'],
    ['Khmer', 'មុនពេលចេញផ្សាយមនុស្សទីពីរអានការផ្លាស់ប្តូរទាំងមូល'],
    ['Burmese', 'ထုတ်ပြန်ခြင်းမပြုမီဒုတိယလူကပြောင်းလဲမှုအားလုံးကိုဖတ်ရမည်'],
    ['Japanese without stops', '発布前に別の担当者が変更点をすべて確認することになっている'],
    ['Chinese without stops', '发布之前必须由第二个人阅读全部改动并且所有测试都要通过'],
  ])('cuts %s between words, though it has no spaces', (_what, sentence) => {
    const source = sentence.repeat(20);
    const words = new Intl.Segmenter('en', { granularity: 'word' }).segment(source);
    const chunks = chunkDocument(parseText(source), SMALL);
    expect(chunks.length).toBeGreaterThan(5);
    for (const { end } of chunks.slice(0, -1)) expect(words.containing(end)?.index).toBe(end);
  });

  it.each([
    ['Hindi', 'हर कहानी बताती है कि किसे इसकी ज़रूरत है और क्यों। ', /। $/],
    ['Arabic', 'هل يقرأ شخص ثان التغيير كله قبل الإصدار؟ ', /؟ $/],
    ['Hebrew', 'לפני השחרור אדם שני קורא את כל השינוי. ', /\. $/],
    ['Urdu', 'ریلیز سے پہلے دوسرا شخص پوری تبدیلی پڑھتا ہے۔ ', /۔ $/],
    ['Chinese', '发布之前，必须由第二个人阅读全部改动。', /。$/],
    ['Armenian', 'Նա կարդում է։ ', /։ $/],
    ['Amharic', 'ሰው ያነባል። ', /። $/],
    ['Burmese', 'ဒုတိယလူက ဖတ်ရမည်။ ', /။ $/],
    ['Khmer', 'មនុស្សទីពីរអានវា។ ', /។ $/],
  ])('cuts %s at its sentence ends', (_what, sentence, ending) => {
    const found = slices(sentence.repeat(30), SMALL);
    expect(found.length).toBeGreaterThan(5);
    for (const slice of found.slice(0, -1)) expect(slice).toMatch(ending);
  });

  it.each([
    ['family emoji', '👩‍👩‍👧'],
    ['flags', '🇩🇪'],
    ['combining marks', 'e\u0301\u0323'],
    ['Hangul jamo', '\u1112\u1161\u11ab'],
    ['Devanagari clusters', 'क्षि'],
    ['Thai vowels and tones', 'ที่'],
    ['Hebrew points', 'שָׁ'],
    ['skin tones', '👍🏽'],
    ['keycaps', '1️⃣'],
    ['ideographs beyond 16 bits with a variation', '𠮟\u{E0101}'],
    ['CR LF', '.\r\n'],
  ])('does not cut %s', (_what, grapheme) => {
    for (const slice of slices(grapheme.repeat(300), SMALL)) {
      expect(slice.replaceAll(grapheme, '')).toBe('');
    }
  });

  it('cuts a grapheme that is too long between code points', () => {
    const source = `a${'\u{1D165}'.repeat(500)}`;
    const found = slices(source, SMALL);
    expect(found.join('')).toBe(source);
    for (const slice of found) expect(slice).not.toMatch(/\p{Surrogate}/u);
  });

  it('cuts lists between items', () => {
    const found = slices('- the item of a list\n'.repeat(100), SMALL);
    for (const slice of found) expect(slice).toMatch(/^(- the item of a list\n)+$/);
  });

  it('cuts tables between rows and repeats the header', () => {
    const header = '| name | value |\n|------|-------|\n';
    const parsed = parseMarkdown(header + '| some name | 12 |\n'.repeat(100));
    const [first, ...others] = chunkDocument(parsed, SMALL);
    expect(first?.lead).toBe('');
    expect(parsed.text.slice(0, first?.end)).toContain(header);
    expect(others.length).toBeGreaterThan(5);
    for (const { lead, start, end } of others) {
      expect(lead).toBe(header);
      expect(parsed.text.slice(start, end)).toMatch(/^(\| some name \| 12 \|\n)+$/);
    }
  });

  it.each(['html', 'adf'] as const)('repeats the header of %s tables', (format) => {
    const cell = (type: string, text: string) => ({
      type,
      content: [{ type: 'paragraph', content: [{ type: 'text', text }] }],
    });
    const row = (type: string, text: string) => ({ type: 'tableRow', content: [cell(type, text)] });
    const rows = [row('tableHeader', 'Head'), ...Array(200).fill(row('tableCell', 'some cell'))];
    const content =
      format === 'html'
        ? `<table><tr><th>Head</th></tr>${'<tr><td>some cell</td></tr>'.repeat(200)}</table>`
        : JSON.stringify({ type: 'doc', content: [{ type: 'table', content: rows }] });
    const chunks = chunkDocument(parseDocument({ name: 'x', content, format }), SMALL);
    expect(chunks.length).toBeGreaterThan(5);
    expect(new Set(chunks.slice(1).map(({ lead }) => lead))).toEqual(new Set(['Head\n---\n']));
  });

  it('cuts code between lines, closing and opening the fence again', () => {
    const parsed = parseMarkdown(`~~~~ts\n${'const a = 1;\n'.repeat(100)}~~~~\n\nafter`);
    const chunks = chunkDocument(parsed, SMALL);
    expect(chunks.length).toBeGreaterThan(5);
    for (const [position, { lead, start, end, trail }] of chunks.entries()) {
      const isLast = position === chunks.length - 1;
      expect(lead).toBe(position === 0 ? '' : '~~~~ts\n');
      expect(trail).toBe(isLast ? '' : '\n~~~~');
      const whole = lead + parsed.text.slice(start, end) + trail;
      expect(parseMarkdown(whole).blocks[0]?.kind).toBe('code');
      expect(parseMarkdown(whole).blocks.length).toBe(isLast ? 2 : 1);
    }
  });

  it('opens no fence again behind the end of the code', () => {
    const parsed = parseMarkdown(`\`\`\`\n${'a\n'.repeat(100)}\`\`\`\n${'\n'.repeat(300)}x`);
    for (const { lead, start, trail, end } of chunkDocument(parsed, SMALL)) {
      const codeEnd = parsed.blocks[0]?.end ?? 0;
      if (start >= codeEnd) expect(lead).toBe('');
      if (end >= codeEnd) expect(trail).toBe('');
    }
  });

  it('closes a fence that the source leaves open, right behind the code', () => {
    const code = `\`\`\`js\n${'const a = 1;\n'.repeat(100)}`;
    const chunks = chunkDocument(parseMarkdown(code), SMALL);
    expect(chunks.length).toBeGreaterThan(5);
    expect(new Set(chunks.map(({ trail }) => trail))).toEqual(new Set(['\n```']));
    const item = `- ${code.replaceAll('\n', '\n  ')}`;
    for (const source of [`${item}\n\nx`, `${item}\n\n# H\n\nx`]) {
      const { text, ...parsed } = parseMarkdown(source);
      const inItem = chunkDocument({ text, ...parsed }, SMALL);
      const codeEnd = parsed.blocks[0]?.end ?? 0;
      const closing = inItem.find(({ start, end }) => start < codeEnd && end >= codeEnd);
      expect(closing?.trail).toBe('\n```');
      expect(text.slice(closing?.start, closing?.end).trimEnd()).toMatch(/const a = 1;$/);
      expect(inItem.at(-1)).toMatchObject({ lead: '', trail: '' });
    }
  });

  it('reads on behind quote marks, in code and in tables', () => {
    const code = `> [!NOTE]\n> ~~~js\n${'> const a = 1;\n'.repeat(400)}> ~~~`;
    const parsed = parseMarkdown(code);
    const chunks = chunkDocument(parsed, SMALL);
    for (const [i, { lead, start, end, trail }] of chunks.entries()) {
      expect(lead).toBe(i === 0 ? '' : '> ~~~js\n');
      expect(trail).toBe(i === chunks.length - 1 ? '' : '\n> ~~~');
      expect(parsed.text.slice(start, end)).toMatch(
        /^(> \[!NOTE\]\n> ~~~js\n)?(> const a = 1;\n)+(> ~~~)?$/,
      );
    }
    const header = '> > | name | value |\n> > |---|---|\n';
    const table = parseMarkdown(`${header}${'> > | some name | 12 |\n'.repeat(400)}`);
    const [, ...others] = chunkDocument(table, SMALL);
    expect(others.length).toBeGreaterThan(5);
    for (const { lead, start, end } of others) {
      expect(lead).toBe(header);
      expect(table.text.slice(start, end)).toMatch(/^(> > \| some name \| 12 \|\n)+$/);
    }
  });

  it('puts quote marks before what is left of a quoted line of code', () => {
    const source = `> \`\`\`\n> ${'word '.repeat(300)}\n> \`\`\``;
    const [, ...others] = chunkDocument(parseMarkdown(source), SMALL);
    expect(others.length).toBeGreaterThan(3);
    for (const { lead } of others.slice(0, -1)) expect(lead).toBe('> ```\n> ');
  });

  const row = (count: number, cell: (i: number) => string) =>
    `| ${Array.from({ length: count }, (_, i) => cell(i)).join(' | ')} |\n`;

  it('repeats a long header with its names cut', () => {
    const header = `${row(16, (i) => `A long name of column ${i}`)}${row(16, () => ':---')}`;
    const source = header + row(16, (i) => `v${i}`).repeat(40);
    const [, ...others] = chunkDocument(parseMarkdown(source));
    expect(others.length).toBeGreaterThan(5);
    const [cut = '', ...more] = new Set(others.map(({ lead }) => lead));
    expect(more).toEqual([]);
    expect(cut).toMatch(/^(\| A long na[^|]*… ){16}\|\n(\| :- ){16}\|\n$/);
    const { blocks } = parseMarkdown(`${cut}${row(16, () => 'x')}`);
    expect(blocks.map(({ kind }) => kind)).toEqual(['table']);
  });

  it('repeats no header of so many columns that it would fill a third of the chunk', () => {
    const leads = (columns: number) => {
      const header = `${row(columns, (i) => `Column ${i}`)}${row(columns, () => '---')}`;
      const source = header + row(columns, () => 'v').repeat(40);
      return chunkDocument(parseMarkdown(source)).map(({ lead }) => lead !== '');
    };
    expect(leads(25)).toContain(true);
    expect(leads(30)).not.toContain(true);
  });
});

it.each([
  { tokensEstimateTarget: 40, tokensEstimateMax: 30, tokensEstimateMin: 10 },
  { tokensEstimateTarget: 40, tokensEstimateMax: 60, tokensEstimateMin: 50 },
  { tokensEstimateTarget: 40.5, tokensEstimateMax: 60, tokensEstimateMin: 10 },
  { tokensEstimateTarget: 40, tokensEstimateMax: 60, tokensEstimateMin: 0 },
])('refuses the options %j', (options) => {
  expect(() => chunkDocument(parseText('x'), options)).toThrow(
    expect.objectContaining({ code: 'invariant_violated' }),
  );
});
