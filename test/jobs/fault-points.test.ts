/** Any one platform call of a job may fail or stay without an answer, and the job ends as it would. */
import { beforeAll, expect, it } from 'vitest';
import { FAILURES, runAtEveryCall, runUndisturbed } from '../support/disturbed-job';
import type { Reference } from '../support/disturbed-run';
import { FIRST, REBUILD, UPDATE } from '../support/scripted-jobs';

const TIMEOUT_MS = 900_000;

let first: Reference;
beforeAll(async () => {
  first = await runUndisturbed(FIRST);
});

it.each([FIRST, UPDATE, REBUILD])(
  '$name survives an error or a lost answer at each of its calls',
  async (job) => {
    const reference = job === FIRST ? first : await runUndisturbed(job, first);
    const { points, problems } = await runAtEveryCall(reference, FAILURES);
    console.info(`${job.name}: ${points} faults`);
    expect(problems).toEqual([]);
  },
  TIMEOUT_MS,
);
