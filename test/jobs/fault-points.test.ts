/** Any one platform call of a job may fail or stay without an answer, and the job ends as it would. */
import { beforeAll, expect, it } from 'vitest';
import type { FaultAction } from '../../emulator/faults';
import { runAtEveryCall, runUndisturbed } from '../support/disturbed-job';
import type { Reference } from '../support/disturbed-run';
import { FIRST, REBUILD, UPDATE } from '../support/scripted-jobs';

const FAULTS: FaultAction[] = [
  { type: 'fail', status: 503, code: 'DOWN' },
  { type: 'fail', status: 429, code: 'RATE_LIMIT_EXCEEDED' },
  { type: 'timeout', applied: true },
  { type: 'timeout', applied: false },
];
const TIMEOUT_MS = 900_000;

let first: Reference;
beforeAll(async () => {
  first = await runUndisturbed(FIRST);
});

it.each([FIRST, UPDATE, REBUILD])(
  '$name survives an error or a lost answer at each of its calls',
  async (job) => {
    const reference = job === FIRST ? first : await runUndisturbed(job, first);
    const { points, problems } = await runAtEveryCall(reference, FAULTS);
    console.info(`${job.name}: ${points} faults`);
    expect(problems).toEqual([]);
  },
  TIMEOUT_MS,
);
