/** Indexing beside people who refine, with the platform's quotas and by the latency model. */
import { expect, it } from 'vitest';
import { indexAtScale } from '../../bench/reliability/scale';
import { JOBS_SHARE } from '../../src/jobs/shares';
import { BURST_SECONDS } from '../../src/platform/paced-store';

/** Chunks whose vectors are short, so that ten thousand of them are a test and not a bench. */
const SIZE = { chunks: 10_000, dimensions: 128 };
/** A request that begins when a bucket is out of debt takes its whole cost: 25 records of 36 KB. */
const REQUEST_UNITS_MAX = 91;
/** Looks at the job's progress, one for every gap between refinements; the job has no part in them. */
const LOOKS_A_MINUTE = 60;
const TIMEOUT_MS = 600_000;

const most = (unitsPerMinute: number) =>
  unitsPerMinute * (1 + BURST_SECONDS / 60) + 5 * REQUEST_UNITS_MAX + LOOKS_A_MINUTE;

it(
  'keeps to its share in every minute, and nobody who refines is throttled',
  async () => {
    const alone = await indexAtScale({ ...SIZE, refinements: 0 });
    expect(alone).toMatchObject({ state: 'done', throttled: 0 });
    expect(alone.readUnitsMinuteMax).toBeLessThan(most(JOBS_SHARE.readUnitsPerMinute));
    expect(alone.writeUnitsMinuteMax).toBeLessThan(most(JOBS_SHARE.writeUnitsPerMinute));
    const beside = await indexAtScale({ ...SIZE, refinements: 30 });
    expect(beside).toMatchObject({ state: 'done', throttled: 0, refinementsFailed: 0 });
    expect(beside.refined).toBeGreaterThan(20);
    console.info(JSON.stringify([alone, beside]));
  },
  TIMEOUT_MS,
);
