/** Rates. Windows slide: see emulator/kvs/rules.ts. */
import { kvs } from '@forge/kvs';
import { expect } from 'vitest';
import {
  KVS_KEY_READ_BYTES_PER_SECOND,
  KVS_KEY_WRITE_BYTES_PER_SECOND,
  KVS_QUERY_BYTES_PER_SECOND,
  KVS_READ_UNITS_PER_MINUTE,
  KVS_REQUESTS_PER_SECOND,
  KVS_UNIT_BYTES,
  KVS_WRITE_UNITS_PER_MINUTE,
} from '../../../src/platform/limits';
import { atHome, expectRefusal, keysOf } from '../expectations';
import { type ConformanceCase, type ConformanceTarget, SOURCES } from '../target';

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
/** With its key and quotes, a value of this length is exactly 20 units. */
const TWENTY_UNITS = 'x'.repeat(20 * KVS_UNIT_BYTES - '"k0000""'.length - 1);

function withQuotas(target: ConformanceTarget, fn: () => Promise<void>): Promise<void> {
  target.settings.enforceQuotas = true;
  return atHome(target, fn);
}

async function until(count: number, work: (i: number) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < count; i++) await work(i);
}

export const quotaCases: readonly ConformanceCase[] = [
  {
    name: 'request 1,001 of a second is 429 RATE_LIMIT_EXCEEDED, a second later all is well',
    source: `${SOURCES.limits}; ${SOURCES.errors}`,
    verified: true,
    body: (target) =>
      withQuotas(target, async () => {
        await until(KVS_REQUESTS_PER_SECOND, () => kvs.get('key'));
        await expectRefusal(kvs.get('key'), 429, 'RATE_LIMIT_EXCEEDED');
        await target.run('another', () => kvs.get('key'));
        await target.advance(SECOND_MS);
        expect(await kvs.get('key')).toBeUndefined();
      }),
  },
  {
    name: 'write units beyond 4,000 a minute are 429, whole requests rounded up to 10 KB',
    source: `${SOURCES.limits}; ${SOURCES.errors}`,
    verified: true,
    body: (target) =>
      withQuotas(target, async () => {
        await until(KVS_WRITE_UNITS_PER_MINUTE / 20, (i) =>
          kvs.set(`k${String(i).padStart(4, '0')}`, TWENTY_UNITS),
        );
        await expectRefusal(kvs.set('k', 1), 429, 'RATE_LIMIT_EXCEEDED');
        expect(await kvs.get('k0000')).toBe(TWENTY_UNITS);
        expect(await kvs.get('k')).toBeUndefined();
        await target.advance(MINUTE_MS);
        await kvs.set('k', 1);
      }),
  },
  {
    name: 'read units beyond 4,000 a minute are 429; an absent key costs one unit',
    source: `${SOURCES.limits}; ${SOURCES.errors}`,
    verified: true,
    body: (target) =>
      withQuotas(target, async () => {
        await until(4, async () => {
          await until(KVS_READ_UNITS_PER_MINUTE / 4, () => kvs.get('absent'));
          await target.advance(SECOND_MS);
        });
        await expectRefusal(kvs.get('absent'), 429, 'RATE_LIMIT_EXCEEDED');
        await expectRefusal(kvs.query().getMany(), 429, 'RATE_LIMIT_EXCEEDED');
        await kvs.set('key', 1);
        await target.advance(MINUTE_MS);
        expect(await kvs.get('key')).toBe(1);
      }),
  },
  {
    name: 'ten small writes in one batch cost one unit instead of ten',
    source: SOURCES.limits,
    verified: true,
    body: (target) =>
      withQuotas(target, async () => {
        const items = keysOf('k', 10).map((key) => ({ key, value: 1 }));
        await until(4, async () => {
          await until(KVS_WRITE_UNITS_PER_MINUTE / 4, () => kvs.batchSet(items));
          await target.advance(SECOND_MS);
        });
        await expectRefusal(kvs.batchSet(items), 429, 'RATE_LIMIT_EXCEEDED');
      }),
  },
  {
    name: 'a transaction over the rate is 429 TOO_MANY_REQUESTS and changes nothing',
    source: SOURCES.transactions,
    verified: true,
    body: (target) =>
      withQuotas(target, async () => {
        await until(KVS_WRITE_UNITS_PER_MINUTE / 20, (i) =>
          kvs.set(`k${String(i).padStart(4, '0')}`, TWENTY_UNITS),
        );
        const transaction = kvs.transact().set('a', 1);
        await expectRefusal(transaction.execute(), 429, 'TOO_MANY_REQUESTS');
        expect(await kvs.get('a')).toBeUndefined();
      }),
  },
  {
    name: 'one key takes 1 MB of writes a second, other keys are not affected',
    source: SOURCES.limits,
    verified: true,
    body: (target) =>
      withQuotas(target, async () => {
        const fitting = Math.floor(KVS_KEY_WRITE_BYTES_PER_SECOND / TWENTY_UNITS.length) - 1;
        await until(fitting, () => kvs.set('hot', TWENTY_UNITS));
        await kvs.set('hot', TWENTY_UNITS.slice(0, 100));
        await expectRefusal(kvs.set('hot', TWENTY_UNITS), 429, 'RATE_LIMIT_EXCEEDED');
        await kvs.set('cold', TWENTY_UNITS);
        await target.advance(SECOND_MS);
        await kvs.set('hot', TWENTY_UNITS);
      }),
  },
  {
    name: 'one key gives 12 MB of reads a second, and queries 24 MB of an index value',
    source: SOURCES.limits,
    verified: true,
    body: (target) =>
      withQuotas(target, async () => {
        await kvs.set('k0000', TWENTY_UNITS);
        const entry = 20 * KVS_UNIT_BYTES;
        await until(KVS_KEY_READ_BYTES_PER_SECOND / entry, () => kvs.get('k0000'));
        await expectRefusal(kvs.get('k0000'), 429, 'RATE_LIMIT_EXCEEDED');
        await until(KVS_QUERY_BYTES_PER_SECOND / entry, () => kvs.query().getOne());
        await expectRefusal(kvs.query().getOne(), 429, 'RATE_LIMIT_EXCEEDED');
        await target.advance(SECOND_MS);
        await kvs.get('k0000');
        await kvs.query().getOne();
      }),
  },
  {
    name: 'a hot key within a batch fails alone',
    source: SOURCES.guess,
    verified: false,
    body: (target) =>
      withQuotas(target, async () => {
        await until(5, () => kvs.set('hot', TWENTY_UNITS.slice(0, 190_000)));
        const result = await kvs.batchSet([
          { key: 'hot', value: TWENTY_UNITS },
          { key: 'cold', value: TWENTY_UNITS },
        ]);
        expect(result.successfulKeys).toEqual([{ key: 'cold' }]);
        expect(result.failedKeys).toMatchObject([
          { key: 'hot', error: { code: 'RATE_LIMIT_EXCEEDED' } },
        ]);
      }),
  },
  {
    name: 'without quotas nothing is refused for its rate',
    source: 'setting enforceQuotas',
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        await until(KVS_REQUESTS_PER_SECOND + 1, () => kvs.get('key'));
        await until(10, () => kvs.set('hot', TWENTY_UNITS));
      }),
  },
];
