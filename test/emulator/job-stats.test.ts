import { JobDoesNotExistError, type JobStats, Queue } from '@forge/events';
import { afterEach, describe, expect, it } from 'vitest';
import { JOB_KEPT_MS } from '../../emulator/events/event-limits';
import { type EventApp, eventApp, many, push } from '../support/event-app';

let app: EventApp | undefined;
afterEach(() => app?.platform.close());

async function appWith(...args: Parameters<typeof eventApp>): Promise<EventApp> {
  app = await eventApp(...args);
  return app;
}

function onQueue<T>(
  local: EventApp,
  work: (queue: Queue) => Promise<T>,
  { queue = 'short', installation = 'alpha' } = {},
): Promise<T> {
  return local.platform.run({ installation }, () => work(new Queue({ key: queue })));
}

const statsOf = (local: EventApp, jobId: string): Promise<JobStats> =>
  onQueue(local, (queue) => queue.getJob(jobId).getStats());

/** Fails for good on events numbered 0. */
const failsOnFirst = ({ body }: { body: Record<string, unknown> }) => {
  if (body['n'] === 0) throw new Error('never');
};

describe('statistics of a job', () => {
  it('count its events by how they ended', async () => {
    const local = await appWith(failsOnFirst);
    const { jobId } = await push(local, many(3));
    await push(local, many(2));
    expect(await statsOf(local, jobId)).toEqual({ success: 0, inProgress: 3, failed: 0 });
    await local.platform.events.deliverDue();
    expect(await statsOf(local, jobId)).toEqual({ success: 2, inProgress: 1, failed: 0 });
    await local.platform.events.runUntilIdle();
    expect(await statsOf(local, jobId)).toEqual({ success: 2, inProgress: 0, failed: 1 });
    expect(await onQueue(local, (queue) => queue.getStats(jobId))).toEqual(
      await statsOf(local, jobId),
    );
  });

  it('count an event once, however often it is delivered', async () => {
    const local = await appWith(() => undefined, { events: { duplicateRate: 1 } });
    const { jobId } = await push(local, many(3));
    await local.platform.events.runUntilIdle();
    expect(local.received).toHaveLength(6);
    expect(await statsOf(local, jobId)).toEqual({ success: 3, inProgress: 0, failed: 0 });
  });

  it('are of one queue and one installation, and of the jobs of the last day', async () => {
    const local = await appWith(() => undefined);
    const { jobId } = await push(local, { body: {} });
    const unknown = (work: Promise<unknown>) =>
      expect(work).rejects.toBeInstanceOf(JobDoesNotExistError);
    await unknown(onQueue(local, (queue) => queue.getStats('another')));
    await unknown(onQueue(local, (queue) => queue.getStats(jobId), { queue: 'long' }));
    await unknown(onQueue(local, (queue) => queue.getStats(jobId), { installation: 'beta' }));
    await local.clock.advance(JOB_KEPT_MS);
    await push(local, { body: {} });
    await unknown(statsOf(local, jobId));
  });
});

describe('cancelling a job', () => {
  it('stops the events that have not started, and those of no other job', async () => {
    const local = await appWith(() => undefined);
    const first = await push(local, many(3));
    const second = await push(local, many(1));
    await onQueue(local, (queue) => queue.getJob(first.jobId).cancel());
    expect(local.platform.events.pending).toHaveLength(1);
    await local.platform.events.runUntilIdle();
    expect(local.received.map(({ jobId }) => jobId)).toEqual([second.jobId]);
    expect(await statsOf(local, first.jobId)).toEqual({ success: 0, inProgress: 0, failed: 3 });
  });

  it('lets a delivery under way end, without a retry', async () => {
    const local = await appWith(async ({ body }) => {
      await local.clock.sleep(10_000);
      failsOnFirst({ body });
    });
    const { jobId } = await push(local, many(2));
    const done = local.platform.events.drain();
    await local.clock.advance(5_000);
    await onQueue(local, (queue) => queue.cancel(jobId));
    const deliveries = await local.clock.drive(done);
    expect(deliveries).toMatchObject([{ outcome: 'dropped', reason: 'cancelled' }]);
    expect(local.received).toHaveLength(1);
    expect(await statsOf(local, jobId)).toEqual({ success: 0, inProgress: 0, failed: 2 });
  });

  it('of an unknown job is refused', async () => {
    const local = await appWith(() => undefined);
    await expect(onQueue(local, (queue) => queue.cancel('another'))).rejects.toThrow(
      'The job another was not found for the queue short.',
    );
  });
});
