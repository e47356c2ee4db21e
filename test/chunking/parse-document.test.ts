import { describe, expect, it } from 'vitest';
import { detectFormat, parseDocument } from '../../src/chunking/parse-document';
import { parseText } from '../../src/chunking/parse-text';

describe('format', () => {
  it.each([
    ['a/b.md', 'markdown'],
    ['b.Markdown', 'markdown'],
    ['b.md.txt', 'text'],
    ['b.HTM', 'html'],
    ['b.html', 'html'],
    ['b.adf.json', 'adf'],
  ])('of %s is %s', (name, format) => {
    expect(detectFormat(name, 'x')).toBe(format);
  });

  it('is told by the name unless it is given', () => {
    expect(parseDocument({ name: 'a.md', content: '# x' }).blocks[0]?.kind).toBe('heading');
    const asText = parseDocument({ name: 'a.md', content: '# x', format: 'text' });
    expect(asText.blocks[0]?.kind).toBe('paragraph');
  });
});

it.each([
  ['a.html', '<html><head><title>x</title></head><body><script>y</script><p>&nbsp;</p>'],
  ['a.adf.json', '{"type":"doc","content":[{"type":"paragraph"}]}'],
  ['a.txt', ' \n'],
])('refuses %s that has no text', (name, content) => {
  expect(() => parseDocument({ name, content })).toThrow(
    expect.objectContaining({ code: 'document_empty' }),
  );
});

describe('plain text', () => {
  const texts = (source: string): string[] =>
    parseText(source).blocks.map(({ start, end }) => source.slice(start, end));

  it('is cut into paragraphs at blank lines, whatever the line ends', () => {
    expect(texts('\n a\nb\n \t\n\nc\n')).toEqual(['a\nb', 'c']);
    expect(texts('a\r\nb\r\n\r\nc')).toEqual(['a\r\nb', 'c']);
    expect(texts('a\r\rb')).toEqual(['a', 'b']);
  });

  it('keeps exact offsets over emoji, combining marks and right-to-left text', () => {
    expect(texts('😀👩‍👩‍👧\n\ne\u0301x\n\nשלום עולם\n\nテスト')).toEqual([
      ...['😀👩‍👩‍👧', 'e\u0301x', 'שלום עולם', 'テスト'],
    ]);
  });

  it('may be one character', () => {
    expect(parseText('x').blocks).toEqual([{ kind: 'paragraph', start: 0, end: 1, headings: [] }]);
  });
});
