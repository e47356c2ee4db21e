import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateTokens, runningWeights, weighText } from '../../src/chunking/estimate-tokens';

/** Counted with the cl100k vocabulary (gpt-tokenizer 3); the estimate may be above, not below. */
const COUNTED: readonly (readonly [string, number])[] = [
  ['Мы пишем истории так, чтобы их можно было проверить.', 21],
  ['يجب أن تكون كل قصة قابلة للاختبار', 24],
  ['每个用户故事都必须可以测试。', 13],
  ['größer Überprüfung für Änderungen', 10],
];

describe('estimate', () => {
  it('of nothing is nothing', () => {
    expect(estimateTokens('')).toBe(0);
  });

  it.each(COUNTED)('of %s is near the count and leans high', (text, counted) => {
    expect(estimateTokens(text)).toBeGreaterThanOrEqual(counted * 0.85);
    expect(estimateTokens(text)).toBeLessThanOrEqual(counted * 1.8);
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
