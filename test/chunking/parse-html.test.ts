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

  it('flatten tables within tables', () => {
    const source = '<table><tr><td>a<table><tr><td>b<td>c</table>d<td>e</table>';
    expect(shown(source)).toEqual([['table', 'a b c d | e']]);
  });
});

it('reads on when elements are nested beyond any page', () => {
  const { text } = parseHtml(`${'<div>'.repeat(100_000)}deep${'</div>'.repeat(100_000)}<p>after`);
  expect(text).toBe('deep\n\nafter');
});
