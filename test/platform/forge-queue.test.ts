/** The queue adapter: what reaches the platform, and what the app is told of its answers. */
import '../../emulator/globals';
import { beforeEach, describe, expect, it } from 'vitest';
import { CYCLIC_PUSHES_MAX } from '../../emulator/events/event-limits';
import type { DeliveredEvent } from '../../emulator/events/event-service';
import type { FaultAction } from '../../emulator/faults';
import { createForgeQueue } from '../../src/platform/forge-queue';
import {
  EVENT_LONG_CONSUMER_BYTES_MAX,
  EVENT_PUSH_BYTES_MAX,
  EVENTS_PER_MINUTE_MAX,
  EVENTS_PER_PUSH_MAX,
} from '../../src/platform/limits';
import type { EventQueue } from '../../src/platform/ports';
import { createLocalApp, type LocalApp } from '../support/local-app';

let app: LocalApp;
let received: DeliveredEvent[];
beforeEach(async () => {
  app = await createLocalApp();
  received = [];
  const handler = (event: DeliveredEvent) => void received.push(event);
  app.platform.registerHandlers({ short: handler, long: handler });
});

const run = <T>(work: (queue: EventQueue) => Promise<T>, queue = 'short') =>
  app.platform.run({ installation: 'alpha' }, () => work(createForgeQueue(queue)));

const pushes = () => app.platform.calls.log.filter(({ kind }) => kind === 'events').length;
const deliver = async () => {
  await app.platform.events.runUntilIdle();
  return received.map(({ body }) => body);
};
const fault = (action: FaultAction) =>
  app.platform.calls.setFaults([{ match: { kind: 'events' }, action }]);

const many = (count: number) => Array.from({ length: count }, (_, n) => ({ body: { n } }));

describe('push', () => {
  it('delivers the body, after its delay', async () => {
    await run(async (queue) => {
      await queue.push({ n: 1 }, { delaySeconds: 60 });
      await queue.push({ n: 2 });
    });
    expect(await deliver()).toEqual([{ n: 2 }, { n: 1 }]);
    expect(received[1]?.delayInSeconds).toBe(60);
  });

  it('carries the concurrency key to the platform', async () => {
    const concurrency = { key: 'embed', limit: 4 };
    const sent = await requestsOf(async () => {
      const queue = createForgeQueue('short');
      await queue.push({ n: 1 }, { concurrency });
      await queue.pushAll([{ body: { n: 2 }, concurrency, delaySeconds: 5 }, { body: { n: 3 } }]);
    });
    expect(sent.map(({ payload }) => payload)).toEqual([
      [{ body: { n: 1 }, concurrency }],
      [{ body: { n: 2 }, concurrency, delayInSeconds: 5 }, { body: { n: 3 } }],
    ]);
  });
});

describe('pushAll', () => {
  it('of nothing makes no request', async () => {
    await run((queue) => queue.pushAll([]));
    expect(pushes()).toBe(0);
  });

  it('splits at the events that one push carries', async () => {
    await run((queue) => queue.pushAll(many(2 * EVENTS_PER_PUSH_MAX + 1)));
    expect(pushes()).toBe(3);
    expect(await deliver()).toEqual(many(101).map(({ body }) => body));
  });

  it('splits at the bytes that one push carries, and fills each up to them', async () => {
    // In UTF-8 twice what it has characters. An event alone: {"body":{"text":"…"}}
    const frame = Buffer.byteLength(JSON.stringify({ body: { text: '' } }));
    const quarter = (EVENT_PUSH_BYTES_MAX - 2 - 3) / 4 - frame;
    const event = (bytes: number) => ({
      body: { text: 'é'.repeat(bytes >> 1) + 'e'.repeat(bytes % 2) },
    });
    const rest = EVENT_PUSH_BYTES_MAX - 5 - 3 * (Math.floor(quarter) + frame) - frame;
    const three = Array.from({ length: 3 }, () => event(Math.floor(quarter)));
    await run((queue) => queue.pushAll([...three, event(rest)]));
    expect(pushes()).toBe(1);
    await run((queue) => queue.pushAll([...three, event(rest + 1)]));
    expect(pushes()).toBe(3);
    expect(await deliver()).toHaveLength(8);
  });
});

