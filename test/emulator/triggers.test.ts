import { InvocationLimitReachedError, Queue } from '@forge/events';
import { kvs } from '@forge/kvs';
import { afterEach, describe, expect, it } from 'vitest';
import { FunctionTimeout } from '../../emulator/errors';
import { CYCLIC_PUSHES_MAX } from '../../emulator/events/event-limits';
import type { TriggerEvent } from '../../emulator/triggers';
import { type EventApp, eventApp, push, TRIGGER_MANIFEST } from '../support/event-app';
import { START_MS } from '../support/local-app';

let app: EventApp | undefined;
afterEach(() => app?.platform.close());

const MINUTE_MS = 60_000;

interface Handlers {
  tick?: (event: TriggerEvent, context: unknown) => unknown;
  sweep?: (event: TriggerEvent, context: unknown) => unknown;
  consume?: Parameters<typeof eventApp>[0];
  events?: NonNullable<Parameters<typeof eventApp>[1]>['events'];
}

async function triggerApp(handlers: Handlers): Promise<EventApp> {
  const { tick, sweep, consume, events = {} } = handlers;
  const local = await eventApp(consume ?? (() => undefined), {
    manifest: TRIGGER_MANIFEST,
    events,
  });
  local.platform.registerHandlers({
    tick: tick ?? (() => undefined),
    sweep: sweep ?? (() => undefined),
  });
  app = local;
  return local;
}

const ALPHA = { installation: 'alpha' };
const SERVED = { installations: ['alpha'] };

