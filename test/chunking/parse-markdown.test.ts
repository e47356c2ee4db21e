import { describe, expect, it } from 'vitest';
import { HEADING_TEXT_LENGTH_MAX } from '../../src/chunking/heading-path';
import { parseMarkdown } from '../../src/chunking/parse-markdown';

type Shown = [kind: string, text: string];

function shown(source: string): Shown[] {
  const { text, blocks } = parseMarkdown(source);
  return blocks.map(({ kind, start, end }) => [kind, text.slice(start, end)]);
}

describe('blocks', () => {
  it('are told apart by kind', () => {
    const source = [
      ...['---', 'title: T', '---', '# H', 'text', 'more', '', '***', '', '<div>x</div>', ''],
      ...['    indented', '', '[a]: http://x'],
    ];
    expect(shown(source.join('\n'))).toEqual([
      ['front-matter', '---\ntitle: T\n---'],
      ['heading', '# H'],
      ['paragraph', 'text\nmore'],
      ['rule', '***'],
      ['other', '<div>x</div>'],
      ['code', 'indented'],
      ['other', '[a]: http://x'],
    ]);
  });

  it('give every list item its marker and its depth', () => {
    const source = '- a\n  - b\n\n    more\n1. c\n- - d\n-\n';
    expect(shown(source)).toEqual([
      ...[
        ['list-item', '- a'],
        ['list-item', '- b'],
        ['list-item', 'more'],
      ],
      ...[
        ['list-item', '1. c'],
        ['list-item', '- - d'],
        ['list-item', '-'],
      ],
    ]);
    expect(parseMarkdown(source).blocks.map(({ level }) => level)).toEqual([1, 2, 2, 1, 2, 1]);
  });

  it('keep code and tables whole, also inside an item', () => {
    expect(shown('- x\n  ```js\n  y\n  ```\n\n| a |\n|---|\n| b |\n')).toEqual([
      ['list-item', '- x'],
      ['code', '```js\n  y\n  ```'],
      ['table', '| a |\n|---|\n| b |'],
    ]);
  });

  it('of a quote carry their marks', () => {
    expect(shown('> a\n> b\n>\n> - c\n')).toEqual([
      ['quote', '> a\n> b\n>'],
      ['quote', '> - c'],
    ]);
  });
});

describe('offsets', () => {
  it.each([
    ['emoji', '# 😀\n\n👩‍👩‍👧 a\n\n- 🎉\n', ['# 😀', '👩‍👩‍👧 a', '- 🎉']],
    ['combining marks', '# e\u0301\n\no\u0308\u0323\n', ['# e\u0301', 'o\u0308\u0323']],
    ['CR LF', '# a\r\n\r\nb\r\nc\r\n\r\n- d\r\n', ['# a', 'b\r\nc', '- d']],
    ['CR', '# a\r\rb', ['# a', 'b']],
    ['tabs', '#\ta\n\n-\tb\n\n\tcode\n', ['#\ta', '-\tb', 'code']],
    ['one character', 'x', ['x']],
    ['right to left', '# שלום\n\nمرحبا بالعالم\n', ['# שלום', 'مرحبا بالعالم']],
    ['CJK', '# 題\n\n受け入れ基準を書く。\n', ['# 題', '受け入れ基準を書く。']],
    ['a byte order mark', '\ufeff# a\n\nb', ['# a', 'b']],
  ])('are exact over %s', (_what, source, texts) => {
    const found = shown(source).map(([, text]) => text);
    expect(found.map((text) => text.replace('\ufeff', ''))).toEqual(texts);
  });

  it('are exact behind and within lines too long to be parsed whole', () => {
    const long = 'word 😀 '.repeat(2_000);
    const source = `a\n\n${long}end\n\n# b\n\n- ${long}end\n- c`;
    const texts = shown(source).map(([, text]) => text);
    expect(texts).toEqual(['a', `${long}end`, '# b', `- ${long}end`, '- c']);
  });
});

