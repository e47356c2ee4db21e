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

  it('give tables one line per row, merged cells in every row and column they cover', () => {
    const cell = (type: string, value: string, attrs: Node = {}): Node =>
      node(type, [say(value)], attrs);
    const table = node('table', [
      node('tableRow', [
        cell('tableHeader', 'Stage', { rowspan: 2 }),
        cell('tableHeader', 'Who', { colspan: 2 }),
      ]),
      node('tableRow', [cell('tableHeader', 'does'), cell('tableHeader', 'checks')]),
      node('tableRow', [
        cell('tableCell', 'Build', { rowspan: 3 }),
        cell('tableCell', 'Ann'),
        cell('tableCell', 'Bob', { rowspan: 2 }),
      ]),
      node('tableRow', [cell('tableCell', 'Cem')]),
      node('tableRow', [cell('tableCell', 'Dia'), cell('tableCell', 'Eve')]),
      node('tableRow', [cell('tableCell', 'Nothing else', { colspan: 3 })]),
    ]);
    const lines = [
      ...['Stage | Who | Who', 'Stage | does | checks', '--- | --- | ---'],
      ...['Build | Ann | Bob', 'Build | Cem | Bob', 'Build | Dia | Eve', 'Nothing else'],
    ];
    expect(shown(table)).toEqual([['table', lines.join('\n')]]);
    const wide = [cell('tableCell', 'a'), cell('tableCell', 'b', { colspan: 100_000 })];
    expect(shown(node('table', [node('tableRow', wide)]))).toEqual([['table', 'a | b']]);
  });

  it('say what kind of panel they are', () => {
    const panel = (panelType: string, ...content: Node[]): Node =>
      node('panel', content, { panelType });
    const list = node('bulletList', [node('listItem', [say('a')])]);
    const code = node('codeBlock', [text('x')]);
    expect(shown(panel('warning', say('Never'), say('ever')), panel('info', list))).toEqual([
      ['quote', '[warning] Never'],
      ['quote', 'ever'],
      ['list-item', '- [info] a'],
    ]);
    expect(shown(panel('error', code), panel('custom', say('own')), panel('note'))).toEqual([
      ['quote', '[error]'],
      ['code', '```\nx\n```'],
      ['quote', 'own'],
    ]);
  });

  it('keep the state of tasks and decisions', () => {
    const found = shown(
      node('taskList', [
        node('taskItem', [text('t')], { state: 'DONE' }),
        node('blockTaskItem', [say('u')], { state: 'TODO' }),
      ]),
      node('decisionList', [
        node('decisionItem', [text('d')], { state: 'DECIDED' }),
        node('decisionItem', [text('e')], { state: 'UNDECIDED' }),
      ]),
    );
    expect(found.map(([, line]) => line)).toEqual([
      ...['- [x] t', '- [ ] u', '- [decided] d', '- [undecided] e'],
    ]);
  });

  it('mark what is struck out', () => {
    const struck = { ...text('old '), marks: [{ type: 'strong' }, { type: 'strike' }] };
    expect(shown(paragraph(struck, text('new')))).toEqual([['paragraph', '~~old~~ new']]);
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
    const named = { type: 'extension', attrs: { extensionKey: 'jira', text: 'Open bugs' } };
    const nested = node('nestedExpand', [say('deep')], { title: 'Most' });
    const document = [node('expand', [say('in'), nested], { title: 'More' }), macro, named];
    expect(shown(...document).map(([, line]) => line)).toEqual([
      ...['More', 'in', 'Most', 'deep', '[macro: jira]', '[macro: jira, Open bugs]'],
    ]);
    expect(parseAdf(adf(...document)).blocks.map(({ introduces }) => introduces)).toEqual([
      ...[true, undefined, true, undefined, undefined, undefined],
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
