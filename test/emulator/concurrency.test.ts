import { Queue } from '@forge/events';
import { afterEach, describe, expect, it } from 'vitest';
import { throttleSeconds } from '../../emulator/events/concurrency';
import type { DeliveredEvent } from '../../emulator/events/event';
import { BACKOFF_SECONDS_MAX } from '../../emulator/events/event-limits';
import { type EventApp, eventApp, many, push } from '../support/event-app';
import { START_MS } from '../support/local-app';

let app: EventApp | undefined;
afterEach(() => app?.platform.close());

/** Seconds since the start at which each delivery began, and the most that ran at once. */
interface Runs {
  local: EventApp;
  startsS: number[];
  most: () => number;
}

/** The app with consumers that take 50 seconds each, or as told. */
async function slowConsumers(
  options: Parameters<typeof eventApp>[1],
  sleepMs: (event: DeliveredEvent) => number = () => 50_000,
): Promise<Runs> {
  const startsS: number[] = [];
  let running = 0;
  let most = 0;
  const local = await eventApp(async (event) => {
    startsS.push((local.clock.now() - START_MS) / 1000);
    most = Math.max(most, ++running);
    await local.clock.sleep(sleepMs(event));
    running -= 1;
  }, options);
  app = local;
  return { local, startsS, most: () => most };
}

const keyed = (count: number, limit: number, key = 'embed') =>
  many(count).map((event) => ({ ...event, concurrency: { key, limit } }));