describe('headings', () => {
  it('give the path, a level skipped or stepped back', () => {
    const source = '# A\n\na\n\n### B\n\nb\n\n## C\n\nc\n\n# D\n\nd';
    const { blocks } = parseMarkdown(source);
    expect(blocks.map(({ headings }) => headings.join('/'))).toEqual([
      ...['A', 'A', 'A/B', 'A/B', 'A/C', 'A/C', 'D', 'D'],
    ]);
  });

  it('are shown without marks, entities, tags, attributes and underlines', () => {
    const source = [
      ...['# *a* `b*` [c](http://x) ![d](e)', '## A &amp; B <b>c</b> \\* {#anchor}', '## x ##'],
      ...['snake_case *and*\nmore', '---', '##', 'text'],
    ];
    const { blocks } = parseMarkdown(source.join('\n'));
    expect(blocks.map(({ headings }) => headings.at(-1))).toEqual([
      ...['a b* c d', 'A & B c *', 'x', 'snake_case and more', 'a b* c d', 'a b* c d'],
    ]);
  });

  it('inside quotes and items begin no section', () => {
    const { blocks } = parseMarkdown('# A\n\n> # q\n\n- # i\n\nb');
    expect(blocks.map(({ headings }) => headings.join('/'))).toEqual(['A', 'A', 'A', 'A']);
    expect(blocks.filter(({ kind }) => kind === 'heading')).toHaveLength(1);
  });

  it('of great length are cut', () => {
    const text = parseMarkdown(`# ${'ab 😀'.repeat(5_000)}\n\nx`).blocks[1]?.headings[0] ?? '';
    expect(text.length).toBeLessThanOrEqual(HEADING_TEXT_LENGTH_MAX);
    expect(text.endsWith('…')).toBe(true);
    expect(text).not.toMatch(/\p{Surrogate}/u);
  });
});

describe('title', () => {
  it.each([
    ['---\ntitle: "A: b"\n---\n# C', 'A: b'],
    ["+++\ntitle = 'T'\n+++\n# C", 'T'],
    ['## x\n\n# C *d*', 'C d'],
    ['## x', undefined],
    ['text\n\n---\ntitle: no\n---', undefined],
  ])('of %j is %j', (source, title) => {
    expect(parseMarkdown(source).title).toBe(title);
  });
});

describe('blocks longer than a window', () => {
  const lengths = { min: 200, max: 2_000 };
  const kinds = (source: string): string[] =>
    parseMarkdown(source, lengths).blocks.map(({ kind }) => kind);
  const lines = (line: string): string => `${line}\n`.repeat(500);

  it.each([
    ['table', `| a |\n|---|\n${lines('| b |')}`, ['table']],
    ['paragraph', lines('some words'), ['paragraph']],
    ['fenced code', `\`\`\`\`ts\n${lines('# no heading\n```')}\`\`\`\`\n`, ['code']],
    ['indented code', lines('    x = 1'), ['code']],
    ['quote', lines('> quoted'), ['quote']],
    [
      'code in a quote',
      `> x\n> \`\`\`\n${lines('> # a\n>')}> \`\`\`\n> y\n`,
      ['quote', 'quote', 'quote'],
    ],
    ['table in quotes', `> > | a |\n> > |---|\n${lines('> > | b |')}> > # q\n`, ['quote', 'quote']],
  ])('%s ends where it should', (_what, source, expected) => {
    const found = kinds(`${source}\n# after\n\ntext`);
    expect(found.slice(-2)).toEqual(['heading', 'paragraph']);
    expect(found.slice(0, -2)).toEqual(expected);
  });

  it('code ends with its closing fence, wherever a window does', () => {
    for (let length = 150; length < 250; length += 1) {
      const source = `\`\`\`\n${'a'.repeat(length)}\n\`\`\`\n\n# after\n\n\`\`\`\nx\n\`\`\`\n`;
      expect(kinds(source)).toEqual(['code', 'heading', 'code']);
      const quoted = source.replace(/^/gm, '> ');
      expect(kinds(quoted).slice(0, 3)).toEqual(['quote', 'quote', 'quote']);
      expect(kinds(quoted)).toHaveLength(3);
    }
  });

  it('a table of rows longer than the parser is shown has all its cells', () => {
    const row = (cell: string) => `| ${cell} `.repeat(300).concat('|\n');
    for (const cell of ['Column name', 'a long name with \\| and \\\\ in it', '']) {
      const source = `${row(cell)}${row(':---')}${lines(row('v').trim())}\n# after`;
      expect(parseMarkdown(source).blocks.map(({ kind }) => kind)).toEqual(['table', 'heading']);
    }
  });

  it('a list in a quote is read on from its last item', () => {
    const found = kinds(`${lines('> - item')}> - \`\`\`\n>   x\n>   \`\`\`\n\n# after`);
    expect(found).toEqual([...Array<string>(501).fill('quote'), 'heading']);
  });

  it('a list is one item after the other', () => {
    const found = kinds(`${lines('- item')}\n# after`);
    expect(found).toEqual([...Array<string>(500).fill('list-item'), 'heading']);
  });

  it('front matter is read whole', () => {
    const source = `---\n${'key: value\n'.repeat(100)}---\n\ntext`;
    expect(kinds(source)).toEqual(['front-matter', 'paragraph']);
  });
});
