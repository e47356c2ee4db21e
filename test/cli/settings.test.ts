import { describe, expect, it } from 'vitest';
import { parseSetting } from '../../cli/settings';
import { SETTINGS } from '../../src/evaluation/settings';
import { DEFAULT_KNOBS } from '../../src/retrieval/knobs';

describe('a setting', () => {
  it('is a name, or knobs that differ from the default', () => {
    expect(parseSetting('default')).toEqual(DEFAULT_KNOBS);
    expect(parseSetting('exhaustive')).toEqual(SETTINGS.exhaustive);
    const knobs = { ...DEFAULT_KNOBS, coverage: 0.9, candidatesMax: Number.POSITIVE_INFINITY };
    expect(parseSetting('signals=words,vectorWeight=0')).toEqual({
      ...{ ...DEFAULT_KNOBS, signals: 'words', vectorWeight: 0 },
    });
    expect(parseSetting('coverage=0.9, candidatesMax=Infinity')).toEqual(knobs);
  });

  it.each([
    '',
    'fast',
    'coverage',
    'coverage=',
    'coverage=x',
    'coverage=-1',
    'coverage=1=2',
    'a=1',
  ])('%j is refused, with what there is', (text) => {
    const message = expect.stringContaining('coverage');
    const error = expect.objectContaining({ code: 'setting_invalid', message });
    expect(() => parseSetting(text)).toThrow(error);
  });
});
