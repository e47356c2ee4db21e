import { describe, expect, it } from 'vitest';
import { parseHtml } from '../../src/chunking/parse-html';

function shown(source: string): [kind: string, text: string][] {
  const { text, blocks } = parseHtml(source);
  return blocks.map(({ kind, start, end }) => [kind, text.slice(start, end)]);
}

describe('text', () => {
  it('has its white space folded and its entities decoded', () => {
    expect(parseHtml('<p>a \n <b>b</b>c &amp; &lt;d&gt;&#x1F600;<br> e</p>').text).toBe(
      'a bc & <d>😀\ne',
    );
  });

  it('of script, style, template, comments and title is dropped, hidden text is not', () => {
    const source =
      '<title>T</title><style>s</style><script>"<p>x</p>"</script><template><p>t</template>' +
      '<!-- c --><p hidden>seen</p><p style="display:none">too</p>';
    expect(parseHtml(source)).toMatchObject({ text: 'seen\n\ntoo', title: 'T' });
  });

  it('is read although tags are not closed', () => {
    expect(parseHtml('<head><meta charset=utf-8><p>a<p>b<ul><li>c<li>d').text).toBe(
      'a\n\nb\n\n- c\n- d',
    );
  });
});

describe('blocks', () => {
  it('are told apart by kind', () => {
    const source =
      '<h2>H</h2>x<div>y</div><blockquote><p>q</blockquote><ul><li>a<ol start=3><li>b</ol></ul>' +
      '<table><tr><th>h<th>i<tr><td><p>1</p><p>2</p><td>3</table>' +
      '<pre><code class="language-ts">\n a\n  b\n</code></pre><hr>';
    expect(shown(source)).toEqual([
      ['heading', 'H'],
      ['paragraph', 'x'],
      ['paragraph', 'y'],
      ['quote', 'q'],
      ['list-item', '- a'],
      ['list-item', '3. b'],
      ['table', 'h | i\n--- | ---\n1 2 | 3'],
      ['code', '```ts\n a\n  b\n```'],
      ['rule', '---'],
    ]);
  });

  it('carry heading paths, and the first h1 is the title', () => {
    const { blocks, title } = parseHtml('<h1>A <i>b</i></h1><h3>C</h3><p>x<h2>D</h2><p>y');
    expect(blocks.map(({ headings }) => headings.join('/'))).toEqual([
      ...['A b', 'A b/C', 'A b/C', 'A b/D', 'A b/D'],
    ]);
    expect(title).toBe('A b');
  });

  it('put a longer fence around code that holds one', () => {
    expect(parseHtml('<pre>```\nx</pre>').text).toBe('````\n```\nx\n````');
  });

  it('repeat merged cells in every row and column they cover, within their group of rows', () => {
    const source =
      '<table><caption>C</caption><thead><tr><td rowspan=2>Stage<td colspan=2>Who</tr>' +
      '<tr><td>does<td>checks</thead><tbody><tr><th rowspan=0>Build<td>Ann<td>Bob' +
      '<tr><td>Cem<td>Dia<tr></tr></tbody><tbody><tr><th>Ship<td>Eve<td>Fay' +
      '<tr><td colspan=3>Nothing else</table>';
    const lines = [
      ...['C', 'Stage | Who | Who', 'Stage | does | checks', '--- | --- | ---'],
      ...['Build | Ann | Bob', 'Build | Cem | Dia', 'Ship | Eve | Fay', 'Nothing else'],
    ];
    expect(shown(source)).toEqual([['table', lines.join('\n')]]);
  });

  it('repeat no more of merged cells than a reader needs', () => {
    const long = 'word '.repeat(100).trim();
    const [, second = ''] = parseHtml(
      `<table><tr><td rowspan=2>${long}<td>a<tr><td>b</table>`,
    ).text.split('\n');
    expect(second).toMatch(/^word .*… \| b$/);
  });

  it('let no cell reach beyond the widest row', () => {
    const rows = [
      '<tr><th>Step<th>Who<th>When',
      '<tr><td>Note<td colspan=50>Ask first',
      '<tr><td colspan=99999>Twice<td>Ann',
      '<tr><td rowspan=2>Build<td colspan=9>Cem',
      '<tr><td colspan=9>Dia',
    ];
    expect(
      parseHtml(`<table>${rows.join('')}</table>`)
        .text.split('\n')
        .slice(2),
    ).toEqual([
      'Note | Ask first | Ask first',
      'Twice | Twice | Ann',
      ...['Build | Cem | Cem', 'Build | Dia | Dia'],
    ]);
    expect(parseHtml('<table><tr><td>a<td colspan=99999>b</table>').text).toBe('a | b');
  });

  const LONG = 'word '.repeat(100).trim();
  const WIDE = '<td>x'.repeat(1_500);
  it.each([
    ['cells over many columns', `<table><tr>${WIDE}${'<tr><td colspan=1500>y<td>z'.repeat(500)}`],
    ['cells over many rows', `<table><tr><td rowspan=0>${LONG}<td>a${'<tr><td>x'.repeat(20_000)}`],
    [
      'cells over both',
      `<table><tr>${`<td rowspan=0 colspan=99>${LONG}`.repeat(9)}${'<tr><td>x'.repeat(20_000)}`,
    ],
    ['gaps', `<table><tr>${WIDE}<td rowspan=0>${'<tr><td>x'.repeat(5_000)}`],
    ['many tables', '<table><tr><td>a<td colspan=99999>b</table>'.repeat(200)],
    [
      'many tables with gaps',
      `<table><tr>${'<td>x'.repeat(20)}<td rowspan=0>${'<tr><td>x'.repeat(20)}</table>`.repeat(200),
    ],
  ])('stay linear in the size of their source with %s', (_what, source) => {
    expect(parseHtml(source).text.length).toBeLessThan(6 * source.length);
  });

  it('keep folded parts and definitions with what introduces them', () => {
    const source =
      '<details><summary>When?</summary>Always.<p>Really.</details>' +
      '<dl><dt>DoD<dd>what done means<dd><p>for all</p><p>teams</p><dt>DoR<dd>the same</dl>';
    const { text, blocks } = parseHtml(source);
    expect(text).toBe(
      'When?\n\nAlways.\n\nReally.\n\nDoD\n: what done means\n: for all\nteams\nDoR\n: the same',
    );
    const introducing = blocks.filter((block) => block.introduces);
    expect(introducing.map(({ start, end }) => text.slice(start, end))).toEqual([
      ...['When?', 'DoD', 'DoR'],
    ]);
  });

  it('indent lists by depth, keep their numbers, boxes and line breaks', () => {
    const source =
      '<ol start=3><li>a<br>b<ul><li><input type=checkbox checked>c<ul><li>' +
      '<input type=checkbox>d</ul></ul><li>e</ol>';
    expect(parseHtml(source).text).toBe('3. a\nb\n  - [x] c\n    - [ ] d\n4. e');
  });

  it('mark what is struck out, and join words at soft hyphens', () => {
    expect(parseHtml('<p><del>by <b>fax</b></del> by docu&shy;ment <s> </s>').text).toBe(
      '~~by~~ ~~fax~~ by document',
    );
  });

  it('mark a long run of struck text in time that grows with its length', () => {
    // In quadratic time this would take an hour.
    expect(parseHtml(`<s>a${' '.repeat(2_000_000)}b</s>`).text).toBe('~~a b~~');
  });

  it.each([
    [
      'blocks',
      '<pre class="language-bash"><code><div class=token-line>git checkout main</div>' +
        '<div class=token-line>git pull\n</div><div><br></div><div>git tag</div></code></pre>',
      'bash\ngit checkout main\ngit pull\n\ngit tag',
    ],
    [
      'rows, a space between their cells',
      '<pre><table><tr><td>1</td><td>const a</td></tr><tr><td></td><td>  let b</td></tr></table></pre>',
      '\n1 const a\n  let b',
    ],
    ['items', '<pre>first<ol><li>x<li>y</ol>last</pre>', '\nfirst\nx\ny\nlast'],
    ['paragraphs', '<pre><p>first</p><p>second</p></pre>', '\nfirst\nsecond'],
    ['spans, which end none', '<pre><span>a</span><b>b</b></pre>', '\nab'],
  ])('break lines of code at the ends of %s', (_what, source, content) => {
    expect(shown(source)).toEqual([['code', `\`\`\`${content}\n\`\`\``]]);
  });

  it('flatten tables within tables', () => {
    const source = '<table><tr><td>a<table><tr><td>b<td>c</table>d<td>e</table>';
    expect(shown(source)).toEqual([['table', 'a b c d | e']]);
  });
});

it('reads on when elements are nested beyond any page', () => {
  const { text } = parseHtml(`${'<div>'.repeat(100_000)}deep${'</div>'.repeat(100_000)}<p>after`);
  expect(text).toBe('deep\n\nafter');
});

it('reads what a page says about itself', () => {
  const source =
    '<html lang="de_at"><head><title>T</title><meta name=Keywords content="a, b">' +
    '<meta name=author content=Ann><meta name=keywords content=later><body><h1>H</h1>';
  expect(parseHtml(source)).toMatchObject({
    title: 'T',
    metadata: { title: 'T', labels: ['a', 'b'], language: 'de-AT', owner: 'Ann' },
  });
  expect(parseHtml('<h1>H</h1>')).toMatchObject({ title: 'H', metadata: { labels: [] } });
});
