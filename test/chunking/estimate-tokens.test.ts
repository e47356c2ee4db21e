import fc from 'fast-check';
import { encode as cl100k } from 'gpt-tokenizer/encoding/cl100k_base';
import { encode as o200k } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { estimateTokens, runningWeights, weighText } from '../../src/chunking/estimate-tokens';
import { TOKEN_SAMPLES } from './token-samples';

/** By how much an estimate is above the count; below it, negative. */
function errorOf(text: string, encode: typeof cl100k): number {
  return weighText(text) / encode(text).length - 1;
}

describe('against the vocabularies that it guesses at', () => {
  const scripts = [...new Set(TOKEN_SAMPLES.map(({ script }) => script))];

  it.each(TOKEN_SAMPLES)('$language is at most 30 % too low', ({ text }) => {
    expect(errorOf(text, cl100k)).toBeGreaterThan(-0.3);
    expect(errorOf(text, o200k)).toBeGreaterThan(-0.15);
  });

  it.each(scripts)('%s is near cl100k in the mean', (script) => {
    const errors = TOKEN_SAMPLES.filter((sample) => sample.script === script).map(({ text }) =>
      Math.abs(errorOf(text, cl100k)),
    );
    const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
    expect(mean).toBeLessThan(0.25);
  });
});

describe('estimate', () => {
  it('of nothing is nothing', () => {
    expect(estimateTokens('')).toBe(0);
  });

  it('of English lies between 3 and 4.5 characters per token', () => {
    const text = 'Every story states who needs it, what they need and why it matters to them.';
    const charactersPerToken = text.length / estimateTokens(text);
    expect(charactersPerToken).toBeGreaterThan(3);
    expect(charactersPerToken).toBeLessThan(4.7);
  });

  it('of base64 is about twice that of a word of the same length', () => {
    // Counted: 28 tokens. Without a look at its neighbours a letter can tell no more than this.
    const key = 'QWxhZGRpbjpvcGVuIHNlc2FtZQ8F3kLm0Zx';
    expect(estimateTokens(key)).toBeGreaterThan(28 * 0.65);
    expect(estimateTokens(key)).toBeGreaterThan(estimateTokens('a'.repeat(key.length)) * 1.8);
  });

  it('never falls when text is added, and a cut adds one token at most', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (a, b) => {
        const whole = estimateTokens(a + b);
        expect(whole).toBeGreaterThanOrEqual(Math.max(estimateTokens(a), estimateTokens(b)));
        expect(whole).toBeLessThanOrEqual(estimateTokens(a) + estimateTokens(b));
        expect(whole + 1).toBeGreaterThanOrEqual(estimateTokens(a) + estimateTokens(b));
      }),
      { seed: 7 },
    );
  });

  it('of a slice is the difference of running weights, exactly', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), fc.nat(), (text, a, b) => {
        const start = Math.min(a, b) % (text.length + 1);
        const end = Math.max(start, Math.max(a, b) % (text.length + 1));
        const weights = runningWeights(text);
        const difference = (weights[end] ?? 0) - (weights[start] ?? 0);
        expect(difference).toBe(weighText(text.slice(start, end)));
      }),
      { seed: 7 },
    );
  });
});
