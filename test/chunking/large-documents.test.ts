/** Documents of megabytes and of the worst shapes: cut whole, and read no more than twice. */
import { describe, expect, it } from 'vitest';
import { CHUNKING_DEFAULTS, chunkDocument } from '../../src/chunking/chunk-document';
import { readMarkdownBlocks } from '../../src/chunking/markdown-blocks';
import { WINDOW_LENGTH_MAX, WINDOW_LENGTH_MIN } from '../../src/chunking/markdown-window';
import { parseDocument } from '../../src/chunking/parse-document';
import { parseMarkdown } from '../../src/chunking/parse-markdown';
import { parseText } from '../../src/chunking/parse-text';
import { expectSoundChunks } from './invariants';

function nestedLists(depth: number): string {
  return Array.from({ length: depth }, (_, level) => `${'  '.repeat(level)}- x`).join('\n');
}

describe('large documents', () => {
  it.each<[string, string, () => string]>([
    ['a paragraph without spaces', 'a.md', () => 'a'.repeat(5_000_000)],
    ['kana without spaces', 'a.txt', () => 'あ'.repeat(1_600_000)],
    ['white space', 'a.txt', () => `a${' \n'.repeat(1_000_000)}b`],
    ['100,000 table rows', 'a.md', () => `| a |\n|---|\n${'| b |\n'.repeat(100_000)}`],
    ['50,000 headings', 'a.md', () => '# h\n\n'.repeat(50_000)],
    ['500 nested quotes', 'a.md', () => `${'> '.repeat(500)}x`],
    ['250 nested lists', 'a.md', () => nestedLists(250)],
    ['emphasis that never closes', 'a.md', () => '*a_ '.repeat(500_000)],
    ['nested HTML lists', 'a.html', () => '<ul><li>x'.repeat(100_000)],
    ['one grapheme', 'a.txt', () => `a${'\u0301'.repeat(1_000_000)}`],
  ])('%s are cut whole, to no more chunks than the text needs', (_what, name, make) => {
    const { text, blocks, ...parsed } = parseDocument({ name, content: make() });
    const chunks = chunkDocument({ ...parsed, text, blocks });
    let reached = 0;
    for (const { start, end } of chunks) {
      if (start !== reached || end <= start) break;
      reached = end;
    }
    expect(reached).toBe(text.length);
    const { tokensEstimateTarget: target, tokensEstimateMax: max } = CHUNKING_DEFAULTS;
    const estimates = chunks.map(({ tokensEstimate }) => tokensEstimate);
    expect(Math.max(...estimates)).toBeLessThanOrEqual(max);
    const total = estimates.reduce((sum, estimate) => sum + estimate, 0);
    expect(chunks.length).toBeLessThanOrEqual(1 + (2 * total) / target);
  });

  it.each<[string, string]>([
    ['paragraphs', 'Some words.\n\n'.repeat(20_000)],
    ['one line', 'a'.repeat(400_000)],
    ['a paragraph of short lines', 'a b\n'.repeat(100_000)],
    ['table rows', `| a |\n|---|\n${'| b |\n'.repeat(60_000)}`],
    ['headings', '# h\n\n'.repeat(60_000)],
    ['list items', '- item\n'.repeat(50_000)],
    ['nested lists', nestedLists(200)],
    ['quoted lines', '> q\n'.repeat(60_000)],
    ['quoted items', '> - item\n'.repeat(40_000)],
    ['quoted code', `> \`\`\`\n${'> a\n'.repeat(60_000)}`],
    ['quoted paragraphs', '> a\n>\n'.repeat(40_000)],
    ['code', `\`\`\`\n${'a\n'.repeat(100_000)}\`\`\``],
  ])('of %s are read in few windows, so that each text is read once or twice', (_what, source) => {
    let windows = 0;
    // Every window ends with a look at one of the two.
    const lengths = {
      get min() {
        windows += 1;
        return WINDOW_LENGTH_MIN;
      },
      get max() {
        return WINDOW_LENGTH_MAX;
      },
    };
    readMarkdownBlocks(source, lengths);
    expect(windows).toBeLessThanOrEqual(3 + (1.1 * source.length) / WINDOW_LENGTH_MIN);
  });

  it('stay sound', () => {
    expectSoundChunks(parseText(`${'x'.repeat(50_000)}\n\n${'あ'.repeat(50_000)}`));
    expectSoundChunks(parseMarkdown('# h\n'.repeat(2_000)), {
      tokensEstimateTarget: 40,
      tokensEstimateMax: 60,
      tokensEstimateMin: 10,
    });
  });
});
