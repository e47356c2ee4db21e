/** Bad input: keys, values, TTLs, options. */
import { kvs } from '@forge/kvs';
import { expect } from 'vitest';
import {
  KVS_DEPTH_MAX,
  KVS_KEY_CHARACTERS_MAX,
  KVS_TTL_DAYS_MAX,
  KVS_VALUE_BYTES_MAX,
} from '../../../src/platform/limits';
import { atHome, expectRefusal } from '../expectations';
import { type ConformanceCase, SOURCES } from '../target';

function nested(levels: number): unknown {
  return levels === 0 ? 'leaf' : { inner: nested(levels - 1) };
}

export const inputCases: readonly ConformanceCase[] = [
  {
    name: 'an empty key is KEY_TOO_SHORT',
    source: SOURCES.errors,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await expectRefusal(kvs.set('', 1), 400, 'KEY_TOO_SHORT');
        await expectRefusal(kvs.get(''), 400, 'KEY_TOO_SHORT');
        await expectRefusal(kvs.setSecret('', 1), 400, 'KEY_TOO_SHORT');
      }),
  },
  {
    name: 'a key of 500 characters is stored and one of 501 is KEY_TOO_LONG',
    source: SOURCES.errors,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const longest = 'k'.repeat(KVS_KEY_CHARACTERS_MAX);
        await kvs.set(longest, 1);
        expect(await kvs.get(longest)).toBe(1);
        await expectRefusal(kvs.set(`${longest}k`, 1), 400, 'KEY_TOO_LONG');
      }),
  },
  {
    name: 'keys outside of the published pattern are INVALID_KEY',
    source: SOURCES.errors,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await kvs.set('Az09:._- #', 1);
        for (const key of ['a/b', 'ä', ' ', 'a!', 'a\u0000b', '🙂', 'a%2F', '*']) {
          await expectRefusal(kvs.set(key, 1), 400, 'INVALID_KEY');
        }
      }),
  },
  {
    name: 'a value just below 240 KiB is stored and one just above is MAX_SIZE',
    source: SOURCES.limits,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const largest = 'x'.repeat(KVS_VALUE_BYTES_MAX - 2_048);
        await kvs.set('key', largest);
        expect(await kvs.get('key')).toBe(largest);
        const larger = 'x'.repeat(KVS_VALUE_BYTES_MAX + 2_048);
        await expectRefusal(kvs.set('key', larger), 400, 'MAX_SIZE');
        await expectRefusal(kvs.setSecret('key', larger), 400, 'MAX_SIZE');
      }),
  },
  {
    name: 'the size of a value is exactly the UTF-8 bytes of its JSON',
    source: SOURCES.guess,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        const quotes = '""'.length;
        await kvs.set('key', 'x'.repeat(KVS_VALUE_BYTES_MAX - quotes));
        const longer = 'x'.repeat(KVS_VALUE_BYTES_MAX - quotes + 1);
        await expectRefusal(kvs.set('key', longer), 400, 'MAX_SIZE');
        const characters = KVS_VALUE_BYTES_MAX / 2;
        await kvs.set('key', 'é'.repeat(characters - 1));
        await expectRefusal(kvs.set('key', 'é'.repeat(characters)), 400, 'MAX_SIZE');
      }),
  },
  {
    name: 'a value of 31 levels is stored and one of 32 is MAX_DEPTH',
    source: SOURCES.limits,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await kvs.set('key', nested(KVS_DEPTH_MAX));
        await expectRefusal(kvs.set('key', nested(KVS_DEPTH_MAX + 1)), 400, 'MAX_DEPTH');
      }),
  },
  {
    name: 'a TTL that is no positive integer is INVALID_TTL',
    source: SOURCES.probe,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        for (const value of [0, -1, 1.5]) {
          const options = { ttl: { value, unit: 'SECONDS' } } as const;
          await expectRefusal(kvs.set('key', 1, options), 400, 'INVALID_TTL');
        }
      }),
  },
  {
    name: 'a TTL of a year is taken; more, or another unit, is INVALID_TTL',
    source: SOURCES.values,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        await kvs.set('key', 1, { ttl: { value: KVS_TTL_DAYS_MAX, unit: 'DAYS' } });
        const longer = { ttl: { value: KVS_TTL_DAYS_MAX + 1, unit: 'DAYS' } } as const;
        await expectRefusal(kvs.set('key', 1, longer), 400, 'INVALID_TTL');
        const weeks = { ttl: { value: 1, unit: 'WEEKS' } } as never;
        await expectRefusal(kvs.set('key', 1, weeks), 400, 'INVALID_TTL');
      }),
  },
  {
    name: 'an unknown metadata field is BAD_REQUEST',
    source: SOURCES.sdkTest,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const options = { metadataFields: ['INVALID_METADATA_FIELD'] } as never;
        await expectRefusal(kvs.get('key', options), 400, 'BAD_REQUEST');
        const item = { key: 'key', options };
        await expectRefusal(kvs.batchGet([item]), 400, 'BAD_REQUEST');
      }),
  },
  {
    name: 'a body of the wrong shape is BAD_REQUEST',
    source: `${SOURCES.sdkTest} (seen there for metadata fields)`,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        await expectRefusal(kvs.get(7 as never), 400, 'BAD_REQUEST');
        await expectRefusal(kvs.set('key', undefined), 400, 'BAD_REQUEST');
        await expectRefusal(kvs.set('key', 1, { keyPolicy: 'X' } as never), 400, 'BAD_REQUEST');
        await expectRefusal(kvs.batchGet({ key: 'key' } as never), 400, 'BAD_REQUEST');
        await expectRefusal(kvs.entity(undefined as never).get('key'), 400, 'BAD_REQUEST');
      }),
  },
  {
    name: 'null is not a value',
    source: '@forge/kvs 1.6.5 out/interfaces/transaction.d.ts, StorageValue',
    verified: false,
    body: (target) => atHome(target, () => expectRefusal(kvs.set('key', null), 400, 'BAD_REQUEST')),
  },
];
