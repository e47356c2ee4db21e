import { Queue } from '@forge/events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseAppManifest } from '../../emulator/app-manifest';
import { realClock } from '../../emulator/clock';
import type { Delivery } from '../../emulator/events/event';
import { openMemoryEngine } from '../../emulator/kvs/engine';
import { createKvsService } from '../../emulator/kvs/service';
import { defaultKvsSettings } from '../../emulator/kvs/settings';
import { createLocalPlatform, type LocalPlatform } from '../../emulator/platform';
import type { TriggerRun } from '../../emulator/triggers';
import { eventApp, many, push, TRIGGER_MANIFEST } from '../support/event-app';
import { START_MS, seededRandom } from '../support/local-app';

let platform: LocalPlatform | undefined;
afterEach(() => platform?.close());

/** The app on the machine's clock. */
async function onRealClock(short: () => unknown): Promise<LocalPlatform> {
  const clock = realClock();
  const random = seededRandom(1);
  const kvs = createKvsService({
    engine: await openMemoryEngine(),
    entities: [],
    clock,
    settings: defaultKvsSettings(),
    random,
  });
  const manifest = parseAppManifest(TRIGGER_MANIFEST);
  const created = await createLocalPlatform({ kvs, manifest, clock, random });
  created.registerHandlers({ short });
  platform = created;
  return created;
}

const pushTo = (target: LocalPlatform, delayInSeconds = 0) =>
  target.run({ installation: 'alpha' }, () =>
    new Queue({ key: 'short' }).push({ body: {}, delayInSeconds }),
  );

/** Timers that keep the process alive. */
const timers = () =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;

describe('serving on the machine’s clock', () => {
  it('delivers what comes due until it is stopped', async () => {
    let runs = 0;
    const local = await onRealClock(() => {
      runs += 1;
    });
    const serving = local.startServing({ installations: ['alpha'] });
    await pushTo(local);
    await pushTo(local, 0.02);
    await vi.waitFor(() => expect(runs).toBe(2));
    await serving.stop();
    await pushTo(local);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(runs).toBe(2);
    expect(local.events.pending).toHaveLength(1);
  });

  it('keeps the process for nothing once it is stopped', async () => {
    const local = await onRealClock(() => undefined);
    const before = timers();
    const serving = local.startServing({ installations: ['alpha'] });
    await pushTo(local, 500);
    await new Promise((resolve) => setImmediate(resolve));
    expect(timers()).toBe(before + 1);
    await serving.stop();
    expect(timers()).toBe(before);
  });

  it('waits for the deliveries under way when it is stopped', async () => {
    let release = (): void => undefined;
    let ended = false;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let started = false;
    const local = await onRealClock(async () => {
      started = true;
      await held;
      ended = true;
    });
    const deliveries: Delivery[] = [];
    const serving = local.startServing({
      installations: ['alpha'],
      delivered: (delivery) => deliveries.push(delivery),
    });
    await pushTo(local);
    await pushTo(local);
    await vi.waitFor(() => expect(started).toBe(true));
    const stopped = serving.stop();
    setTimeout(release, 20);
    await stopped;
    expect(ended).toBe(true);
    expect(deliveries).toMatchObject([{ outcome: 'done' }]);
    expect(local.events.pending).toHaveLength(1);
  });

  it('can be begun again', async () => {
    let runs = 0;
    const local = await onRealClock(() => {
      runs += 1;
    });
    await local.startServing({ installations: [] }).stop();
    const serving = local.startServing({ installations: [] });
    await pushTo(local);
    await vi.waitFor(() => expect(runs).toBe(1));
    await Promise.all([serving.stop(), serving.stop()]);
  });

  it('is not what runFor is for', async () => {
    const local = await onRealClock(() => undefined);
    await expect(local.runFor(1, { installations: [] })).rejects.toThrow(/virtual clock/);
  });
});

describe('serving on a virtual clock', () => {
  it('fires triggers, and waits at the end for those that run', async () => {
    const local = await eventApp(() => undefined, { manifest: TRIGGER_MANIFEST });
    platform = local.platform;
    local.platform.registerHandlers({
      tick: () => local.clock.sleep(30_000),
      sweep: () => undefined,
    });
    const runs: TriggerRun[] = [];
    const serving = local.platform.startServing({
      installations: ['alpha'],
      triggered: (run) => runs.push(run),
    });
    await local.clock.advance(5 * 60_000 + 1_000);
    expect(runs).toEqual([]);
    await local.clock.drive(serving.stop());
    expect(runs).toEqual([
      { trigger: 'push-on', installation: 'alpha', firedAt: START_MS + 5 * 60_000 },
    ]);
    await local.clock.advance(60 * 60_000);
    expect(runs).toHaveLength(1);
  });

  it('delivers side by side', async () => {
    const local = await eventApp(() => local.clock.sleep(10_000), { events: { parallel: 4 } });
    platform = local.platform;
    await push(local, many(8));
    const serving = local.platform.startServing({ installations: [] });
    await local.clock.advance(20_000);
    expect(local.received).toHaveLength(8);
    await serving.stop();
  });
});
