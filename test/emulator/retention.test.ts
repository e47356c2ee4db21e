import { InvocationError } from '@forge/events';
import { afterEach, describe, expect, it } from 'vitest';
import { EVENT_RETENTION_MS } from '../../emulator/events/event-limits';
import { type EventApp, eventApp, push } from '../support/event-app';
import { START_MS } from '../support/local-app';

let app: EventApp | undefined;
afterEach(() => app?.platform.close());

const HOUR_MS = 3_600_000;
const UNENDING = { retriesMax: Number.POSITIVE_INFINITY };

describe('an event that has not succeeded within a day of its push', () => {
  it('is dropped between its retries', async () => {
    const times: number[] = [];
    const local = await eventApp(
      () => {
        times.push((local.clock.now() - START_MS) / 1000);
        throw new Error('cannot');
      },
      { events: UNENDING },
    );
    app = local;
    await push(local, { body: {} });
    const deliveries = await local.platform.events.runUntilIdle();
    expect(times.slice(0, 7)).toEqual([0, 10, 50, 210, 850, 1_750, 2_650]);
    expect(times.at(-1)).toBeLessThan(EVENT_RETENTION_MS / 1000);
    expect(local.clock.now()).toBe(START_MS + EVENT_RETENTION_MS);
    expect(deliveries.at(-1)).toMatchObject({ outcome: 'dropped', reason: 'expired' });
    expect(deliveries).toHaveLength(times.length + 1);
    expect(local.platform.events.pending).toEqual([]);
  });

  it('is dropped while its concurrency key is in use', async () => {
    const local = await eventApp(
      async ({ body }) => {
        if (body['n'] !== 0) return undefined;
        await local.clock.sleep(890_000);
        return new InvocationError({ retryAfter: 1 } as never);
      },
      { events: { ...UNENDING, parallel: 2 } },
    );
    app = local;
    const concurrency = { key: 'one', limit: 1 };
    await push(
      local,
      [0, 1].map((n) => ({ body: { n }, concurrency })),
      { queue: 'long' },
    );
    const done = local.platform.events.drain();
    // The throttled one gets its chance only in the second between two runs of the other.
    await local.clock.advance(EVENT_RETENTION_MS);
    const seen = local.received.filter(({ body }) => body['n'] === 1);
    const dropped = local.platform.events.dropped.map(({ event }) => event.body['n']);
    expect([seen.length, dropped.filter((n) => n === 1).length]).toEqual([0, 1]);
    await local.clock.drive(done);
  });

  it('is dropped when it waited for a free lane', async () => {
    const local = await eventApp(({ body }) => {
      if (body['n'] === 0) return local.clock.sleep(890_000);
      return undefined;
    });
    app = local;
    await push(local, [{ body: { n: 0 } }, { body: { n: 1 } }], { queue: 'long' });
    const done = local.platform.events.deliverDue();
    await local.clock.advance(100_000);
    expect(local.platform.events.pending).toHaveLength(1);
    await local.clock.advance(EVENT_RETENTION_MS);
    await done;
    expect(local.received).toHaveLength(2);

    await push(local, { body: { n: 2 } });
    await local.clock.advance(EVENT_RETENTION_MS);
    const [delivery] = await local.platform.events.deliverDue();
    expect(delivery).toMatchObject({ outcome: 'dropped', reason: 'expired' });
    expect(local.received).toHaveLength(2);
  });

  it('is not retried when its run ended after that time', async () => {
    const local = await eventApp(
      async () => {
        await local.clock.sleep(120_000);
        throw new Error('late');
      },
      { events: UNENDING },
    );
    app = local;
    await push(local, { body: {} }, { queue: 'long' });
    await local.clock.advance(EVENT_RETENTION_MS - 60_000);
    const deliveries = await local.platform.events.runUntilIdle();
    expect(deliveries).toMatchObject([
      { outcome: 'dropped', reason: 'expired', error: { message: 'late' } },
    ]);
  });
});

it('tells a retry how long it may still be retried', async () => {
  const local = await eventApp(({ retryContext }) => {
    if (retryContext === undefined) throw new Error('once');
  });
  app = local;
  await local.clock.advance(HOUR_MS);
  await push(local, { body: {} });
  await local.platform.events.runUntilIdle();
  expect(local.received[1]?.retryContext).toEqual({
    retryCount: 1,
    retryReason: 'FUNCTION_PLATFORM_UNKNOWN_ERROR',
    retentionWindow: {
      startTime: '2026-11-01T01:00:00.000Z',
      remainingTimeMs: EVENT_RETENTION_MS - 10_000,
    },
  });
});
