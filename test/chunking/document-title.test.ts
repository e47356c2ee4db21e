/** The title that a document gives itself beside its text stands above its headings. */
import { describe, expect, it } from 'vitest';
import { chunkDocument } from '../../src/chunking/chunk-document';
import { parseDocument } from '../../src/chunking/parse-document';

function headings(name: string, content: string): (readonly string[])[] {
  return chunkDocument(parseDocument({ name, content })).map((chunk) => chunk.headings);
}

const front = (title: string, text: string) => `---\ntitle: ${title}\n---\n\n${text}`;
const SENTENCE = 'The reviewer reads the whole change before the first comment is written. ';

describe('the title', () => {
  it('of front matter is the outermost heading of all chunks', () => {
    const text = `${SENTENCE.repeat(8)}\n\n## Who\n\n${SENTENCE.repeat(8)}`;
    expect(headings('a.md', front('Zeppelin policy', text))).toEqual([
      ['Zeppelin policy'],
      ['Zeppelin policy', 'Who'],
    ]);
  });

  it('stands above a heading of level 1 that says something else', () => {
    expect(headings('a.md', front('Zeppelin policy', '# Purpose\n\nx'))).toEqual([
      ['Zeppelin policy', 'Purpose'],
    ]);
  });

  it.each([
    ['in the same words', 'Zeppelin policy', '# Zeppelin policy\n\nx'],
    ['in other letters and signs', '"Zeppelin: Policy"', '# *Zeppelin* – policy\n\nx'],
    ['with the name of the site', 'Zeppelin policy | Acme Wiki', '# Zeppelin policy\n\nx'],
    ['with the name of the site first', 'Acme - Zeppelin policy', '# Zeppelin policy\n\nx'],
  ])('is not said twice where a heading of level 1 says it %s', (_what, title, text) => {
    const found = chunkDocument(parseDocument({ name: 'a.md', content: front(title, text) }));
    expect(found.map((chunk) => chunk.headings)).toEqual([[expect.stringMatching(/policy$/)]]);
  });

  it('is not said twice where a path begins with it', () => {
    expect(headings('a.md', front('Policy', '## Policy\n\nx'))).toEqual([['Policy']]);
  });

  it('of a page is that of its head', () => {
    const source = '<html><head><title>Zeppelin policy</title></head><body><h2>Who</h2><p>x';
    expect(headings('a.html', source)).toEqual([['Zeppelin policy', 'Who']]);
    expect(headings('a.html', '<title>Release - Acme</title><h1>Release</h1>x')).toEqual([
      ['Release'],
    ]);
  });

  it('that is a heading of the text alone changes no other path', () => {
    const text = `# A\n\n${SENTENCE.repeat(8)}\n\n# B\n\n${SENTENCE.repeat(8)}`;
    expect(headings('a.md', text)).toEqual([['A'], ['B']]);
  });

  it('without words changes nothing', () => {
    expect(headings('a.md', '---\ntitle: "  "\n---\n# A\n\nx')).toEqual([['A']]);
  });
});
