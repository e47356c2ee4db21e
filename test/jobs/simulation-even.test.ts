/** The schedules of even seeds; see simulation.test.ts. */
import { expect, it } from 'vitest';
import { runSchedules, SCHEDULES, SEED } from '../support/run-schedules';

it.skipIf(SEED !== undefined)(
  'in every schedule jobs end, lose nothing, leave nothing and show whole generations',
  async () => {
    const { problems, ...totals } = await runSchedules(2, SCHEDULES, 2);
    console.info(totals);
    expect(problems).toEqual([]);
  },
  24 * 60 * 60_000,
);
