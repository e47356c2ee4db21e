/** A paced store keeps to its share, waits out what passes, and says so when there is no time. */
import '../../emulator/globals';
import { beforeEach, describe, expect, it } from 'vitest';
import type { FaultAction } from '../../emulator/faults';
import { createForgePlatform } from '../../src/platform/forge-platform';
import { KVS_READ_UNITS_PER_MINUTE } from '../../src/platform/limits';
import { meterStore } from '../../src/platform/metered-store';
import {
  BURST_SECONDS,
  type PaceOptions,
  paceStore,
  THROTTLED_WAIT_MS_MAX,
  THROTTLED_WAIT_MS_MIN,
  UNAVAILABLE_REPEATS_MAX,
} from '../../src/platform/paced-store';
import type { KeyValueStore } from '../../src/platform/ports';
import { createLocalApp, type LocalApp, START_MS, seededRandom } from '../support/local-app';

const TIME_LIMIT_MS = 900_000;
const LATENCY = { requestMs: 20, bytesPerMs: 60_000 };

let app: LocalApp;
beforeEach(async () => {
  app = await createLocalApp({ latency: LATENCY });
});

type Paced = ReturnType<typeof paceStore>;

/** A share of 600 units a minute either way, for the function that runs. */
function optionsOf(): PaceOptions {
  return {
    clock: () => app.clock.now(),
    sleep: (ms) => app.clock.sleep(ms),
    remainingTimeMs: createForgePlatform().remainingTimeMs,
    marginMs: 10_000,
    readUnitsPerMinute: 600,
    writeUnitsPerMinute: 600,
    random: seededRandom(1),
  };
}

/** Runs `work` as a function of the app. */
function run<T>(
  work: (paced: Paced, raw: KeyValueStore) => Promise<T>,
  options: Partial<PaceOptions> = {},
): Promise<T> {
  const invocation = { installation: 'alpha', timeLimitMs: TIME_LIMIT_MS };
  const result = app.platform.run(invocation, () => {
    const { kv } = createForgePlatform();
    const paced = paceStore(kv, { ...optionsOf(), ...options });
    return work(paced, kv);
  });
  return app.clock.drive(result);
}

const elapsedMs = () => app.clock.now() - START_MS;
const requests = () => app.platform.calls.log.filter(({ kind }) => kind === 'kvs').length;
const fault = (action: FaultAction, nths: number[]) =>
  app.platform.calls.setFaults(
    nths.map((nth) => ({ match: { kind: 'kvs' as const }, nth, action })),
  );
const throttle: FaultAction = { type: 'fail', status: 429, code: 'RATE_LIMIT_EXCEEDED' };
const down: FaultAction = { type: 'fail', status: 503, code: 'DOWN' };

/** A value of so many units with its key. */
const units = (count: number) => 'x'.repeat(count * 10_000 - 100);
/** A batch of 60. */
const sixty = (name: string) =>
  [1, 2, 3].map((part) => ({ key: `${name}${part}`, value: units(20) }));

/** Most units of the uses that lie within any minute. */
function mostInAMinute(uses: readonly { at: number; units: number }[]): number {
  return Math.max(
    ...uses.map(({ at: start }) =>
      uses
        .filter(({ at }) => at >= start && at < start + 60_000)
        .reduce((sum, use) => sum + use.units, 0),
    ),
  );
}