describe('an error', () => {
  it.each([
    [429, { code: 'queue_throttled', retryable: true, retryAfterMs: 60_000 }],
    [405, { code: 'queue_chain_limit', retryable: false }],
    [413, { code: 'queue_payload_too_large', retryable: false }],
    [500, { code: 'queue_failed', retryable: true, facts: { queue: 'short', status: 500 } }],
    [400, { code: 'queue_failed', retryable: false, facts: { queue: 'short', status: 400 } }],
  ])('of a %i', async (status, expected) => {
    fault({ type: 'fail', status, code: 'ANY' });
    await expect(run((queue) => queue.push({ n: 1 }))).rejects.toMatchObject(expected);
    await expect(run((queue) => queue.pushAll(many(1)))).rejects.toMatchObject(expected);
  });

  it('without an answer is queue_failed', async () => {
    fault({ type: 'timeout' });
    const expected = { code: 'queue_failed', retryable: true };
    await expect(run((queue) => queue.push({ n: 1 }))).rejects.toMatchObject(expected);
  });

  it('that is the end of the function stays what it is', async () => {
    fault({ type: 'crash-before' });
    await expect(run((queue) => queue.push({}))).rejects.toMatchObject({ name: 'FunctionCrashed' });
  });

  it('comes from the platform for more events than a minute allows', async () => {
    const all = many(EVENTS_PER_MINUTE_MAX + 1);
    const pushed = run((queue) => queue.pushAll(all));
    await expect(pushed).rejects.toMatchObject({ code: 'queue_throttled' });
    expect(await deliver()).toHaveLength(EVENTS_PER_MINUTE_MAX);
  });

  it('comes for more pushes than may descend from one call', async () => {
    const pushed = run(async (queue) => {
      for (let n = 0; n <= CYCLIC_PUSHES_MAX; n += 1) {
        if (n % EVENTS_PER_MINUTE_MAX === 0) await app.clock.advance(60_000);
        await queue.push({ n });
      }
    });
    await expect(pushed).rejects.toMatchObject({ code: 'queue_chain_limit' });
  });

  it('comes for an event larger than any push, which stands alone', async () => {
    const large = { body: { text: 'x'.repeat(EVENT_PUSH_BYTES_MAX) } };
    const pushed = run((queue) => queue.pushAll([{ body: { n: 1 } }, large]));
    await expect(pushed).rejects.toMatchObject({ code: 'queue_payload_too_large' });
    expect(await deliver()).toEqual([{ n: 1 }]);
  });

  it('comes for events that a long consumer does not take, while the others go through', async () => {
    const large = { body: { text: 'x'.repeat(EVENT_LONG_CONSUMER_BYTES_MAX) } };
    const pushed = run((queue) => queue.pushAll([{ body: { n: 1 } }, large]), 'long');
    const facts = { queue: 'long', refused: 1 };
    await expect(pushed).rejects.toMatchObject({ code: 'queue_failed', retryable: true, facts });
    expect(await deliver()).toEqual([{ n: 1 }]);
  });

  it('comes for a delay that is too long', async () => {
    const pushed = run((queue) => queue.push({}, { delaySeconds: 901 }));
    await expect(pushed).rejects.toMatchObject({ code: 'queue_failed', retryable: false });
    expect(pushes()).toBe(0);
  });
});

/** What `work` sends to the queue service, which answers that it took everything. */
async function requestsOf(work: () => Promise<void>): Promise<{ payload: unknown }[]> {
  const sent: { payload: unknown }[] = [];
  const name = '__forge_fetch__';
  await app.platform.run({ installation: 'alpha' }, async () => {
    const forgeFetch = Object.getOwnPropertyDescriptor(globalThis, name);
    const respond = async (_service: unknown, _path: string, init: { body: string }) => {
      sent.push(JSON.parse(init.body));
      return Response.json({}, { status: 201 });
    };
    Object.defineProperty(globalThis, name, { configurable: true, value: respond });
    try {
      await work();
    } finally {
      if (forgeFetch !== undefined) Object.defineProperty(globalThis, name, forgeFetch);
    }
  });
  return sent;
}
