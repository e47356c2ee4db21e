/** get, set and delete of plain values and secrets; policies, metadata, TTL. */
import { kvs, MetadataField } from '@forge/kvs';
import { expect } from 'vitest';
import { atHome, expectRefusal } from '../expectations';
import { type ConformanceCase, SOURCES } from '../target';

const { CREATED_AT, UPDATED_AT, EXPIRE_TIME } = MetadataField;

export const valueCases: readonly ConformanceCase[] = [
  {
    name: 'a value of every JSON type comes back as it was set',
    source: SOURCES.sdk,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const values = [
          'text',
          'ünï 🙂 \u0000',
          0,
          -1.5,
          true,
          false,
          [1, ['two']],
          { a: { b: null } },
        ];
        for (const [i, value] of values.entries()) {
          await kvs.set(`value-${i}`, value);
          expect(await kvs.get(`value-${i}`)).toEqual(value);
        }
      }),
  },
  {
    name: 'get of an absent key is undefined',
    source: SOURCES.sdkTest,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        expect(await kvs.get('absent')).toBeUndefined();
        expect(await kvs.get('absent', { metadataFields: [CREATED_AT] })).toBeUndefined();
      }),
  },
  {
    name: 'delete resolves whether the key exists or not, and the key is gone',
    source: SOURCES.sdkTest,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await kvs.set('key', 1);
        expect(await kvs.delete('key')).toBeUndefined();
        expect(await kvs.get('key')).toBeUndefined();
        expect(await kvs.delete('key')).toBeUndefined();
      }),
  },
  {
    name: 'the last write wins and set answers nothing',
    source: SOURCES.values,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        expect(await kvs.set('key', 1)).toBeUndefined();
        await kvs.set('key', 2, { keyPolicy: 'OVERRIDE' });
        expect(await kvs.get('key')).toBe(2);
      }),
  },
  {
    name: 'FAIL_IF_EXISTS creates a key once and then answers 409 KEY_CONFLICT',
    source: SOURCES.probe,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await kvs.set('key', 1, { keyPolicy: 'FAIL_IF_EXISTS' });
        await expectRefusal(
          kvs.set('key', 2, { keyPolicy: 'FAIL_IF_EXISTS' }),
          409,
          'KEY_CONFLICT',
        );
        expect(await kvs.get('key')).toBe(1);
      }),
  },
  {
    name: 'of many concurrent creations with FAIL_IF_EXISTS exactly one succeeds',
    source: SOURCES.values,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const created = await Promise.allSettled(
          Array.from({ length: 20 }, (_, i) => kvs.set('key', i, { keyPolicy: 'FAIL_IF_EXISTS' })),
        );
        expect(created.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      }),
  },
  {
    name: 'FAIL_IF_EXISTS cannot be combined with returnValue',
    source: SOURCES.rest,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const options = { keyPolicy: 'FAIL_IF_EXISTS', returnValue: 'LATEST' } as never;
        await expectRefusal(
          kvs.set('key', 1, options),
          400,
          'INVALID_KEY_POLICY_RETURN_VALUE_COMBINATION',
        );
      }),
  },
  {
    name: 'returnValue PREVIOUS answers what stood there, and nothing for a new key',
    source: SOURCES.sdkTest,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const options = { keyPolicy: 'OVERRIDE', returnValue: 'PREVIOUS' } as const;
        expect(await kvs.set('key', 1, options)).toBeUndefined();
        expect(await kvs.set('key', 2, options)).toEqual({ key: 'key', value: 1 });
      }),
  },
  {
    name: 'returnValue LATEST answers what was written, with the metadata asked for',
    source: SOURCES.sdkTest,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const row = await kvs.set('key', 1, {
          keyPolicy: 'OVERRIDE',
          returnValue: 'LATEST',
          returnMetadataFields: [CREATED_AT, UPDATED_AT],
        });
        expect(row).toEqual({
          key: 'key',
          value: 1,
          createdAt: expect.any(Number),
          updatedAt: expect.any(Number),
        });
      }),
  },
  {
    name: 'times are numbers; an overwrite keeps createdAt and moves updatedAt',
    source: SOURCES.guess,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        const fields = { metadataFields: [CREATED_AT, UPDATED_AT, EXPIRE_TIME] };
        await kvs.set('key', 1);
        const first = await kvs.get('key', fields);
        await target.advance(5_000);
        await kvs.set('key', 2);
        const second = await kvs.get('key', fields);
        expect(first?.createdAt).toBe(first?.updatedAt);
        expect(second?.createdAt).toBe(first?.createdAt);
        expect(second?.updatedAt).toBeGreaterThan(first?.updatedAt ?? 0);
        expect(second?.expireTime).toBeUndefined();
      }),
  },
  {
    name: 'a TTL comes back as an ISO time',
    source: SOURCES.sdkTest,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const fields = { metadataFields: [CREATED_AT, EXPIRE_TIME] };
        const units = { SECONDS: 1_000, MINUTES: 60_000, HOURS: 3_600_000, DAYS: 86_400_000 };
        for (const unit of ['SECONDS', 'MINUTES', 'HOURS', 'DAYS'] as const) {
          await kvs.set(unit, 1, { ttl: { value: 2, unit } });
          const row = await kvs.get(unit, fields);
          expect(row?.expireTime).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
          expect(Date.parse(row?.expireTime ?? '') - (row?.createdAt ?? 0)).toBe(2 * units[unit]);
        }
      }),
  },
  {
    name: 'an expired value may still be read until it is swept',
    source: SOURCES.values,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await kvs.set('key', 1, { ttl: { value: 60, unit: 'SECONDS' } });
        await kvs.set('forever', 1);
        await target.advance(60_001);
        expect(await kvs.get('key')).toBe(1);
        expect((await kvs.query().getMany()).results).toHaveLength(2);
        await target.sweepExpired();
        expect(await kvs.get('key')).toBeUndefined();
        expect(await kvs.get('forever')).toBe(1);
      }),
  },
  {
    name: 'whether an expired, unswept key still conflicts is open, so both can be had',
    source: SOURCES.guess,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        const create = () => kvs.set('key', 2, { keyPolicy: 'FAIL_IF_EXISTS' });
        await kvs.set('key', 1, { ttl: { value: 1, unit: 'SECONDS' } });
        await target.advance(2_000);
        target.settings.expiredKeysConflict = true;
        await expectRefusal(create(), 409, 'KEY_CONFLICT');
        target.settings.expiredKeysConflict = false;
        await create();
        expect(await kvs.get('key')).toBe(2);
      }),
  },
  {
    name: 'a set without TTL over one with TTL makes the key permanent',
    source: SOURCES.guess,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        await kvs.set('key', 1, { ttl: { value: 1, unit: 'SECONDS' } });
        await kvs.set('key', 2);
        await target.advance(2_000);
        await target.sweepExpired();
        expect(await kvs.get('key')).toBe(2);
      }),
  },
  {
    name: 'secrets are a space of their own, which no query sees',
    source: 'storage-reference/kvs-api-secret, 2026-03-30',
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await kvs.setSecret('key', { token: 's' });
        expect(await kvs.getSecret('key')).toEqual({ token: 's' });
        expect(await kvs.get('key')).toBeUndefined();
        expect((await kvs.query().getMany()).results).toEqual([]);
        await kvs.set('key', 'plain');
        await kvs.deleteSecret('key');
        expect(await kvs.getSecret('key')).toBeUndefined();
        expect(await kvs.get('key')).toBe('plain');
      }),
  },
  {
    name: 'secrets take policies, TTL and metadata as values do',
    source: SOURCES.sdkTest,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await kvs.setSecret('key', 'a', { ttl: { value: 1, unit: 'HOURS' } });
        await expectRefusal(
          kvs.setSecret('key', 'b', { keyPolicy: 'FAIL_IF_EXISTS' }),
          409,
          'KEY_CONFLICT',
        );
        const row = await kvs.getSecret('key', { metadataFields: [EXPIRE_TIME] });
        expect(row).toEqual({ key: 'key', value: 'a', expireTime: expect.any(String) });
        expect(await kvs.deleteSecret('absent')).toBeUndefined();
      }),
  },
];
