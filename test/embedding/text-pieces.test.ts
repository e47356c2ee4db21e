/** A text that is cut loses nothing but blank space, and is cut where it is best read. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateTokens } from '../../src/chunking/estimate-tokens';
import { halves, PIECE_LENGTH_MIN, toPieces, weightedMean } from '../../src/embedding/text-pieces';

const piecesOf = (content: string, tokensMax: number) =>
  toPieces({ content, number: 3 }, tokensMax, estimateTokens);
const halvesOf = (content: string) =>
  halves({ text: 0, start: 0, content, tokens: 1 }, estimateTokens)?.map((half) => half.content);

describe('toPieces', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 600 }),
    fc.string({ unit: fc.constantFrom('a', 'é', ' ', '\n', '.', '😀', '字'), maxLength: 900 }),
  );

  it('for any text: in order, whole but for blank space, small enough where that is possible', () => {
    const property = fc.property(text, fc.integer({ min: 1, max: 200 }), (content, tokensMax) => {
      const pieces = piecesOf(content, tokensMax);
      let end = 0;
      for (const piece of pieces) {
        expect(piece.text).toBe(3);
        expect(content.slice(end, piece.start).trim()).toBe('');
        end = piece.start + piece.content.length;
        expect(content.slice(piece.start, end)).toBe(piece.content);
        expect(piece.tokens).toBe(estimateTokens(piece.content));
        const isWhole = pieces.length === 1 && piece.content === content;
        if (!isWhole) expect(piece.content.trim()).not.toBe('');
        const isShort = piece.content.length <= PIECE_LENGTH_MIN || piece.content.trim() === '';
        if (!isShort) expect(piece.tokens).toBeLessThanOrEqual(tokensMax);
        if (content.isWellFormed()) expect(piece.content.isWellFormed()).toBe(true);
      }
      expect(content.slice(end).trim()).toBe('');
    });
    fc.assert(property, { numRuns: 400, seed: 1 });
  });

  it('leaves a text that fits as it is', () => {
    const content = ' A text that fits. ';
    expect(piecesOf(content, 100)).toEqual([
      { text: 3, start: 0, content, tokens: estimateTokens(content) },
    ]);
  });

  it('takes time in proportion to the text', () => {
    const content = 'x'.repeat(2_000_000);
    expect(
      piecesOf(content, 8_192)
        .map((piece) => piece.content)
        .join(''),
    ).toBe(content);
  });
});

describe('halves', () => {
  const filler = 'word word word word';

  it.each([
    ['an empty line', `${filler}. Next\n${filler}`, `\n\n`, `${filler}\n${filler}. End`],
    ['a line', `${filler}. Next ${filler}`, '\n', `${filler}. ${filler}`],
    ['a sentence', `${filler} ${filler}.`, ' ', `Next ${filler} ${filler}`],
    ['a sentence without spaces', '字'.repeat(12), '。', '字'.repeat(15)],
    ['a word', 'x'.repeat(20), ' ', 'y'.repeat(22)],
  ])('cut after %s', (_, before, boundary, after) => {
    expect(halvesOf(`${before}${boundary}${after}`)).toEqual([`${before}${boundary}`, after]);
  });

  it('cut a text without boundaries in the middle, and no pair', () => {
    expect(halvesOf('x'.repeat(40))).toEqual(['x'.repeat(20), 'x'.repeat(20)]);
    expect(halvesOf('😀'.repeat(9))).toEqual(['😀'.repeat(5), '😀'.repeat(4)]);
  });

  it('take no boundary that would leave a sliver', () => {
    const content = `One.\n${'x'.repeat(60)}`;
    expect(halvesOf(content)?.map((half) => half.length)).toEqual([32, 33]);
  });

  it('are none of a short text or a blank one', () => {
    expect(halvesOf('x'.repeat(PIECE_LENGTH_MIN))).toBeUndefined();
    expect(halvesOf('x'.repeat(PIECE_LENGTH_MIN + 1))).toHaveLength(2);
    expect(halvesOf(' '.repeat(100))).toBeUndefined();
  });
});

it('the mean weighs by tokens', () => {
  const piece = (tokens: number, vector: number[]) => ({
    ...{ text: 0, start: 0, content: '', tokens },
    vector: Float32Array.from(vector),
  });
  const mean = weightedMean([piece(3, [1, 0]), piece(1, [0, 1])], 2);
  expect([...mean]).toEqual([0.75, 0.25]);
});
