import '../../emulator/globals';
import { __requestAtlassianAsApp } from '@forge/api';
import { InvocationError, Queue } from '@forge/events';
import { kvs } from '@forge/kvs';
import { afterEach, describe, expect, it } from 'vitest';
import { parseAppManifest } from '../../emulator/app-manifest';
import { realClock } from '../../emulator/clock';
import {
  BACKOFF_SECONDS_FIRST,
  CYCLIC_PUSHES_MAX,
  EVENT_RETENTION_MS,
  RETRY_DATA_BYTES_MAX,
} from '../../emulator/events/event-limits';
import { openMemoryEngine } from '../../emulator/kvs/engine';
import { createKvsService } from '../../emulator/kvs/service';
import { defaultKvsSettings } from '../../emulator/kvs/settings';
import { createLocalPlatform } from '../../emulator/platform';
import {
  EVENT_DELAY_SECONDS_MAX,
  EVENT_LONG_CONSUMER_BYTES_MAX,
  EVENT_PUSH_BYTES_MAX,
  EVENTS_PER_MINUTE_MAX,
  EVENTS_PER_PUSH_MAX,
} from '../../src/platform/limits';
import { type EventApp, eventApp, many, push } from '../support/event-app';
import { APP_MANIFEST, START_MS, seededRandom } from '../support/local-app';

let app: EventApp | undefined;
afterEach(() => app?.platform.close());

/** The app of this test, closed after it. */
async function appWith(...args: Parameters<typeof eventApp>): Promise<EventApp> {
  const created = await eventApp(...args);
  app = created;
  return created;
}

describe('delivery', () => {
  it('gives the consumer one event as pushed, in the installation that pushed it', async () => {
    const local = await appWith(async (event) => kvs.set('seen', event.body));
    const { jobId } = await push(local, { body: { step: 1 } });
    expect(local.received).toEqual([]);
    const [delivery] = await local.platform.events.deliverDue();
    expect(delivery).toMatchObject({ outcome: 'done', installation: 'alpha' });
    expect(local.received).toEqual([
      { body: { step: 1 }, queueName: 'short', jobId, eventId: delivery?.event.eventId },
    ]);
    const seen = (installation: string) =>
      local.platform.run({ installation }, () => kvs.get('seen'));
    expect(await Promise.all([seen('alpha'), seen('beta')])).toEqual([{ step: 1 }, undefined]);
  });

  it('waits for the delay of an event', async () => {
    const local = await appWith(() => undefined);
    await push(local, { body: {}, delayInSeconds: 60 });
    await local.clock.advance(59_999);
    expect(await local.platform.events.deliverDue()).toEqual([]);
    expect(local.platform.events.nextDueAt()).toBe(START_MS + 60_000);
    await local.clock.advance(1);
    expect(await local.platform.events.deliverDue()).toHaveLength(1);
    expect(local.platform.events.nextDueAt()).toBeUndefined();
  });

  it('runs a chain of pushes until nothing is left', async () => {
    const local = await appWith(async ({ body }) => {
      const n = Number(body['n']);
      if (n < 3) await new Queue({ key: 'short' }).push({ body: { n: n + 1 }, delayInSeconds: 5 });
    });
    await push(local, { body: { n: 0 } });
    expect(await local.platform.events.runUntilIdle()).toHaveLength(4);
    expect(local.clock.now()).toBe(START_MS + 15_000);
  });

  it('may deliver twice and in another order', async () => {
    const order = async (seed: number) => {
      const local = await appWith(() => undefined, {
        random: seededRandom(seed),
        events: { duplicateRate: 0.5, shuffle: true },
      });
      await push(local, many(20));
      await local.platform.events.deliverDue();
      return local.received.map(({ body }) => body['n']);
    };
    const first = await order(7);
    expect(first.length).toBeGreaterThan(20);
    expect(first).not.toEqual([...first].sort((a, b) => Number(a) - Number(b)));
    expect(await order(7)).toEqual(first);
    expect(await order(8)).not.toEqual(first);
  });

  it('runs several consumers side by side when told so', async () => {
    let running = 0;
    let most = 0;
    const local = await appWith(
      async () => {
        most = Math.max(most, ++running);
        await kvs.get('anything');
        running -= 1;
      },
      { events: { parallel: 3 } },
    );
    await push(local, many(9));
    await local.platform.events.deliverDue();
    expect([most, running]).toEqual([3, 0]);
  });
});

