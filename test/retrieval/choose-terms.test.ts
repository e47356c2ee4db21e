import { describe, expect, it } from 'vitest';
import type { LexicalHead } from '../../src/index/lexical-head';
import { chooseTerms } from '../../src/retrieval/choose-terms';
import type { QueryTerm } from '../../src/retrieval/query';

/** A head whose terms lie in values of these bytes, with these frequencies where it knows them. */
function headOf(
  rows: number,
  terms: Record<string, { df?: number; key: string; bytes: number }>,
): LexicalHead {
  const head: Partial<LexicalHead> = {
    rows,
    rareBelow: 9,
    documentFrequency: (term) => terms[term]?.df,
    valueOf: (term) => terms[term] && { key: terms[term].key, bytes: terms[term].bytes },
  };
  return head as LexicalHead;
}

const term = (name: string, frequency = 1): QueryTerm => ({ term: name, frequency, word: name });
const LIMITS = { postingBytesMax: 10_000, frequencyShareMax: 0.3, querySaturation: 0.5 };
const names = (terms: readonly QueryTerm[]) => terms.map(({ term: name }) => name);

describe('the terms that are read', () => {
  it('are the heaviest first, a term that is said twice before one of its frequency', () => {
    const head = headOf(1_000, {
      common: { df: 200, key: 'a', bytes: 900 },
      usual: { df: 50, key: 'b', bytes: 300 },
      said: { df: 50, key: 'c', bytes: 300 },
      rare: { key: 'd', bytes: 100 },
    });
    const terms = [term('common'), term('usual'), term('said', 2), term('rare')];
    expect(names(chooseTerms([head], terms, LIMITS))).toEqual(['rare', 'said', 'usual', 'common']);
  });

  const FREQUENT = headOf(1_000, {
    everywhere: { df: 301, key: 'a', bytes: 900 },
    often: { df: 300, key: 'b', bytes: 900 },
    usual: { df: 50, key: 'c', bytes: 300 },
    rare: { key: 'd', bytes: 100 },
  });

  it('leave out what the segment cannot have, and what nearly every chunk has', () => {
    const terms = ['everywhere', 'often', 'usual', 'rare', 'absent'].map((name) => term(name));
    expect(names(chooseTerms([FREQUENT], terms, LIMITS))).toEqual(['rare', 'usual', 'often']);
  });

  it('keep what nearly every chunk has where a question has hardly another word', () => {
    const terms = [term('everywhere'), term('absent'), term('usual')];
    expect(names(chooseTerms([FREQUENT], terms, LIMITS))).toEqual(['usual', 'everywhere']);
  });

  it('keep what nearly every chunk of a small library has: it costs nothing there', () => {
    const head = headOf(3, { everywhere: { df: 3, key: 'a', bytes: 90 } });
    expect(names(chooseTerms([head], [term('everywhere')], LIMITS))).toEqual(['everywhere']);
  });

  it('fill the budget: what does not fit is left out, a smaller one behind it is taken', () => {
    const head = headOf(1_000, {
      a: { df: 10, key: 'a', bytes: 6_000 },
      b: { df: 20, key: 'b', bytes: 6_000 },
      c: { df: 30, key: 'c', bytes: 4_000 },
    });
    const terms = [term('a'), term('b'), term('c')];
    expect(names(chooseTerms([head], terms, LIMITS))).toEqual(['a', 'c']);
  });

  it('pay a value once, however many terms it holds', () => {
    const head = headOf(1_000, {
      a: { df: 10, key: 'shared', bytes: 6_000 },
      b: { df: 20, key: 'shared', bytes: 6_000 },
    });
    expect(names(chooseTerms([head], [term('a'), term('b')], LIMITS))).toEqual(['a', 'b']);
  });

  it('are weighed by what all segments have, and read from each that has them', () => {
    const heavier = ['x', 'y', 'z'].map((name) => term(name));
    const rare = Object.fromEntries(
      heavier.map(({ term: name }) => [name, { df: 9, key: 'rare', bytes: 1 }]),
    );
    const one = headOf(500, { ...rare, a: { df: 140, key: 'a1', bytes: 3_000 } });
    const two = headOf(500, { ...rare, a: { df: 161, key: 'a2', bytes: 3_000 } });
    const beside = [...heavier, term('a')];
    expect(names(chooseTerms([one, two], beside, LIMITS))).toEqual(['x', 'y', 'z']);
    const fewer = headOf(500, { a: { df: 159, key: 'a2', bytes: 8_000 } });
    expect(chooseTerms([one, fewer], [term('a')], LIMITS)).toEqual([]);
    const fits = headOf(500, { a: { df: 159, key: 'a2', bytes: 7_000 } });
    expect(names(chooseTerms([one, fits], [term('a')], LIMITS))).toEqual(['a']);
  });
});
