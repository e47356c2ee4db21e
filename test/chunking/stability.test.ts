import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHUNKING_DEFAULTS, chunkDocument } from '../../src/chunking/chunk-document';
import { estimateTokens } from '../../src/chunking/estimate-tokens';
import { parseMarkdown } from '../../src/chunking/parse-markdown';
import { recordHash } from '../../src/index/prepare-document';

const sentence = (number: number): string =>
  `Rule ${number} says who reads the change before it is merged, and what is noted there.`;
const paragraph = (number: number): string =>
  Array.from({ length: 3 + (number % 3) }, (_, i) => sentence(number * 10 + i)).join(' ');
const paragraphs = (first: number, count: number): string =>
  Array.from({ length: count }, (_, i) => paragraph(first + i)).join('\n\n');

/** What is embedded and kept of each chunk, which is all that an edit may leave to be reused. */
function hashes(source: string): string[] {
  return chunkDocument(parseMarkdown(source)).map(({ headings, lead, start, end, trail }) =>
    recordHash({ document: 'a', headings, lead, text: source.slice(start, end), trail }),
  );
}

function lost(before: string, after: string): number {
  const kept = new Set(hashes(after));
  return hashes(before).filter((hash) => !kept.has(hash)).length;
}

describe('an edit leaves the chunks of other sections as they are', () => {
  const section = (title: string, body: string): string => `## ${title}\n\n${body}\n\n`;
  const intro = `# Handbook\n\n${paragraph(1)}\n\n`;
  const long = paragraphs(100, 20);
  const others = section('B', paragraphs(30, 4)) + section('C', paragraphs(60, 9));
  const source = intro + section('A', long) + others;
  const chunksOfA = hashes(section('A', long)).length;

  it.each([
    ['a word in the middle', long.replace(sentence(1_101), 'Changed words.')],
    ['a paragraph at the top', `${paragraph(77)}\n\n${long}`],
    ['the first paragraph taken out', long.slice(long.indexOf('\n\n') + 2)],
    ['all of it rewritten', paragraphs(300, 7)],
  ])('with %s', (_what, edited) => {
    const after = intro + section('A', edited) + others;
    expect(after).not.toBe(source);
    expect(lost(source, after)).toBeGreaterThan(0);
    expect(lost(source, after)).toBeLessThanOrEqual(chunksOfA);
    const kept = hashes(others);
    expect(hashes(after).slice(-kept.length)).toEqual(hashes(source).slice(-kept.length));
    expect(hashes(after)[0]).toBe(hashes(source)[0]);
  });

  it('and most of its own, with a word changed in the middle', () => {
    const edited = long.replace(sentence(1_101), sentence(1_109));
    expect(lost(source, intro + section('A', edited) + others)).toBe(1);
  });

  it('with new front matter', () => {
    expect(
      lost(`---\ntitle: T\n---\n${source}`, `---\ntitle: T\nlabels: [x]\n---\n${source}`),
    ).toBe(0);
  });
});

it('reaches no further than the next section of the minimum, however small the others are', () => {
  const { tokensEstimateMin } = CHUNKING_DEFAULTS;
  const sections = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 3, maxLength: 20 });
  fc.assert(
    fc.property(sections, fc.nat(), fc.nat(), (sizes, place, change) => {
      const body = (size: number, at: number): string =>
        Array.from({ length: size }, (_, i) => sentence(at * 100 + i)).join(' ');
      const text = (all: readonly number[]): string[] =>
        all.map((size, at) => `## S${at}\n\n${body(size, at)}\n\n`);
      const edited = place % sizes.length;
      const after = sizes.with(edited, 1 + (change % 12));
      // The first section behind the edit that is large enough takes up what is left of small ones.
      const isLarge = (part: string): boolean => estimateTokens(part) >= tokensEstimateMin + 1;
      const next = text(sizes).findIndex((part, at) => at > edited && isLarge(part));
      fc.pre(next >= 0);
      const rest = text(sizes)
        .slice(next + 1)
        .join('');
      const tail = rest === '' ? 0 : hashes(rest).length;
      const ends = [sizes, after].map((all) =>
        hashes(text(all).join('')).slice(-tail || undefined),
      );
      // What follows may still have joined backward, which its own chunks do not tell.
      if (tail > 1) expect(ends[1]?.slice(1 - tail)).toEqual(ends[0]?.slice(1 - tail));
    }),
    { numRuns: 300, seed: 20_260_101 },
  );
});
