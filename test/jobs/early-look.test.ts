/** Events that come when the clock of who takes them says that it is not time yet. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJob, stageDocuments, startJob } from '../../src/jobs/control-job';
import { coordinate } from '../../src/jobs/coordinate';
import { parseEvent } from '../../src/jobs/events';
import type { JobContext } from '../../src/jobs/job-context';
import { findJob } from '../../src/jobs/job-store';
import type { Platform, QueuedEvent } from '../../src/platform/ports';
import { type IndexSite, openIndexSite, wordProvider } from '../support/index-site';

const NOW = Date.parse('2026-11-24T12:00:00Z');

let now: number;
let site: IndexSite;
let pushed: QueuedEvent[];
beforeEach(async () => {
  now = NOW;
  site = await openIndexSite();
  pushed = [];
});
afterEach(() => site.close());

/** Delivers an event to a coordinator, and gives what it pushes to coordinators. */
async function deliver(platform: Platform, event: QueuedEvent, id: string): Promise<QueuedEvent[]> {
  const received = parseEvent({ body: event.body, eventId: id });
  if (received?.step.step !== 'coordinate') throw new Error('not for a coordinator');
  const context: JobContext = {
    platform,
    used: () => ({ read: 0, write: 0 }),
    providerFor: () => wordProvider(),
    providerOf: () => wordProvider(),
    event: received,
    push: async (events) => void pushed.push(...events),
  };
  pushed = [];
  await coordinate(context, received.step.jobId, received.step.lookAt);
  return pushed.filter(({ body }) => (body as { step: string }).step === 'coordinate');
}

/** A job whose lanes have been pushed and never come, on a clock that the test moves. */
async function begin(work: (platform: Platform, look: QueuedEvent) => Promise<void>) {
  await site.run(async (given) => {
    const queue = {
      ...given.queue,
      push: async (body: QueuedEvent['body']) => void pushed.push({ body }),
    };
    const platform = { ...given, queue, clock: () => now };
    const wish = { library: 'rules', projects: null, embedder: null, dimensions: null } as const;
    const jobId = await openJob(platform, { kind: 'index', ...wish, sync: false, rebuild: false });
    const content = Buffer.from('A rule.').toString('base64');
    await stageDocuments(platform, jobId, 0, [{ name: 'a.md', part: 0, parts: 1, content }]);
    await startJob(platform, jobId, { calls: 1, confirm: false });
    const [look] = await deliver(platform, pushed[0] as QueuedEvent, 'first');
    const { state } = await findJob(platform.entities, jobId);
    expect(state).toMatchObject({ state: 'running', phase: 'embed', nextLookAt: NOW + 5_000 });
    expect(look).toMatchObject({ delaySeconds: 5 });
    await work(platform, look as QueuedEvent);
  });
}

describe('a job', () => {
  it('that is looked after before the look it awaits pushes no further one', () =>
    begin(async (platform, { body }) => {
      const { lookAt: _, ...plain } = body as { lookAt: number };
      expect(await deliver(platform, { body: plain }, 'other')).toEqual([]);
    }));

  it('does not await a look that has come already, early by the clock', () =>
    begin(async (platform, look) => {
      const [next] = await deliver(platform, look, 'early');
      expect(next).toMatchObject({ delaySeconds: 5, body: { lookAt: NOW + 5_000 } });
      expect(await deliver(platform, next as QueuedEvent, 'early again')).toHaveLength(1);
    }));

  it('that awaits a later look takes no notice of an earlier one that comes again', () =>
    begin(async (platform, look) => {
      now += 5_000;
      const [next] = await deliver(platform, look, 'in time');
      expect(next).toMatchObject({ body: { lookAt: now + 5_000 } });
      // By a clock that is behind, what the job awaits is far in the future.
      now -= 60_000;
      expect(await deliver(platform, look, 'repeated')).toEqual([]);
      expect(await deliver(platform, next as QueuedEvent, 'awaited')).toHaveLength(1);
    }));
});