describe('writes', () => {
  it('are at once within the burst, and then come at the rate', async () => {
    await run(async ({ kv, used }) => {
      // 20 units of burst, and as much debt as one request makes.
      for (let n = 0; n < 3; n += 1) await kv.set('a', units(10));
      expect(elapsedMs()).toBeLessThan(1_000);
      for (let n = 0; n < 12; n += 1) await kv.set('a', units(10));
      expect(used()).toEqual({ readUnits: 0, writeUnits: 150, requests: 15 });
    });
    // 150 units less the burst and the last request's, at ten a second.
    expect(elapsedMs()).toBeGreaterThanOrEqual(12_000);
    expect(elapsedMs()).toBeLessThan(13_000);
  });

  it('of one side do not wait for the other', async () => {
    await run(async ({ kv }) => {
      await kv.set('a', units(20));
      await kv.set('a', units(20));
      const before = elapsedMs();
      await kv.get('a');
      expect(elapsedMs() - before).toBeLessThan(1_000);
    });
  });

  it('side by side begin in the order of the calls', async () => {
    const begun: number[] = [];
    await run(async (_, raw) => {
      const set: KeyValueStore['set'] = (key, value) => {
        begun.push(Number(key));
        return raw.set(key, value);
      };
      const { kv } = paceStore({ ...raw, set }, optionsOf());
      const sizes = [20, 1, 15, 2, 9, 1, 1, 12];
      await Promise.all(sizes.map((size, n) => kv.set(String(n), units(size))));
    });
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

describe('reads', () => {
  it('are charged by what they brought', async () => {
    await run(async ({ kv, used }, raw) => {
      await raw.set('a', units(20));
      const start = elapsedMs();
      for (let n = 0; n < 4; n += 1) await kv.get('a');
      expect(used()).toEqual({ readUnits: 80, writeUnits: 0, requests: 4 });
      // Before the last: 60 units against a burst of 20, at ten a second.
      expect(elapsedMs() - start).toBeGreaterThanOrEqual(4_000);
      expect(elapsedMs() - start).toBeLessThan(5_000);
    });
  });

  it('that bring little do not wait for what they might have brought', async () => {
    await run(async ({ kv }) => {
      const keys = Array.from({ length: 25 }, (_, n) => `absent${n}`);
      await Promise.all([
        kv.batchGet(keys),
        kv.batchGet(keys),
        kv.query({ prefix: '', limit: 100 }),
      ]);
      await Promise.all(keys.slice(0, 10).map((key) => kv.get(key)));
    });
    expect(elapsedMs()).toBeLessThan(1_000);
  });
});

describe('in no minute', () => {
  const rate = 3_000;
  const burst = (rate / 60) * BURST_SECONDS;
  const largest = 60;

  it.each([1, 4, 16])(
    'is more used than rate, burst and one request, %i side by side',
    async (lanes) => {
      const random = seededRandom(lanes);
      const uses = { read: [] as Use[], write: [] as Use[] };
      app.settings.enforceQuotas = true;
      await run(
        async ({ kv, used }) => {
          const items = (most: number) =>
            Array.from({ length: 1 + Math.floor(random() * most) }, (_, n) => ({
              key: `k${Math.floor(random() * 1e6)}-${n}`,
              value: units(Math.ceil(random() * 3)),
            }));
          let last = used();
          const note = () => {
            const now = used();
            const at = app.clock.now();
            uses.read.push({ at, units: now.readUnits - last.readUnits });
            uses.write.push({ at, units: now.writeUnits - last.writeUnits });
            last = now;
          };
          const lane = async () => {
            for (let n = 0; n < 320 / lanes; n += 1) {
              const batch = items(20);
              await kv.batchSet(batch);
              note();
              await kv.batchGet(batch.map(({ key }) => key));
              note();
            }
          };
          await Promise.all(Array.from({ length: lanes }, lane));
        },
        { readUnitsPerMinute: rate, writeUnitsPerMinute: rate, random },
      );
      expect(elapsedMs()).toBeGreaterThan(90_000);
      for (const side of [uses.read, uses.write]) {
        expect(mostInAMinute(side)).toBeLessThanOrEqual(rate + burst + largest);
        expect(mostInAMinute(side)).toBeGreaterThan(rate * 0.95);
      }
    },
  );

  interface Use {
    at: number;
    units: number;
  }
});

describe('a 429', () => {
  it('is waited out, longer each time, and the call repeated', async () => {
    fault(throttle, [1, 2, 3]);
    await run(async ({ kv, used }) => {
      await kv.set('a', 1);
      expect(await kv.get('a')).toBe(1);
      expect(used()).toEqual({ readUnits: 1, writeUnits: 1, requests: 5 });
    });
    const least = THROTTLED_WAIT_MS_MIN * (1 + 2 + 4);
    expect(elapsedMs()).toBeGreaterThanOrEqual(least);
    expect(elapsedMs()).toBeLessThan(1.5 * least + 1_000);
  });

  it('never makes a single wait longer than a minute', async () => {
    fault(throttle, [1, 2, 3, 4, 5, 6, 7, 8]);
    await run(({ kv }) => kv.set('a', 1));
    expect(elapsedMs()).toBeLessThan(8 * (THROTTLED_WAIT_MS_MAX + 100));
  });

  it('holds up the calls behind it too', async () => {
    fault(throttle, [1]);
    await run(({ kv }) => Promise.all([kv.set('a', 1), kv.set('b', 2), kv.set('c', 3)]));
    // Those that were under way when the answer came were not refused; nothing begins meanwhile.
    expect(elapsedMs()).toBeGreaterThanOrEqual(THROTTLED_WAIT_MS_MIN);
    expect(requests()).toBe(4);
  });

  it('of a create is waited out too', async () => {
    fault(throttle, [1]);
    expect(await run(({ kv }) => kv.create('a', 1))).toBe(true);
  });

  it('from a quota that others have used up ends with the window', async () => {
    app.settings.enforceQuotas = true;
    await run(async ({ kv }, raw) => {
      await raw.set('a', units(20));
      for (let n = 0; n < KVS_READ_UNITS_PER_MINUTE / 20; n += 1) {
        await raw.get('a');
        await app.clock.sleep(50);
      }
      expect(await kv.get('a')).toHaveLength(units(20).length);
    });
    expect(elapsedMs()).toBeLessThan(120_000);
  });
});

describe('without time for a wait', () => {
  const timeIsUp = { code: 'time_is_up', retryable: true };

  it('for the rate, nothing of the call is sent', async () => {
    const failed = run(
      async ({ kv }) => {
        await kv.batchSet(sixty('a'));
        await kv.set('b', 1);
      },
      { remainingTimeMs: () => 13_900 },
    );
    // 40 units of debt are four seconds; with the margin of ten that is 14.
    const facts = { operation: 'set', waitMs: expect.any(Number) };
    await expect(failed).rejects.toMatchObject({ ...timeIsUp, facts });
    expect(requests()).toBe(1);
  });

  it('with just enough of it the call is made', async () => {
    await run(
      async ({ kv }) => {
        await kv.batchSet(sixty('a'));
        await kv.set('b', 1);
      },
      { remainingTimeMs: () => 14_000 },
    );
    expect(requests()).toBe(2);
  });

  it('of the function itself, the calls before its end succeed', async () => {
    let written = 0;
    const failed = run(async ({ kv }) => {
      for (;;) {
        await kv.set(`a${written}`, units(20));
        written += 1;
      }
    });
    await expect(failed).rejects.toMatchObject(timeIsUp);
    expect(elapsedMs()).toBeLessThan(TIME_LIMIT_MS - 10_000);
    expect(elapsedMs()).toBeGreaterThan(TIME_LIMIT_MS - 15_000);
    expect(requests()).toBe(written);
  });

  it('for a 429, the call was refused', async () => {
    fault(throttle, [1]);
    const failed = run(({ kv }) => kv.set('a', 1), { remainingTimeMs: () => 11_000 });
    await expect(failed).rejects.toMatchObject(timeIsUp);
    expect(requests()).toBe(1);
  });

  it('all calls side by side end', async () => {
    const outcomes = await run(
      async ({ kv }) => Promise.allSettled([1, 2, 3, 4].map((n) => kv.batchSet(sixty(`a${n}`)))),
      { remainingTimeMs: () => 11_000 },
    );
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      ...['rejected', 'rejected', 'rejected'],
    ]);
  });
});

describe('a store that is down', () => {
  const OPERATIONS: Record<string, (kv: KeyValueStore) => Promise<unknown>> = {
    get: (kv) => kv.get('a'),
    set: (kv) => kv.set('a', 1),
    delete: (kv) => kv.delete('a'),
    batchGet: (kv) => kv.batchGet(['a']),
    batchSet: (kv) => kv.batchSet([{ key: 'a', value: 1 }]),
    batchDelete: (kv) => kv.batchDelete(['a']),
    query: (kv) => kv.query({ prefix: 'a', limit: 10 }),
  };
  const all = Array.from({ length: UNAVAILABLE_REPEATS_MAX + 1 }, (_, n) => n + 1);

  it.each(Object.entries(OPERATIONS))('is asked again: %s', async (_, operation) => {
    fault(down, all.slice(1));
    await run(({ kv }) => operation(kv));
    fault({ type: 'timeout', applied: true }, all.slice(1));
    await run(({ kv }) => operation(kv));
    fault(down, all);
    const failed = run(({ kv }) => operation(kv));
    await expect(failed).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(elapsedMs()).toBeLessThan(20_000);
  });

  it('is not asked again to create', async () => {
    fault({ type: 'timeout', applied: true }, [1]);
    const failed = run(({ kv }) => kv.create('a', 1));
    await expect(failed).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(requests()).toBe(1);
  });

  it('is not asked again when there is no time, and nobody is told that nothing was sent', async () => {
    fault({ type: 'timeout', applied: true }, [1]);
    const failed = run(({ kv }) => kv.batchSet(sixty('a')), { remainingTimeMs: () => 11_000 });
    await expect(failed).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(requests()).toBe(1);
  });

  it('takes the rest of a batch that it took in part', async () => {
    app.settings.enforceQuotas = true;
    await run(
      async ({ kv }, raw) => {
        // More than a key may take within a second, so one of the batch is refused for now.
        for (let n = 0; n < 4; n += 1) await raw.set('a', units(24));
        await kv.batchSet(['a', 'b'].map((key) => ({ key, value: `${units(20)}${key}` })));
        expect(await raw.get('a')).toBe(`${units(20)}a`);
      },
      { writeUnitsPerMinute: 6_000 },
    );
  });

  it('throws what is no passing fault at once', async () => {
    fault({ type: 'fail', status: 400, code: 'BAD' }, [1]);
    const failed = run(({ kv }) => kv.set('a', 1));
    await expect(failed).rejects.toMatchObject({ code: 'store_failed' });
    expect(requests()).toBe(1);
  });
});

it('counts as the meter does', async () => {
  await run(async ({ kv, used }, raw) => {
    const metered = meterStore(raw);
    const work = async (store: KeyValueStore) => {
      await store.batchSet(['a', 'b'].map((key) => ({ key, value: units(1) })));
      await store.batchGet(['a', 'b', 'c']);
      await store.query({ prefix: '', limit: 10 });
      await store.batchDelete(['a', 'b']);
      expect([...(await store.batchGet([]))]).toEqual([]);
    };
    await work(kv);
    await work(metered.kv);
    expect(used()).toEqual(metered.used());
  });
});
