import { describe, it } from 'vitest';
import { EXPECTATIONS } from '../../bench/workloads/difficulty';
import { expectDifficulty } from './expect-difficulty';

const small = EXPECTATIONS.map(({ workload }) => workload).filter((name) => /-10k-/.test(name));

describe('the workloads of 10,000 vectors', () => {
  it.each([...new Set(small)])('%s is as hard as it was measured to be', expectDifficulty);
});