describe('retries', () => {
  it('retries what throws with growing waits, then drops it', async () => {
    const times: number[] = [];
    const local = await appWith(() => {
      times.push((local.clock.now() - START_MS) / 1000);
      throw new Error('cannot');
    });
    await push(local, { body: {} });
    const deliveries = await local.platform.events.runUntilIdle();
    expect(times).toEqual([0, 10, 50, 210, 850]);
    expect(deliveries.map(({ outcome }) => outcome)).toEqual([
      ...Array(4).fill('retried'),
      'dropped',
    ]);
    expect(local.platform.events.dropped[0]?.error).toMatchObject({ message: 'cannot' });
    expect(local.received.map(({ retryContext }) => retryContext?.retryCount)).toEqual([
      undefined,
      1,
      2,
      3,
      4,
    ]);
  });

  it('retries a consumer that runs out of time, and tells it why', async () => {
    const local = await appWith(async ({ retryContext }) => {
      if (retryContext === undefined) await local.clock.sleep(56_000);
    });
    await push(local, { body: {} });
    const deliveries = await local.platform.events.runUntilIdle();
    expect(deliveries.map(({ outcome }) => outcome)).toEqual(['retried', 'done']);
    expect(local.received[1]?.retryContext?.retryReason).toBe('FUNCTION_TIME_OUT');
    expect(local.clock.now()).toBeGreaterThanOrEqual(
      START_MS + 55_000 + BACKOFF_SECONDS_FIRST * 1000,
    );
  });

  it('retries when the consumer asks for it, with the data it returned', async () => {
    const local = await appWith(({ retryContext }) =>
      retryContext === undefined
        ? new InvocationError({
            retryAfter: 30,
            retryReason: 'FUNCTION_UPSTREAM_RATE_LIMITED' as never,
            retryData: { at: 5 },
          })
        : undefined,
    );
    await push(local, { body: {} });
    await local.platform.events.runUntilIdle();
    expect(local.clock.now()).toBe(START_MS + 30_000);
    expect(local.received[1]?.retryContext).toEqual({
      retryCount: 1,
      retryReason: 'FUNCTION_UPSTREAM_RATE_LIMITED',
      retryData: { at: 5 },
      retentionWindow: {
        startTime: '2026-11-01T00:00:00.000Z',
        remainingTimeMs: EVENT_RETENTION_MS - 30_000,
      },
    });
  });
});

describe('a retry that the consumer asks for', () => {
  it('comes after at most 15 minutes', async () => {
    const local = await appWith(({ retryContext }) =>
      retryContext === undefined ? new InvocationError({ retryAfter: 5_000 } as never) : undefined,
    );
    await push(local, { body: {} });
    await local.platform.events.runUntilIdle();
    expect(local.clock.now()).toBe(START_MS + 900_000);
  });

  it('comes at most four times', async () => {
    const local = await appWith(() => new InvocationError());
    await push(local, { body: {} });
    await local.platform.events.runUntilIdle();
    expect(local.received).toHaveLength(5);
    expect(local.platform.events.dropped).toHaveLength(1);
  });

  it('never comes when its data is too large', async () => {
    const retryData = { text: 'x'.repeat(RETRY_DATA_BYTES_MAX) };
    const local = await appWith(() => new InvocationError({ retryAfter: 1, retryData } as never));
    await push(local, { body: {} });
    const deliveries = await local.platform.events.runUntilIdle();
    expect(deliveries.map(({ outcome }) => outcome)).toEqual(['dropped']);
  });
});

