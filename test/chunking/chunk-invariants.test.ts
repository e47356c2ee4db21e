import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { admitDocument } from '../../src/chunking/admit-document';
import { parseAdf } from '../../src/chunking/parse-adf';
import { parseHtml } from '../../src/chunking/parse-html';
import { parseMarkdown } from '../../src/chunking/parse-markdown';
import { parseText } from '../../src/chunking/parse-text';
import type { ParsedDocument } from '../../src/chunking/types';
import { adfSource, htmlSource, markdownSource, textSource } from './generators';
import { expectSoundBlocks, expectSoundChunks } from './invariants';

const SMALL = { tokensEstimateTarget: 40, tokensEstimateMax: 60, tokensEstimateMin: 10 };
const RUNS = { numRuns: 300, seed: 20_260_101 };
const LENGTHS_TINY = { min: 300, max: 100_000 };

const CASES: readonly (readonly [string, fc.Arbitrary<string>, (s: string) => ParsedDocument])[] = [
  ['markdown', markdownSource, parseMarkdown],
  ['text', textSource, parseText],
  ['html', htmlSource, parseHtml],
  ['adf', adfSource, parseAdf],
];

describe.each(CASES)('any %s document', (_format, sources, parse) => {
  it('has blocks that cover every character that is not white space', () => {
    fc.assert(
      fc.property(sources, (source) => expectSoundBlocks(parse(source))),
      RUNS,
    );
  });

  it('is given back by joining its chunks, none of which is too long', () => {
    fc.assert(
      fc.property(sources, (source) => {
        const parsed = parse(source);
        expectSoundChunks(parsed);
        expectSoundChunks(parsed, SMALL);
      }),
      RUNS,
    );
  });
});

it('keeps markdown and text as they are', () => {
  fc.assert(
    fc.property(markdownSource, (source) => {
      expect(parseMarkdown(source).text).toBe(source);
      expect(parseText(source).text).toBe(source);
    }),
    RUNS,
  );
});

it('lets no lone surrogate and no control character out of HTML and ADF', () => {
  fc.assert(
    fc.property(htmlSource, adfSource, (html, adf) => {
      for (const { text } of [parseHtml(html), parseAdf(adf)]) {
        // Admission refuses these characters, so text that it accepts has none of them.
        const bytes = new TextEncoder().encode(`${text}.`);
        expect(admitDocument('a.txt', bytes).content).toBe(`${text}.`);
      }
    }),
    RUNS,
  );
});

it('reads markdown in windows as it reads it whole', () => {
  const wide = { min: 10_000_000, max: 10_000_000 };
  fc.assert(
    fc.property(markdownSource, (source) => {
      // Nodes that fill a window are continued by lines, which may split a block; texts of blocks
      // that are shorter must agree, so only sources without such nodes are compared.
      const whole = parseMarkdown(source, wide);
      fc.pre(whole.blocks.every(({ start, end }) => end - start < LENGTHS_TINY.min / 2));
      expect(parseMarkdown(source, LENGTHS_TINY).blocks).toEqual(whole.blocks);
    }),
    { ...RUNS, numRuns: 500 },
  );
});

const dataFolder = process.env['GROUNDWORK_DATA'];
const reason = dataFolder === undefined ? ' (skipped: GROUNDWORK_DATA names no folder)' : '';

test.skipIf(dataFolder === undefined)(
  `holds for every file of GROUNDWORK_DATA${reason}`,
  () => {
    let files = 0;
    for (const folder of ['instructions', 'handbook-ja']) {
      const root = join(dataFolder ?? '', folder);
      for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
        if (!name.endsWith('.md')) continue;
        const source = readFileSync(join(root, name), 'utf8');
        files += 1;
        for (const parsed of [parseMarkdown(source), parseText(source), parseHtml(source)]) {
          expectSoundBlocks(parsed);
          expectSoundChunks(parsed);
        }
      }
    }
    expect(files).toBeGreaterThan(0);
  },
  600_000,
);
