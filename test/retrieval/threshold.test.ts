import { describe, expect, it } from 'vitest';
import {
  type Evidence,
  fitCalibration,
  SIGNIFICANCE,
  significance,
  significanceLevel,
} from '../../src/retrieval/threshold';
import { seededRandom } from '../support/local-app';

/** Foreign texts whose signals grow with their length and vary by so much about it. */
function foreign(count: number, seed: number): Evidence[] {
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: count }, () => {
    const terms = 2 + Math.floor(60 * random());
    const length = Math.log2(1 + terms);
    return {
      terms,
      lexical: 2 + 0.3 * length + 0.1 * normal(),
      cosine: 0.2 + 0.05 * length + 0.03 * normal(),
    };
  });
}

describe('a calibration', () => {
  const calibration = fitCalibration(foreign(64, 1));

  it('finds the lines and the deviations of both signals', () => {
    expect(calibration.lexical?.slope).toBeCloseTo(0.3, 1);
    expect(calibration.lexical?.deviation).toBeCloseTo(0.1, 1);
    expect(calibration.cosine?.slope).toBeCloseTo(0.05, 1);
    expect(calibration.both).not.toBeNull();
  });

  it('lets one short foreign text in twenty pass, and one long in a thousand', () => {
    const others = foreign(50_000, 2);
    const share = (of: readonly Evidence[]) =>
      of.filter((one) => (significance(calibration, one) ?? 0) > significanceLevel(one.terms))
        .length / of.length;
    const short = share(others.filter(({ terms }) => terms <= 8));
    expect(short).toBeGreaterThan(0.02);
    expect(short).toBeLessThan(0.1);
    const long = share(others.filter(({ terms }) => terms >= 32));
    expect(long).toBeGreaterThan(0.0001);
    expect(long).toBeLessThan(0.01);
  });

  it('asks more of longer queries, step by step', () => {
    const levels = Array.from({ length: 60 }, (_, terms) => significanceLevel(terms));
    expect(levels).toEqual([...levels].sort((a, b) => a - b));
    expect(levels.slice(0, 9)).toEqual(Array(9).fill(SIGNIFICANCE.short));
    expect(levels.slice(32)).toEqual(Array(28).fill(SIGNIFICANCE.long));
    const steps = levels.slice(1).map((level, i) => level - (levels[i] as number));
    expect(Math.max(...steps)).toBeLessThan(0.15);
  });

  it('puts what does better in both signals far above', () => {
    const found = significance(calibration, { terms: 20, lexical: 3.9, cosine: 0.6 });
    expect(found).toBeGreaterThan(SIGNIFICANCE.long);
  });

  it('goes by the one signal that a query has', () => {
    const both = { terms: 20, lexical: 3.9, cosine: 0.6 };
    const words = significance(calibration, { ...both, cosine: undefined });
    const near = significance(calibration, { ...both, lexical: undefined });
    const { lexical } = calibration;
    const expected = 2 + 0.3 * Math.log2(21);
    expect(words).toBeCloseTo((3.9 - expected) / (lexical?.deviation ?? 1), 0);
    expect(near).toBeGreaterThan(SIGNIFICANCE.long);
    expect(significance(calibration, { terms: 3, lexical: undefined, cosine: undefined })).toBe(
      undefined,
    );
  });
});

describe('a signal that says too little', () => {
  it('is left out where most foreign texts have nothing of it', () => {
    const silent = foreign(64, 3).map((one, i) =>
      i % 3 === 0 ? one : { ...one, lexical: undefined },
    );
    const calibration = fitCalibration(silent);
    expect(calibration.lexical).toBeNull();
    expect(calibration.both).toBeNull();
    const evidence = { terms: 20, lexical: 9, cosine: 0.35 };
    expect(significance(calibration, evidence)).toBe(
      significance(calibration, { ...evidence, lexical: undefined }),
    );
  });

  it('is left out where there are too few texts', () => {
    expect(fitCalibration(foreign(7, 4))).toEqual({ lexical: null, cosine: null, both: null });
  });

  it('never falls with the length of a text', () => {
    const falling = foreign(64, 5).map((one) => ({ ...one, lexical: 5 - Math.log2(one.terms) }));
    expect(fitCalibration(falling).lexical?.slope).toBe(0);
  });
});
