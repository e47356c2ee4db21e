import { describe, expect, it } from 'vitest';
import { type CodeDocument, codeQuestions, markOf } from '../../bench/quality/code-questions';
import { linesOf, sampleOf } from '../../bench/quality/judged-set';
import { knownItems } from '../../bench/quality/known-items';
import { parseJudgedQueries } from '../../cli/judged-queries';

const REST =
  'What follows is long enough that there is something left of the section to be found by.';
const page = (...parts: string[]) => parts.join('\n\n');
const only = (text: string) => knownItems([{ name: 'a.md', text }]);

describe('known items', () => {
  const text = page(
    '# Page',
    'Opening words.',
    '## Rules',
    `Two people look at it. ${REST}`,
    '## End',
  );

  it('are sections without first sentence, heading, name and headings above', () => {
    const { documents, queries } = only(text);
    expect(queries).toEqual([
      {
        id: 'item-0001',
        query: 'Two people look at it.',
        relevant: [{ file: 'known-items/0001.md' }],
      },
    ]);
    expect(documents).toEqual([
      { name: 'a.md', text: page('# Page', 'Opening words.', '## End') },
      { name: 'known-items/0001.md', text: `${REST}\n` },
    ]);
    const indexed = documents.map((document) => document.text).join('\n');
    for (const withheld of ['Two people', 'Rules']) expect(indexed).not.toContain(withheld);
  });

  it('end a sentence where Japanese does', () => {
    const sentence = 'リリースの前に二人のレビュアーが承認します。';
    const rest = 'この規則は緊急の修正にも適用されます。'.repeat(5);
    const { queries, documents } = only(page('# ページ', '## 規則', `${sentence}${rest}`));
    expect(queries[0]?.query).toBe(sentence);
    expect(documents[1]?.text.trim()).toBe(rest);
  });

  it('are asked without the addresses of links', () => {
    const sentence = 'Read [the other page](https://example.org/x) first.';
    expect(only(page('# P', `${sentence} ${REST}`)).queries[0]?.query).toBe(
      'Read the other page first.',
    );
  });

  it.each([
    ['a list', `- Two people look at it, one after the other. ${REST}`],
    ['a table', `| Two people look at it |\n|---|\n| ${REST} |`],
    ['code', `\`\`\`\nTwo people look at it, as they do. ${REST}\n\`\`\``],
    ['a short code', `{{< note >}} Two people look at it. ${REST}`],
    ['a sentence of two words', `Be quick. ${REST}`],
    ['a sentence without end', 'so '.repeat(200)],
    ['nothing behind it', 'Two people look at it before it ships.'],
  ])('are none that begin with %s', (_, section) => {
    expect(only(page('# P', section))).toEqual({
      ...{ queries: [], documents: [{ name: 'a.md', text: page('# P', section) }] },
    });
  });

  it('are none whose sentence stands anywhere else', () => {
    const other = { name: 'b.md', text: 'It says: Two people look at it.' };
    const { queries, documents } = knownItems([{ name: 'a.md', text }, other]);
    expect(queries).toEqual([]);
    expect(documents).toHaveLength(2);
  });

  it('take no heading within a fence for one', () => {
    const fenced = page('# P', `Two people look at it. ${REST}`, '```\n# no heading\n```', 'Tail.');
    const { documents } = only(fenced);
    expect(documents.find(({ name }) => name.startsWith('known'))?.text).toContain('# no heading');
  });

  it('leave out a document that had nothing else', () => {
    const { documents } = only(page('# P', `Two people look at it. ${REST}`));
    expect(documents.map(({ name }) => name)).toEqual(['known-items/0001.md']);
  });
});

describe('questions about code', () => {
  const lines = Array.from({ length: 9 }, (_, i) => `const valueOfLine${i} = compute(${i});`);
  const documents: CodeDocument[] = [
    {
      ...{ doc_id: 'doc_1', original_uuid: 'u1', content: lines.join('\n') },
      chunks: [
        { original_index: 0, content: lines.slice(0, 5).join('\n') },
        { original_index: 1, content: lines.slice(5).join('\n') },
      ],
    },
  ];

  it('are marked by a line in the middle of the golden chunk', () => {
    const golden: [string, number][] = [['u1', 0]];
    expect(
      codeQuestions(documents, [{ query: 'Where is it?', golden_chunk_uuids: golden }]),
    ).toEqual([
      { id: 'code-001', query: 'Where is it?', relevant: [{ file: 'doc_1.txt', quote: lines[2] }] },
    ]);
  });

  it('of a chunk that is not there are no question', () => {
    const golden: [string, number][] = [['u1', 7]];
    expect(() => codeQuestions(documents, [{ query: 'x', golden_chunk_uuids: golden }])).toThrow(
      'chunk 7 of u1',
    );
  });

  it('take another line where the middle one stands twice, and a window where all do', () => {
    const twice = ['first line, of twenty and more', 'second line, of twenty and more', '}'].join(
      '\n',
    );
    expect(markOf(twice, `${twice}\nsecond line, of twenty and more`)).toBe(
      'first line, of twenty and more',
    );
    const short = 'a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\no\np\nq\nr\ns\nt\nu';
    const mark = markOf(short, `${short}\nz`) ?? '';
    expect(mark.length).toBeGreaterThanOrEqual(20);
    expect(short).toContain(mark);
  });
});

describe('a judged set', () => {
  const queries = Array.from({ length: 7 }, (_, i) => ({
    ...{ id: `q${i}`, query: `text ${i}`, relevant: [{ file: 'a.md' }] },
  }));

  it('is written as eval reads it', () => {
    const parsed = parseJudgedQueries('q.jsonl', linesOf(queries));
    expect(parsed.map(({ id }) => id)).toEqual(queries.map(({ id }) => id));
  });

  it('is sampled evenly', () => {
    const set = { name: 's', documents: [], queries, hasVectors: true };
    expect(sampleOf(set, 3).queries.map(({ id }) => id)).toEqual(['q0', 'q3', 'q6']);
    expect(sampleOf(set, 50)).toEqual(set);
    expect(sampleOf(set, Number.POSITIVE_INFINITY)).toEqual(set);
  });
});
