import { expect, it } from 'vitest';
import { SETTINGS } from '../../src/evaluation/settings';

it('exhaustive differs from the default in what is read, and in no signal or weight', () => {
  const { exhaustive } = SETTINGS;
  const cost = {
    ...{ coverage: 1, coverageBesideWords: 1, errorDeviations: Number.POSITIVE_INFINITY },
    ...{ candidatesMax: Number.POSITIVE_INFINITY, postingBytesMax: Number.POSITIVE_INFINITY },
    candidatesEach: 100,
  };
  expect(exhaustive).toEqual({ ...SETTINGS.default, ...cost });
});
