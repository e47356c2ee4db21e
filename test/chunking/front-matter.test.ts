import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../src/chunking/parse-document';
import { parseMarkdown } from '../../src/chunking/parse-markdown';

describe('metadata', () => {
  it.each([
    ['labels: [a, b c, a]', { labels: ['a', 'b c'] }],
    ['tags:\n  - a\n  - b', { labels: ['a', 'b'] }],
    ['keywords: a, b', { labels: ['a', 'b'] }],
    ['labels:\ncategories: [c]', { labels: ['c'] }],
    ['lang: pt_br', { labels: [], language: 'pt-BR' }],
    ['language: not a language', { labels: [] }],
    ['Owner: Team Blue', { labels: [], owner: 'Team Blue' }],
    ['authors:\n  - name: Ann\n  - Bob', { labels: [], owner: 'Ann, Bob' }],
    ['title: "A: b"\nversion: 3', { labels: [], title: 'A: b' }],
    ['title: 2024', { labels: [], title: '2024' }],
    ['# nothing but a comment', { labels: [] }],
  ])('of %j is %j', (yaml, expected) => {
    expect(parseMarkdown(`---\n${yaml}\n---\n\ntext`).metadata).toEqual(expected);
    const withCrLf = `---\n${yaml}\n---\n\ntext`.replaceAll('\n', '\r\n');
    expect(parseMarkdown(withCrLf).metadata).toEqual(expected);
  });

  it('is read from TOML above its first table', () => {
    const toml = 'title = \'T\'\ntags = ["a",\n "b"]\n[params]\nowner = "no"';
    expect(parseMarkdown(`+++\n${toml}\n+++\ntext`).metadata).toEqual({
      title: 'T',
      labels: ['a', 'b'],
    });
  });

  it('is bounded, whatever the document says', () => {
    const labels = Array.from({ length: 100 }, (_, i) => `"${i}${'x'.repeat(500)}"`).join(', ');
    const { metadata } = parseMarkdown(
      `---\nlabels: [${labels}, y]\ntitle: ${'t '.repeat(900)}\n---\n`,
    );
    expect(metadata.labels.length).toBeLessThanOrEqual(50);
    expect(Math.max(...metadata.labels.map((label) => label.length))).toBeLessThanOrEqual(100);
    expect(metadata.title?.length).toBeLessThanOrEqual(200);
  });
});

it.each([
  ['a sentence', '---\nJust a sentence.\n---\n\ntext'],
  ['a list', '---\n- a\n- b\n---\n\ntext'],
  ['what is not YAML', '---\na: [b\n---\n\ntext'],
  ['more than front matter has', `---\n${'key: value\n'.repeat(9_000)}---\n\ntext`],
])('takes %s between rules for text', (_what, source) => {
  const { blocks, metadata } = parseMarkdown(source);
  expect(blocks.every(({ kind }) => kind !== 'front-matter')).toBe(true);
  expect(metadata).toEqual({ labels: [] });
});

it('refuses a document of nothing but front matter', () => {
  expect(() => parseDocument({ name: 'a.md', content: '---\ntitle: T\n---\n\n' })).toThrow(
    expect.objectContaining({ code: 'document_empty' }),
  );
});