describe('firing a trigger', () => {
  it('gives its function the event of a scheduled trigger and no user', async () => {
    const seen: unknown[] = [];
    const local = await triggerApp({
      tick: async (event, context) => {
        seen.push(event, context);
        await kvs.set('ticked', true);
        return { statusCode: 200 };
      },
    });
    const run = await local.platform.fireTrigger('push-on', ALPHA);
    expect(run).toEqual({ trigger: 'push-on', installation: 'alpha', firedAt: START_MS });
    expect(seen).toEqual([
      {
        context: { cloudId: 'alpha', moduleKey: 'push-on' },
        contextToken: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
      expect.not.objectContaining({ principal: expect.anything() }),
    ]);
    expect(await local.platform.run(ALPHA, () => kvs.get('ticked'))).toBe(true);
  });

  it('says what the function threw, and does not run it again', async () => {
    let runs = 0;
    const local = await triggerApp({
      tick: () => {
        runs += 1;
        throw new Error('cannot');
      },
    });
    const run = await local.platform.fireTrigger('push-on', ALPHA);
    expect(run.error).toMatchObject({ message: 'cannot' });
    await local.platform.runFor(MINUTE_MS, SERVED);
    expect(runs).toBe(1);
  });

  it.each([
    ['push-on', 55],
    ['clean-up', 300],
  ])('gives %s %i seconds', async (key, seconds) => {
    const tooLong = () => local.clock.sleep(seconds * 1000 + 1);
    const local = await triggerApp({ tick: tooLong, sweep: tooLong });
    const run = await local.clock.drive(local.platform.fireTrigger(key, ALPHA));
    expect(run.error).toBeInstanceOf(FunctionTimeout);
    expect(run.error).toMatchObject({ timeLimitMs: seconds * 1000 });
  });

  it('needs a trigger of the manifest', async () => {
    const local = await triggerApp({});
    await expect(local.platform.fireTrigger('other', ALPHA)).rejects.toThrow(/no trigger other/);
  });

  it('starts a chain of pushes of its own', async () => {
    let refusals = 0;
    const pushOn = async () => {
      await new Queue({ key: 'short' }).push({ body: {}, delayInSeconds: 1 }).catch((error) => {
        expect(error).toBeInstanceOf(InvocationLimitReachedError);
        refusals += 1;
      });
    };
    const local = await triggerApp({ tick: pushOn, consume: pushOn });
    await local.platform.fireTrigger('push-on', ALPHA);
    await local.platform.events.runUntilIdle();
    expect([local.received.length, refusals]).toEqual([CYCLIC_PUSHES_MAX, 1]);
    await local.platform.fireTrigger('push-on', ALPHA);
    expect(local.platform.events.pending).toHaveLength(1);
  });
});

it('counts the pushes of retried deliveries to one chain', async () => {
  let refusals = 0;
  const local = await triggerApp({
    consume: async ({ retryContext }) => {
      const queue = new Queue({ key: 'short' });
      if (retryContext !== undefined) return;
      await queue.push({ body: {}, delayInSeconds: 1 }).catch(() => {
        refusals += 1;
      });
      throw new Error('once more');
    },
  });
  await push(local, { body: {} });
  await local.platform.events.runUntilIdle();
  expect(local.received).toHaveLength(2 * CYCLIC_PUSHES_MAX);
  expect(refusals).toBe(1);
});

describe('a while of the virtual clock', () => {
  it('fires each trigger when its interval has passed, for every installation', async () => {
    const local = await triggerApp({});
    const report = await local.platform.runFor(60 * MINUTE_MS, { installations: ['a', 'b'] });
    const times = (key: string, installation: string) =>
      report.triggerRuns
        .filter((run) => run.trigger === key && run.installation === installation)
        .map(({ firedAt }) => (firedAt - START_MS) / MINUTE_MS);
    expect(times('push-on', 'a')).toEqual(Array.from({ length: 12 }, (_, n) => 5 * (n + 1)));
    expect(times('push-on', 'b')).toEqual(times('push-on', 'a'));
    expect(times('clean-up', 'a')).toEqual([60]);
    expect(local.clock.now()).toBe(START_MS + 60 * MINUTE_MS);
  });

  it('keeps the times of triggers from one while to the next', async () => {
    const local = await triggerApp({});
    const minutes: number[] = [];
    for (let n = 0; n < 4; n++) {
      const { triggerRuns } = await local.platform.runFor(3 * MINUTE_MS, SERVED);
      minutes.push(...triggerRuns.map(({ firedAt }) => (firedAt - START_MS) / MINUTE_MS));
    }
    expect(minutes).toEqual([5, 10]);
  });

  it('fires nothing when told so', async () => {
    const local = await triggerApp({});
    const report = await local.platform.runFor(60 * MINUTE_MS, { ...SERVED, triggers: false });
    expect(report).toEqual({ deliveries: [], triggerRuns: [] });
  });

  it('delivers what comes due, also what a trigger pushed', async () => {
    const startsS: number[] = [];
    const local = await triggerApp({
      tick: () => new Queue({ key: 'short' }).push({ body: { n: 2 }, delayInSeconds: 30 }),
      consume: () => startsS.push((local.clock.now() - START_MS) / 1000),
    });
    await push(local, [{ body: { n: 0 } }, { body: { n: 1 }, delayInSeconds: 100 }]);
    const report = await local.platform.runFor(6 * MINUTE_MS, SERVED);
    expect(startsS).toEqual([0, 100, 330]);
    expect(report.deliveries.map(({ event }) => event.body['n'])).toEqual([0, 1, 2]);
    expect(report.triggerRuns).toHaveLength(1);
  });

  it('leaves a delivery under way to the next while', async () => {
    const local = await triggerApp({ consume: () => local.clock.sleep(40_000) });
    await push(local, [{ body: {} }, { body: {} }]);
    const ended: number[] = [];
    for (let n = 0; n < 5; n++) {
      const { deliveries } = await local.platform.runFor(25_000, SERVED);
      ended.push(deliveries.length);
    }
    expect(ended).toEqual([0, 1, 0, 1, 0]);
    expect(local.clock.now()).toBe(START_MS + 125_000);
  });

  it('stands still while a function works without sleeping on the clock', async () => {
    const { readFile } = await import('node:fs/promises');
    const seenAt: number[] = [];
    const local = await triggerApp({
      consume: async () => {
        for (let n = 0; n < 30; n++) await readFile(import.meta.filename);
        seenAt.push(local.clock.now());
      },
    });
    await push(local, { body: {} });
    await local.platform.runFor(60 * MINUTE_MS, SERVED);
    expect(seenAt).toEqual([START_MS]);
  });
});