describe('limits', () => {
  const consumer = () => undefined;

  it('takes at most so many events a minute of one installation', async () => {
    const local = await appWith(consumer);
    for (let pushed = 0; pushed < EVENTS_PER_MINUTE_MAX; pushed += EVENTS_PER_PUSH_MAX) {
      await push(local, many(EVENTS_PER_PUSH_MAX));
    }
    await expect(push(local, many(1))).rejects.toThrow('Too many requests');
    await local.clock.advance(60_000);
    await expect(push(local, many(1))).resolves.toHaveProperty('jobId');
  });

  it('refuses single events too large for a long consumer and takes the rest', async () => {
    const local = await appWith(consumer);
    const large = { body: { text: 'x'.repeat(EVENT_LONG_CONSUMER_BYTES_MAX) } };
    await expect(push(local, [{ body: { n: 1 } }, large], { queue: 'long' })).rejects.toMatchObject(
      {
        failedEvents: [{ payload: large }],
      },
    );
    expect(local.platform.events.pending.map(({ event }) => event.body)).toEqual([{ n: 1 }]);
    await expect(push(local, large, { queue: 'long' })).rejects.toThrow(/carries at most/);
    await expect(push(local, large)).resolves.toHaveProperty('jobId');
  });

  it("are the service's too, for requests that the package would not send", async () => {
    const local = await appWith(consumer);
    const publish = async (payload: unknown, queueName = 'short') =>
      local.platform.run({ installation: 'alpha' }, async () => {
        const path = '/webhook/queue/publish/{contextAri}/{environmentId}/{appId}/{appVersion}';
        const body = JSON.stringify({ queueName, jobId: 'job', payload });
        return (await __requestAtlassianAsApp(path, { method: 'POST', body })).status;
      });
    const text = 'x'.repeat(EVENT_PUSH_BYTES_MAX);
    expect(await publish([{ body: { text } }])).toBe(413);
    expect(await publish([{ body: { text: text.slice(EVENT_PUSH_BYTES_MAX / 2) } }])).toBe(201);
    expect(await publish([{ body: {} }, { body: { text } }])).toBe(413);
    expect(await publish(many(EVENTS_PER_PUSH_MAX + 1))).toBe(400);
    expect(await publish([{ body: {}, delayInSeconds: EVENT_DELAY_SECONDS_MAX + 1 }])).toBe(400);
    expect(await publish([])).toBe(400);
  });

  it('stops pushes that descend from one invocation without end', async () => {
    let refusal: unknown;
    const local = await appWith(async () => {
      const queue = new Queue({ key: 'short' });
      await queue.push({ body: {}, delayInSeconds: 1 }).catch((error: unknown) => {
        refusal = error;
      });
    });
    await push(local, { body: {} });
    await local.platform.events.runUntilIdle();
    expect(local.received).toHaveLength(CYCLIC_PUSHES_MAX);
    expect(refusal).toMatchObject({ message: 'The limit on cyclic invocation has been reached.' });
  });

  it('refuses a queue that no consumer takes', async () => {
    const local = await appWith(consumer);
    await expect(push(local, { body: {} }, { queue: 'nobody' })).rejects.toThrow(/queue nobody/);
  });
});

it('drains in real time on the real clock', async () => {
  const clock = realClock();
  const manifest = parseAppManifest(APP_MANIFEST);
  const random = seededRandom(1);
  const engine = await openMemoryEngine();
  const settings = defaultKvsSettings();
  const kvsService = createKvsService({ engine, entities: [], clock, settings, random });
  const platform = await createLocalPlatform({ kvs: kvsService, manifest, clock, random });
  const times: number[] = [];
  platform.registerHandlers({ short: () => times.push(clock.now()) });
  const startMs = clock.now();
  await platform.run({ installation: 'alpha' }, () =>
    new Queue({ key: 'short' }).push([{ body: {}, delayInSeconds: 0.05 }, { body: {} }]),
  );
  expect(await platform.events.drain()).toHaveLength(2);
  expect(times[0]).toBeLessThan(startMs + 50);
  expect(times[1]).toBeGreaterThanOrEqual(startMs + 50);
  await expect(platform.events.runUntilIdle()).rejects.toThrow(/virtual clock/);
  await platform.close();
});
