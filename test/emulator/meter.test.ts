import '../../emulator/globals';
import { asApp, route } from '@forge/api';
import { kvs } from '@forge/kvs';
import { beforeEach, expect, it } from 'vitest';
import { KVS_UNIT_BYTES } from '../../src/platform/limits';
import { createLocalApp, type LocalApp } from '../support/local-app';

let app: LocalApp;
beforeEach(async () => {
  app = await createLocalApp();
});

const run = <T>(fn: () => Promise<T>, caller = 'search') =>
  app.platform.run({ installation: 'alpha', caller }, fn);

async function reading(fn: () => Promise<unknown>) {
  return (await app.platform.measure('test', () => run(fn))).reading;
}

it('counts requests side by side as one round trip', async () => {
  const counted = await reading(async () => {
    await kvs.get('catalogue');
    await Promise.all([kvs.get('a'), kvs.get('b'), Promise.resolve().then(() => kvs.get('c'))]);
    await kvs.get('d');
  });
  expect(counted).toMatchObject({ requests: 5, roundTrips: 3 });
});

it('does so however late the second is issued, as long as it waits for nothing', async () => {
  const counted = await reading(() => {
    const late = async () => {
      for (let tick = 0; tick < 20; tick++) await new Promise<void>(process.nextTick);
      return kvs.get('b');
    };
    return Promise.all([kvs.get('a'), late()]);
  });
  expect(counted).toMatchObject({ requests: 2, roundTrips: 1 });
});

it('remembers the deepest completed request when a shallow one completes later', async () => {
  const slow = await createLocalApp({ latency: { requestMs: 1, bytesPerMs: 1_000 } });
  const work = slow.platform.measure('test', () =>
    slow.platform.run({ installation: 'alpha' }, async () => {
      const chain = kvs.get('a').then(() => kvs.get('b'));
      await Promise.all([kvs.set('c', 'x'.repeat(100_000)), chain]);
      await kvs.get('d');
    }),
  );
  expect((await slow.clock.drive(work)).reading).toMatchObject({ requests: 4, roundTrips: 3 });
});

it('takes the longest chain of requests that wait for one another', async () => {
  const counted = await reading(() =>
    Promise.all([
      kvs.get('alone'),
      kvs.get('first').then(() => kvs.get('second').then(() => kvs.get('third'))),
    ]),
  );
  expect(counted).toMatchObject({ requests: 4, roundTrips: 3 });
});

it('counts a fresh chain for each scope', async () => {
  const inner = await run(async () => {
    await kvs.get('a');
    return (await app.platform.measure('inner', () => kvs.get('b'))).reading;
  });
  expect(inner).toMatchObject({ requests: 1, roundTrips: 1 });
});

it('counts bytes and units', async () => {
  const value = 'v'.repeat(2 * KVS_UNIT_BYTES);
  const written = await reading(() => kvs.set('key', value));
  expect(written).toMatchObject({ writeUnits: 3, readUnits: 0, bytesRead: 0 });
  expect(written.bytesWritten).toBeGreaterThan(value.length);
  const read = await reading(() => kvs.get('key'));
  expect(read).toMatchObject({ writeUnits: 0, readUnits: 3, bytesWritten: 0 });
  expect(read.bytesRead).toBeGreaterThan(value.length);
});

it('counts calls of other services without round trips', async () => {
  const counted = await reading(() => asApp().requestJira(route`/rest/api/3/project/A`));
  expect(counted).toMatchObject({ requests: 0, roundTrips: 0, otherRequests: 1 });
  expect(counted.fetchMs).toBeGreaterThan(0);
});

it('adds up by caller and in all, and starts again after a reset', async () => {
  await run(() => kvs.get('a'));
  await Promise.all([run(() => kvs.get('a')), run(() => kvs.get('b'), 'index')]);
  await app.platform.measure('search', () => run(() => kvs.get('c')));
  const { total, callers } = app.platform.meter.snapshot();
  expect(total).toMatchObject({ requests: 4, roundTrips: 4 });
  expect(callers['search']).toMatchObject({ requests: 3, roundTrips: 3 });
  expect(callers['index']).toMatchObject({ requests: 1, roundTrips: 1 });
  app.platform.meter.reset();
  expect(app.platform.meter.snapshot()).toMatchObject({ total: { requests: 0 }, callers: {} });
});

it('measures work that throws no differently', async () => {
  const failing = run(async () => {
    await kvs.get('a');
    throw new Error('after one request');
  });
  await expect(failing).rejects.toThrow('after one request');
  expect(app.platform.meter.snapshot().total.requests).toBe(1);
});

it('does not count time twice when requests overlap', async () => {
  const started = performance.now();
  const counted = await reading(() => Promise.all(Array.from({ length: 50 }, () => kvs.get('a'))));
  expect(counted.fetchMs).toBeLessThanOrEqual(performance.now() - started);
});

it('makes requests wait as the latency model says', async () => {
  const slow = await createLocalApp({ latency: { requestMs: 25, bytesPerMs: 600 } });
  const startMs = slow.clock.now();
  const work = slow.platform.run({ installation: 'alpha' }, async () => {
    await kvs.set('a', 'x'.repeat(120_000));
    await Promise.all([kvs.get('b'), kvs.get('c')]);
  });
  await slow.clock.drive(work);
  const elapsedMs = slow.clock.now() - startMs;
  expect(elapsedMs).toBeGreaterThan(25 + 200 + 25);
  expect(elapsedMs).toBeLessThan(25 + 200 + 25 + 1);
});
