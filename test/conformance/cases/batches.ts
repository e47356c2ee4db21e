/** batchGet, batchSet, batchDelete. */
import { kvs, MetadataField } from '@forge/kvs';
import { expect } from 'vitest';
import {
  KVS_BATCH_BYTES_MAX,
  KVS_BATCH_KEYS_MAX,
  KVS_VALUE_BYTES_MAX,
} from '../../../src/platform/limits';
import { atHome, expectRefusal, keysOf, setKeys } from '../expectations';
import { type ConformanceCase, SOURCES } from '../target';

const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);
const LARGE = 'x'.repeat(KVS_VALUE_BYTES_MAX - 100);
const largeItems = (count: number) => keysOf('k', count).map((key) => ({ key, value: LARGE }));

export const batchCases: readonly ConformanceCase[] = [
  {
    name: '25 keys are set, read and deleted in one call each, plain values and entities mixed',
    source: SOURCES.batch,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const keys = keysOf('k', KVS_BATCH_KEYS_MAX - 1);
        const entity = { key: 'k0000', entityName: 'employee' };
        const set = await kvs.batchSet<unknown>([
          ...keys.map((key) => ({ key, value: key })),
          { ...entity, value: { age: 3 } },
        ]);
        expect(set.failedKeys).toEqual([]);
        expect(set.successfulKeys).toContainEqual(entity);
        expect(set.successfulKeys).toHaveLength(KVS_BATCH_KEYS_MAX);

        const items = [...keys.map((key) => ({ key })), entity];
        const got = await kvs.batchGet(items);
        expect(got.failedKeys).toEqual([]);
        expect(got.successfulKeys).toContainEqual({ ...entity, value: { age: 3 } });
        expect(got.successfulKeys).toContainEqual({ key: 'k0003', value: 'k0003' });

        expect((await kvs.batchDelete(items)).successfulKeys).toHaveLength(KVS_BATCH_KEYS_MAX);
        expect((await kvs.batchGet(items)).successfulKeys).toEqual([]);
      }),
  },
  {
    name: 'batchGet puts a missing key into failedKeys with KEY_NOT_FOUND',
    source: SOURCES.probe,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await setKeys(['a']);
        const absent = { key: 'a', entityName: 'employee' };
        const got = await kvs.batchGet([{ key: 'a' }, { key: 'b' }, absent]);
        const error = { code: 'KEY_NOT_FOUND', message: 'Provided key does not exist' };
        expect(got.successfulKeys).toEqual([{ key: 'a', value: 'a' }]);
        expect(got.failedKeys.sort(byKey)).toEqual([
          { ...absent, error },
          { key: 'b', error },
        ]);
      }),
  },
  {
    name: 'batchDelete puts a missing key into failedKeys with KEY_NOT_FOUND',
    source: SOURCES.sdkTest,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        await setKeys(['a']);
        const gone = await kvs.batchDelete([{ key: 'a' }, { key: 'b' }]);
        expect(gone.successfulKeys).toEqual([{ key: 'a' }]);
        expect(gone.failedKeys).toMatchObject([{ key: 'b', error: { code: 'KEY_NOT_FOUND' } }]);
      }),
  },
  {
    name: 'batchGet gives each item the metadata it asks for',
    source: SOURCES.sdkTest,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await setKeys(['a', 'b']);
        const options = { metadataFields: [MetadataField.CREATED_AT, MetadataField.UPDATED_AT] };
        const got = await kvs.batchGet([{ key: 'a', options }, { key: 'b' }]);
        expect(got.successfulKeys.sort(byKey)).toEqual([
          { key: 'a', value: 'a', createdAt: expect.any(Number), updatedAt: expect.any(Number) },
          { key: 'b', value: 'b' },
        ]);
      }),
  },
  {
    name: 'batchSet takes a TTL for each item',
    source: 'CHANGE-3038, 2026-02-05',
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const options = { ttl: { value: 1, unit: 'SECONDS' } } as const;
        await kvs.batchSet([
          { key: 'a', value: 1, options },
          { key: 'b', value: 1 },
        ]);
        await target.advance(1_001);
        await target.sweepExpired();
        expect(await kvs.get('a')).toBeUndefined();
        expect(await kvs.get('b')).toBe(1);
      }),
  },
  {
    name: 'batchSet takes no key policy',
    source: 'CHANGE-3038, 2026-02-05 (that it is refused and not ignored: no source)',
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        const options = { keyPolicy: 'FAIL_IF_EXISTS' } as never;
        const batch = kvs.batchSet([{ key: 'a', value: 1, options }]);
        await expectRefusal(batch, 400, 'BAD_REQUEST');
      }),
  },
  {
    name: 'an item that cannot be stored fails alone, with its code',
    source: `${SOURCES.batch} (for invalid items: no source)`,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        const result = await kvs.batchSet<unknown>([
          { key: 'good', value: 1 },
          { key: 'bad/key', value: 1 },
          { key: 'large', value: `${LARGE}${LARGE}` },
          { key: 'typed', entityName: 'employee', value: { age: 'x' } },
          { key: 'undeclared', entityName: 'nothing', value: {} },
        ]);
        expect(result.successfulKeys).toEqual([{ key: 'good' }]);
        const codes = result.failedKeys.map(({ key, error }) => [key, error.code]);
        expect(Object.fromEntries(codes)).toEqual({
          'bad/key': 'INVALID_KEY',
          large: 'MAX_SIZE',
          typed: 'INCORRECT_PROPERTY_TYPE',
          undeclared: 'SCHEMA_NOT_FOUND',
        });
        expect(await kvs.get('good')).toBe(1);
      }),
  },
  {
    name: 'a batchSet of 26 items is TOO_MANY_BATCH_ENTITIES and sets nothing',
    source: SOURCES.probe,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const items = keysOf('k', KVS_BATCH_KEYS_MAX + 1).map((key) => ({ key, value: 1 }));
        await expectRefusal(kvs.batchSet(items), 400, 'TOO_MANY_BATCH_ENTITIES');
        expect(await kvs.get('k0000')).toBeUndefined();
      }),
  },
  {
    name: 'a batchGet or batchDelete of 26 keys fails as a whole',
    source: `${SOURCES.batch} (the code is that of batchSet)`,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        const items = keysOf('k', KVS_BATCH_KEYS_MAX + 1).map((key) => ({ key }));
        await expectRefusal(kvs.batchGet(items), 400, 'TOO_MANY_BATCH_ENTITIES');
        await expectRefusal(kvs.batchDelete(items), 400, 'TOO_MANY_BATCH_ENTITIES');
      }),
  },
  {
    name: 'a batch without keys or with a key twice fails as a whole',
    source: `${SOURCES.batch} (codes: no source)`,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        await expectRefusal(kvs.batchGet([]), 400, 'BAD_REQUEST');
        await expectRefusal(kvs.batchSet([]), 400, 'BAD_REQUEST');
        await expectRefusal(kvs.batchDelete([]), 400, 'BAD_REQUEST');
        const twice = [
          { key: 'a', value: 1 },
          { key: 'a', value: 2 },
        ];
        await expectRefusal(kvs.batchSet(twice), 400, 'KEY_DUPLICATION_ERROR');
        await expectRefusal(kvs.batchGet(twice), 400, 'KEY_DUPLICATION_ERROR');
        await expectRefusal(kvs.batchDelete(twice), 400, 'KEY_DUPLICATION_ERROR');
        expect(await kvs.get('a')).toBeUndefined();
      }),
  },
  {
    name: 'a batchSet of 4 MB is taken and a larger one fails as a whole',
    source: `${SOURCES.batch} (code: no source)`,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        const fitting = Math.floor(KVS_BATCH_BYTES_MAX / KVS_VALUE_BYTES_MAX);
        const result = await kvs.batchSet(largeItems(fitting));
        expect(result.successfulKeys).toHaveLength(fitting);
        await expectRefusal(kvs.batchSet(largeItems(fitting + 1)), 400, 'MAX_SIZE');
      }),
  },
  {
    name: 'with the bug FRGE-1916 batches and transactions stop at 1 MB',
    source: 'limits page, late 2025 (whether it is mended: no source)',
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        target.settings.batchBytesBug = true;
        expect((await kvs.batchSet(largeItems(4))).failedKeys).toEqual([]);
        await expectRefusal(kvs.batchSet(largeItems(5)), 400, 'MAX_SIZE');
        const transaction = kvs.transact();
        for (const { key, value } of largeItems(5)) transaction.set(key, value);
        await expectRefusal(transaction.execute(), 400, 'MAX_SIZE');
      }),
  },
  {
    name: 'batchGet answers 25 values of 240 KiB: no page caps the answer',
    source: SOURCES.guess,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        for (const { key, value } of largeItems(KVS_BATCH_KEYS_MAX)) await kvs.set(key, value);
        const items = keysOf('k', KVS_BATCH_KEYS_MAX).map((key) => ({ key }));
        expect((await kvs.batchGet(items)).successfulKeys).toHaveLength(KVS_BATCH_KEYS_MAX);
      }),
  },
];