describe('a concurrency key', () => {
  it('lets at most its limit run at once, and all run in the end', async () => {
    const { local, most } = await slowConsumers({ events: { parallel: 10 } });
    await push(local, keyed(7, 2));
    const deliveries = await local.platform.events.runUntilIdle();
    expect(most()).toBe(2);
    expect(deliveries.map(({ outcome }) => outcome)).toEqual(Array(7).fill('done'));
    expect(local.received.map(({ body }) => body['n']).sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('is shown to the consumer, and a throttled event is no retry', async () => {
    const { local } = await slowConsumers({ events: { parallel: 2 } });
    await push(local, keyed(2, 1));
    await local.platform.events.runUntilIdle();
    expect(local.received.map(({ concurrency }) => concurrency)).toEqual(
      Array(2).fill({ key: 'embed', limit: 1 }),
    );
    expect(local.received.map(({ retryContext }) => retryContext)).toEqual([undefined, undefined]);
  });

  it('holds across queues, and for one installation alone', async () => {
    const { local, startsS } = await slowConsumers({ events: { parallel: 9 } });
    await push(local, keyed(1, 1));
    await push(local, keyed(1, 1), { queue: 'long' });
    await push(local, keyed(1, 1, 'other'));
    await push(local, keyed(1, 1), { installation: 'beta' });
    await local.platform.events.runUntilIdle();
    expect(startsS.filter((s) => s === 0)).toHaveLength(3);
    expect(startsS[3]).toBeGreaterThanOrEqual(50);
    expect(local.received[3]?.queueName).toBe('long');
  });

  it('keeps no lane that others could use', async () => {
    const { local, startsS } = await slowConsumers({ events: { parallel: 2 } });
    await push(local, keyed(3, 1));
    await push(local, { body: { n: 9 } });
    await local.platform.events.runUntilIdle();
    expect(local.received[1]?.body).toEqual({ n: 9 });
    expect(startsS.slice(0, 2)).toEqual([0, 0]);
  });

  it('is free again when its delivery failed', async () => {
    let failed = false;
    const local = await eventApp(() => {
      if (failed) return;
      failed = true;
      throw new Error('once');
    });
    app = local;
    await push(local, keyed(2, 1));
    const deliveries = await local.platform.events.runUntilIdle();
    expect(deliveries.map(({ outcome }) => outcome)).toEqual(['retried', 'done', 'done']);
  });

  it('needs a name and a whole limit of at least one', async () => {
    const { local } = await slowConsumers({});
    for (const concurrency of [
      { key: '', limit: 1 },
      { key: 'a', limit: 0 },
      { key: 'a', limit: 1.5 },
    ]) {
      await expect(push(local, { body: {}, concurrency })).rejects.toThrow(/^400 /);
    }
  });
});

describe('throttled events', () => {
  it('come again after growing waits', async () => {
    const { local } = await slowConsumers({ events: { parallel: 2 } });
    await push(local, keyed(2, 1));
    const done = local.platform.events.deliverDue();
    const waits: number[] = [];
    for (let seconds = 0; seconds < 20; seconds++) {
      await local.clock.advance(1_000);
      const [{ dueAt } = { dueAt: 0 }] = local.platform.events.pending;
      const dueS = (dueAt - START_MS) / 1000;
      if (!waits.includes(dueS)) waits.push(dueS);
    }
    expect(waits).toEqual([3, 7, 15, 31]);
    await local.clock.drive(done);
    expect([0, 5, 9, 10, 30].map(throttleSeconds)).toEqual([1, 32, 512, 900, BACKOFF_SECONDS_MAX]);
  });

  it('do not keep deliverDue busy: they wait for their next time', async () => {
    const { local } = await slowConsumers({ events: { parallel: 4 } });
    await push(local, keyed(4, 1));
    const deliveries = await local.clock.drive(local.platform.events.deliverDue());
    expect(deliveries.length).toBeGreaterThanOrEqual(1);
    for (const { dueAt, throttles } of local.platform.events.pending) {
      expect(dueAt).toBeGreaterThan(local.clock.now());
      expect(throttles).toBeGreaterThan(0);
    }
    await local.platform.events.runUntilIdle();
    expect(local.received).toHaveLength(4);
  });
});

describe('lanes', () => {
  it('take what comes due while a long consumer still runs', async () => {
    const sleepMs = ({ body }: DeliveredEvent) => (body['n'] === 0 ? 50_000 : 1_000);
    const { local, startsS } = await slowConsumers({ events: { parallel: 2 } }, sleepMs);
    await push(local, [
      { body: { n: 0 } },
      { body: { n: 1 }, delayInSeconds: 5 },
      { body: { n: 2 }, delayInSeconds: 5 },
      { body: { n: 3 }, delayInSeconds: 20 },
    ]);
    await local.platform.events.runUntilIdle();
    expect(startsS).toEqual([0, 5, 6, 20]);
    expect(local.clock.now()).toBe(START_MS + 50_000);
  });

  it('take what a running consumer pushes', async () => {
    const startsS: number[] = [];
    const local = await eventApp(
      async ({ body }) => {
        startsS.push((local.clock.now() - START_MS) / 1000);
        if (body['n'] !== 0) return;
        await local.clock.sleep(10_000);
        await new Queue({ key: 'short' }).push({ body: { n: 1 } });
        await local.clock.sleep(10_000);
      },
      { events: { parallel: 2 } },
    );
    app = local;
    await push(local, { body: { n: 0 } });
    await local.clock.drive(local.platform.events.deliverDue());
    expect(startsS).toEqual([0, 10]);
    expect(local.clock.now()).toBe(START_MS + 20_000);
  });

  it('are never more than told, for runs side by side too', async () => {
    const { local, most } = await slowConsumers({ events: { parallel: 3 } });
    await push(local, many(8));
    const { events } = local.platform;
    await local.clock.drive(Promise.all([events.drain(), events.drain()]));
    expect(most()).toBe(3);
    expect(local.received).toHaveLength(8);
  });
});

it('lets events overtake each other by a random delay', async () => {
  const { local, startsS } = await slowConsumers(
    { events: { parallel: 20, delayJitterMs: 10_000 } },
    () => 0,
  );
  await push(local, many(20));
  await local.platform.events.runUntilIdle();
  const order = local.received.map(({ body }) => Number(body['n']));
  expect(order).not.toEqual([...order].sort((a, b) => a - b));
  expect(Math.max(...startsS)).toBeLessThanOrEqual(10);
  expect(new Set(startsS).size).toBeGreaterThan(10);
});
