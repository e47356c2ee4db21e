import { describe, expect, it } from 'vitest';
import { CallError } from '../../static/admin/src/calls/call-error';
import type { JobState, JobView } from '../../static/admin/src/calls/contract';
import { pollDelayMs, watchJob } from '../../static/admin/src/job/poll';

const at = (state: JobState, ageMs = 0) =>
  ({ state, createdAt: 0, updatedAt: ageMs }) as unknown as JobView;

describe('pollDelayMs', () => {
  it('asks often at first, then seldom, and seldom where nothing moves', () => {
    expect(pollDelayMs(undefined, 0)).toBe(1_000);
    expect(pollDelayMs(at('running', 10_000), 0)).toBe(1_000);
    expect(pollDelayMs(at('running', 600_000), 0)).toBe(3_000);
    expect(pollDelayMs(at('planned'), 0)).toBe(10_000);
    expect(pollDelayMs(at('paused'), 0)).toBe(10_000);
  });

  it('backs off with every failure, up to half a minute', () => {
    expect([1, 2, 3, 10].map((failures) => pollDelayMs(at('running'), failures))).toEqual([
      2_000, 4_000, 8_000, 30_000,
    ]);
  });
});

const throttled = new CallError({ code: 'store_throttled', message: 'slow', retryable: true });
const refused = new CallError({ code: 'not_permitted', message: 'no', retryable: false });

/** Runs a watch over scripted answers and says what came of it, in order. */
async function watched(answers: (JobView | CallError)[], isWanted = () => true) {
  const log: string[] = [];
  await watchJob({
    read: async () => {
      const answer = answers.shift();
      if (answer === undefined) throw new Error('asked too often');
      if (answer instanceof CallError) throw answer;
      return answer;
    },
    wait: async (ms) => {
      log.push(`wait ${ms}`);
    },
    isWanted,
    onView: ({ state }) => log.push(state),
    onFailure: ({ code }) => log.push(code),
  });
  return log;
}

describe('watchJob', () => {
  it('reports until the job is over', async () => {
    expect(await watched([at('queued'), at('running'), at('done')])).toEqual([
      'queued',
      'wait 1000',
      'running',
      'wait 1000',
      'done',
    ]);
  });

  it('reports a failure and goes on where that may help', async () => {
    expect(await watched([at('running'), throttled, throttled, at('failed')])).toEqual([
      'running',
      'wait 1000',
      'store_throttled',
      'wait 2000',
      'store_throttled',
      'wait 4000',
      'failed',
    ]);
  });

  it('stops where asking again cannot help', async () => {
    expect(await watched([refused])).toEqual(['not_permitted']);
  });

  it('says nothing more once it is not wanted', async () => {
    let left = 1;
    expect(await watched([at('running'), at('running')], () => left-- > 0)).toEqual([]);
  });
});
