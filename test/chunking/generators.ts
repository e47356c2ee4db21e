/** Random documents made of constructs that real ones have, for the property tests. */

import fc from 'fast-check';

const WORDS = [
  ...['the', 'release', 'must', 'be', 'tested.', 'Why?', 'e.g.', 'x', '#5', '1.', '-', '*bold*'],
  ...[
    '`code`',
    '[link](http://x.y)',
    '😀',
    '👩‍👩‍👧',
    'e\u0301',
    'テスト。',
    '受け入れ基準',
    'שלום',
    '한국어',
  ],
  ...['&amp;', '<b>', '|', '\t', '\\', '>', '~~', '\u00a0', '𠀋', 'a'.repeat(60)],
];

const words = fc
  .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 40 })
  .map((list) => list.join(' '));
const shortWords = fc
  .array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 5 })
  .map((list) => list.join(' '));

const headingLine = fc
  .tuple(fc.integer({ min: 1, max: 6 }), shortWords)
  .map(([level, text]) => `${'#'.repeat(level)} ${text}`);
const listLines = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.constantFrom('-', '1.', '*'), shortWords), {
    minLength: 1,
    maxLength: 12,
  })
  .map((items) => items.map(([depth, mark, text]) => `${'  '.repeat(depth)}${mark} ${text}`))
  .map((lines) => lines.join('\n'));
const tableLines = fc
  .array(shortWords, { minLength: 1, maxLength: 30 })
  .map((rows) => ['| a | b |', '|---|:-:|', ...rows.map((row) => `| ${row} | x |`)].join('\n'));
const codeLines = fc
  .tuple(fc.constantFrom('```', '~~~~'), fc.array(shortWords, { maxLength: 30 }), fc.boolean())
  .map(([fence, lines, closed]) => [`${fence}ts`, ...lines, ...(closed ? [fence] : [])].join('\n'));
const quoteLines = fc
  .array(shortWords, { minLength: 1, maxLength: 6 })
  .map((lines) => lines.map((line) => `> ${line}`).join('\n'));
const oddLines = fc.constantFrom(
  ...['***', '<div>\nx\n</div>', '<!-- note -->', '[a]: http://x', '[^1]: foot', '    indented'],
  ...['Title\n=====', '- ```js\n  x\n  ```', '> - a\n> - b', '\ufeff', '', '   ', '> '.repeat(50)],
  ...['> ```\n> x\n>\n> y\n> ```', '> | a |\n> |---|\n> | b |', '> > a\n> > ```\n> > b'],
);

export const markdownSource = fc
  .tuple(
    fc.boolean(),
    fc.array(fc.oneof(words, headingLine, listLines, tableLines, codeLines, quoteLines, oddLines), {
      maxLength: 25,
    }),
    fc.constantFrom('\n\n', '\n\n', '\n', '\n\n\n'),
    fc.constantFrom('\n', '\n', '\r\n', '\r'),
  )
  .map(([front, parts, gap, lineEnd]) => {
    const body = parts.join(gap);
    return (front ? `---\ntitle: x\n---\n${body}` : body).replaceAll('\n', lineEnd);
  });

export const textSource = fc
  .array(fc.oneof(words, fc.constantFrom('', ' ', '\t', '\f'), fc.string({ unit: 'binary' })), {
    maxLength: 30,
  })
  .chain((parts) => fc.constantFrom('\n', '\n\n', '\r\n').map((gap) => parts.join(gap)));

const htmlBlock: fc.Arbitrary<string> = fc.letrec<{ block: string }>((tie) => ({
  block: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'html' },
    words.map((text) => `<p>${text}</p>`),
    words,
    fc.integer({ min: 1, max: 6 }).chain((n) => shortWords.map((t) => `<h${n}>${t}</h${n}>`)),
    fc.array(tie('block'), { maxLength: 4 }).map((parts) => `<ul><li>${parts.join('<li>')}</ul>`),
    fc.array(tie('block'), { maxLength: 4 }).map((parts) => `<ol>${parts.join('')}</ol>`),
    tie('block').map((inner) => `<blockquote>${inner}</blockquote>`),
    tie('block').map((inner) => `<div>${inner}`),
    fc
      .array(tie('block'), { maxLength: 6 })
      .map((cells) => `<table><tr><th>h</th></tr><tr><td>${cells.join('<td>')}</table>`),
    words.map((text) => `<pre><code class="language-ts">${text}\n\n ${text}</code></pre>`),
    fc.constantFrom('<hr>', '<br>', '<script>x</script>', '&#xD800;', '&#1;', '</p>', '<!-- c -->'),
  ),
})).block;

export const htmlSource = fc.array(htmlBlock, { maxLength: 10 }).map((parts) => parts.join('\n'));

type Adf = Record<string, unknown>;
const adfText = (text: string): Adf => ({ type: 'text', text });
const adfNode = (type: string, content: Adf[], attrs?: Adf): Adf =>
  attrs === undefined ? { type, content } : { type, content, attrs };

const adfInline: fc.Arbitrary<Adf> = fc.oneof(
  words.map(adfText),
  fc.constantFrom<Adf>(
    { type: 'mention', attrs: { id: '1', text: '@Kim' } },
    { type: 'emoji', attrs: { shortName: ':smile:' } },
    { type: 'date', attrs: { timestamp: '1700000000000' } },
    { type: 'hardBreak' },
    { type: 'text', text: '\ud800 \u0000' },
    { type: 'inlineCard', attrs: { url: 'https://x.y' } },
  ),
);
const adfParagraph = fc
  .array(adfInline, { maxLength: 5 })
  .map((content) => adfNode('paragraph', content));

const adfBlock: fc.Arbitrary<Adf> = fc.letrec<{ block: Adf }>((tie) => {
  const children = fc.array(tie('block'), { maxLength: 4 });
  const inside = (type: string) => children.map((content) => adfNode(type, content));
  return {
    block: fc.oneof(
      { maxDepth: 4, depthIdentifier: 'adf' },
      adfParagraph,
      fc
        .tuple(fc.integer({ min: 1, max: 6 }), shortWords)
        .map(([level, text]) => adfNode('heading', [adfText(text)], { level })),
      words.map((text) => adfNode('codeBlock', [adfText(`${text}\n${text}`)], { language: 'ts' })),
      children.map((items) =>
        adfNode(
          'bulletList',
          items.map((item) => adfNode('listItem', [item])),
        ),
      ),
      children.map((items) =>
        adfNode(
          'table',
          items.map((item) => adfNode('tableRow', [adfNode('tableCell', [item])])),
        ),
      ),
      inside('panel'),
      inside('blockquote'),
      inside('madeUpNode'),
      fc.constantFrom<Adf>({ type: 'rule' }, { type: 'extension', attrs: { extensionKey: 'toc' } }),
    ),
  };
}).block;

export const adfSource = fc
  .array(adfBlock, { maxLength: 10 })
  .map((content) => JSON.stringify({ type: 'doc', version: 1, content }));
