import { describe, expect, it } from 'vitest';
import { parseAdf } from '../../src/chunking/parse-adf';

type Node = Record<string, unknown>;
const text = (value: string): Node => ({ type: 'text', text: value });
const node = (type: string, content: Node[] = [], attrs: Node = {}): Node => ({
  type,
  content,
  attrs,
});
const paragraph = (...content: Node[]): Node => node('paragraph', content);
const say = (value: string): Node => paragraph(text(value));
const adf = (...content: Node[]): string => JSON.stringify({ type: 'doc', version: 1, content });

function shown(...content: Node[]): [kind: string, text: string][] {
  const parsed = parseAdf(adf(...content));
  return parsed.blocks.map(({ kind, start, end }) => [kind, parsed.text.slice(start, end)]);
}

describe('inline nodes', () => {
  it.each<[string, Node, string]>([
    ['mention', { type: 'mention', attrs: { id: 'secret-id', text: '@Kim' } }, '@Kim'],
    ['mention without text', { type: 'mention', attrs: { id: 'secret-id' } }, '@mention'],
    ['emoji', { type: 'emoji', attrs: { shortName: ':x:', text: '😀' } }, '😀'],
    ['emoji without text', { type: 'emoji', attrs: { shortName: ':x:' } }, ':x:'],
    ['date', { type: 'date', attrs: { timestamp: '1700000000000' } }, '2023-11-14'],
    ['date that is none', { type: 'date', attrs: { timestamp: 'x' } }, ''],
    ['status', { type: 'status', attrs: { text: 'DONE' } }, 'DONE'],
    ['card', { type: 'inlineCard', attrs: { url: 'https://x.y' } }, 'https://x.y'],
    ['card with data', { type: 'inlineCard', attrs: { data: { name: 'N' } } }, 'N'],
    ['media', { type: 'mediaInline', attrs: { alt: 'plan' } }, 'plan'],
    ['macro', { type: 'inlineExtension', attrs: { extensionKey: 'toc' } }, '[macro: toc]'],
    ['line break', { type: 'hardBreak' }, '\n'],
  ])('%s', (_what, inline, expected) => {
    expect(shown(paragraph(text('a'), inline, text('b')))).toEqual([
      ['paragraph', `a${expected}b`],
    ]);
  });
});

describe('block nodes', () => {
  it('are told apart by kind', () => {
    const found = shown(
      node('heading', [text('H')], { level: 2 }),
      say('p'),
      node('panel', [say('note')]),
      node('blockquote', [say('q')]),
      node('taskList', [node('taskItem', [text('t')], { state: 'DONE' })]),
      node('taskList', [node('taskItem', [text('u')], { state: 'TODO' })]),
      node('decisionList', [node('decisionItem', [text('d')])]),
      node('orderedList', [node('listItem', [say('o')])], { order: 4 }),
      node('codeBlock', [text('a\n b')], { language: 'ts' }),
      node('rule'),
      node('mediaSingle', [node('media', [], { alt: 'pic' }), node('caption', [text('cap')])]),
    );
    expect(found).toEqual([
      ['heading', 'H'],
      ['paragraph', 'p'],
      ['quote', 'note'],
      ['quote', 'q'],
      ['list-item', '- [x] t'],
      ['list-item', '- [ ] u'],
      ['list-item', '- d'],
      ['list-item', '4. o'],
      ['code', '```ts\na\n b\n```'],
      ['rule', '---'],
      ['paragraph', 'pic'],
      ['paragraph', 'cap'],
    ]);
  });

  it('give tables one line per row, merged cells or not', () => {
    const row = (type: string, ...cells: string[]): Node =>
      node(
        'tableRow',
        cells.map((cell) => node(type, [say(cell)], { colspan: 2 })),
      );
    expect(shown(node('table', [row('tableHeader', 'h', 'i'), row('tableCell', 'a')]))).toEqual([
      ['table', 'h | i\n--- | ---\na'],
    ]);
  });

  it('are passed through when they only hold others, known or not', () => {
    const columns = node('layoutSection', [node('layoutColumn', [say('a')])]);
    expect(shown(columns, node('madeUp', [say('b')]), node('bodiedExtension', [say('c')]))).toEqual(
      [
        ['paragraph', 'a'],
        ['paragraph', 'b'],
        ['paragraph', 'c'],
      ],
    );
  });

  it('keep the title of an expand and a note of a macro', () => {
    const macro = { type: 'extension', attrs: { extensionKey: 'jira' } };
    expect(shown(node('expand', [say('in')], { title: 'More' }), macro)).toEqual([
      ...[
        ['paragraph', 'More'],
        ['paragraph', 'in'],
        ['paragraph', '[macro: jira]'],
      ],
    ]);
  });

  it('carry heading paths and depths', () => {
    const inner = node('bulletList', [node('listItem', [say('b')])]);
    const list = node('bulletList', [node('listItem', [say('a'), inner])]);
    const parsed = parseAdf(adf(node('heading', [text('H')], { level: 1 }), list));
    expect(parsed.blocks.map(({ headings, level }) => [headings, level])).toEqual([
      ...[
        [['H'], 1],
        [['H'], 1],
        [['H'], 2],
      ],
    ]);
    expect(parsed.title).toBe('H');
  });
});

it.each([
  ['no JSON', '{'],
  ['another root', '{"type":"page","content":[]}'],
  ['no content', '{"type":"doc"}'],
  ['a node that is no object', '{"type":"doc","content":["x"]}'],
  ['a node without type', '{"type":"doc","content":[{}]}'],
  ['content that is no array', '{"type":"doc","content":[{"type":"panel","content":{}}]}'],
  ['text without text', '{"type":"doc","content":[{"type":"text","text":1}]}'],
])('refuses %s', (_what, source) => {
  expect(() => parseAdf(source)).toThrow(expect.objectContaining({ code: 'document_adf_invalid' }));
});

it('reads nodes nested without end', () => {
  const deep = 50_000;
  const opening = '{"type":"panel","content":['.repeat(deep);
  const source = `${opening}{"type":"text","text":"x"}${']}'.repeat(deep)}`;
  expect(parseAdf(`{"type":"doc","content":[${source}]}`).text).toBe('x');
});
