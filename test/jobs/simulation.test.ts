/**
 * Jobs under everything at once, thousands of times: the schedules of odd seeds; those of even ones
 * are beside, for a second processor. GROUNDWORK_SCHEDULES asks for more, GROUNDWORK_SEED for one.
 */
import { expect, it } from 'vitest';
import { runSchedules, SCHEDULES, SEED } from '../support/run-schedules';
import { simulate } from '../support/simulation';

const TIMEOUT_MS = 24 * 60 * 60_000;

it.skipIf(SEED !== undefined)(
  'in every schedule jobs end, lose nothing, leave nothing and show whole generations',
  async () => {
    const { problems, ...totals } = await runSchedules(1, SCHEDULES, 2);
    console.info(totals);
    expect(problems).toEqual([]);
    expect(totals.outcomes['done']).toBeGreaterThan(totals.schedules * 2);
  },
  TIMEOUT_MS,
);

it('a schedule is the same each time', async () => {
  const trace = async () => {
    const lines: string[] = [];
    await simulate(135, (line) => lines.push(line));
    return lines;
  };
  expect(await trace()).toEqual(await trace());
});

it.runIf(SEED !== undefined)(
  `schedule ${SEED}`,
  async () => {
    const { problems, ...report } = await simulate(Number(SEED), (line) => console.info(line));
    console.info(report);
    expect(problems).toEqual([]);
  },
  TIMEOUT_MS,
);
