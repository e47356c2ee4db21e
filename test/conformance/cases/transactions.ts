/** Transactions over plain values and entities. */
import { Filter, FilterConditions, kvs, MetadataField } from '@forge/kvs';
import { expect } from 'vitest';
import {
  KVS_BATCH_BYTES_MAX,
  KVS_TRANSACTION_OPERATIONS_MAX,
  KVS_VALUE_BYTES_MAX,
} from '../../../src/platform/limits';
import { atHome, expectRefusal, keysOf, setKeys } from '../expectations';
import { type ConformanceCase, SOURCES } from '../target';

interface Pointer {
  generation: number;
}

const pointers = () => kvs.entity<Pointer>('pointer');
type EntityConditions = Parameters<ReturnType<typeof kvs.transact>['check']>[1];
/** The package owes the cast: what its Filter returns is not the type its transact() takes. */
const entityConditions = (conditions: unknown) =>
  ({ entityName: 'pointer', conditions }) as EntityConditions;
const generationIs = (generation: number) =>
  entityConditions(new Filter<Pointer>().and('generation', FilterConditions.equalTo(generation)));
const advance = (to: number) =>
  kvs
    .transact()
    .set('live', { generation: to }, generationIs(to - 1))
    .execute();

export const transactionCases: readonly ConformanceCase[] = [
  {
    name: 'sets and deletes are committed together, an absent key may be deleted',
    source: SOURCES.transactions,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await setKeys(['old']);
        const done = await kvs
          .transact()
          .set('new', 1)
          .set('live', { generation: 1 }, { entityName: 'pointer' })
          .delete('old')
          .delete('absent')
          .execute();
        expect(done).toBeUndefined();
        expect(await kvs.get('new')).toBe(1);
        expect(await pointers().get('live')).toEqual({ generation: 1 });
        expect(await kvs.get('old')).toBeUndefined();
      }),
  },
  {
    name: 'a condition that holds lets everything happen',
    source: SOURCES.entityTransactions,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await pointers().set('live', { generation: 1 });
        await pointers().set('seen', { generation: 7 });
        await kvs
          .transact()
          .set('plain', 1)
          .set('live', { generation: 2 }, generationIs(1))
          .check('seen', generationIs(7))
          .execute();
        expect(await pointers().get('live')).toEqual({ generation: 2 });
        expect(await pointers().get('seen')).toEqual({ generation: 7 });
        expect(await kvs.get('plain')).toBe(1);
      }),
  },
  {
    name: 'a condition that fails is 400 CONDITIONAL_CHECK_FAILED and nothing happens',
    source: SOURCES.probe,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await pointers().set('live', { generation: 2 });
        const set = kvs.transact().set('plain', 1).set('live', { generation: 9 }, generationIs(1));
        await expectRefusal(set.execute(), 400, 'CONDITIONAL_CHECK_FAILED');
        const remove = kvs.transact().set('plain', 1).delete('live', generationIs(1));
        await expectRefusal(remove.execute(), 400, 'CONDITIONAL_CHECK_FAILED');
        const check = kvs.transact().set('plain', 1).check('live', generationIs(1));
        await expectRefusal(check.execute(), 400, 'CONDITIONAL_CHECK_FAILED');
        expect(await kvs.get('plain')).toBeUndefined();
        expect(await pointers().get('live')).toEqual({ generation: 2 });
      }),
  },
  {
    name: 'a condition on an absent key is CONDITIONAL_CHECK_FAILED',
    source: SOURCES.probe,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const check = kvs.transact().set('plain', 1).check('absent', generationIs(1));
        await expectRefusal(check.execute(), 400, 'CONDITIONAL_CHECK_FAILED');
        expect(await kvs.get('plain')).toBeUndefined();
      }),
  },
  {
    name: 'NOT_EXISTS does not hold on an absent key either',
    source: SOURCES.guess,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        const conditions = new Filter<Pointer>().and('generation', FilterConditions.notExists());
        const create = kvs.transact().set('live', { generation: 1 }, entityConditions(conditions));
        await expectRefusal(create.execute(), 400, 'CONDITIONAL_CHECK_FAILED');
      }),
  },
  {
    name: 'of concurrent compare-and-set attempts exactly one wins each generation',
    source: SOURCES.entityTransactions,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await pointers().set('live', { generation: 0 });
        for (let generation = 1; generation <= 5; generation++) {
          const tries = Array.from({ length: 10 }, () => advance(generation));
          const settled = await Promise.allSettled(tries);
          expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
        }
        expect(await pointers().get('live')).toEqual({ generation: 5 });
      }),
  },
  {
    name: '25 operations are committed and 26 are 422 UNPROCESSABLE_ENTITY',
    source: SOURCES.probe,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const transaction = kvs.transact();
        for (const key of keysOf('k', KVS_TRANSACTION_OPERATIONS_MAX)) transaction.set(key, 1);
        await transaction.execute();
        const more = transaction.set('k9999', 1);
        await expectRefusal(more.execute(), 422, 'UNPROCESSABLE_ENTITY');
        expect(await kvs.get('k9999')).toBeUndefined();
      }),
  },
  {
    name: 'a key twice is KEY_DUPLICATION_ERROR; the same key of an entity is another key',
    source: SOURCES.probe,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const twice = kvs.transact().set('a', 1).delete('a');
        await expectRefusal(twice.execute(), 400, 'KEY_DUPLICATION_ERROR');
        const entity = { entityName: 'pointer' };
        await kvs.transact().set('a', 1).set('a', { generation: 1 }, entity).execute();
        expect(await kvs.get('a')).toBe(1);
      }),
  },
  {
    name: 'a transaction without operations is INVALID_TRANSACTION_REQUEST',
    source: SOURCES.rest,
    verified: true,
    body: (target) =>
      atHome(target, () =>
        expectRefusal(kvs.transact().execute(), 400, 'INVALID_TRANSACTION_REQUEST'),
      ),
  },
  {
    name: 'one bad operation fails the whole transaction with its code',
    source: SOURCES.transactions,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const large = 'x'.repeat(KVS_VALUE_BYTES_MAX);
        const pointer = { entityName: 'pointer' };
        const unknown = { entityName: 'nothing' };
        const bad = [
          [kvs.transact().set('a', 1).set('b/c', 1), 400, 'INVALID_KEY'],
          [kvs.transact().set('a', 1).set('b', large), 400, 'MAX_SIZE'],
          [kvs.transact().set('a', 1).set('b', {}, unknown), 404, 'SCHEMA_NOT_FOUND'],
          [
            kvs.transact().set('a', 1).set('b', { generation: 'x' }, pointer),
            400,
            'INCORRECT_PROPERTY_TYPE',
          ],
        ] as const;
        for (const [transaction, status, code] of bad) {
          await expectRefusal(transaction.execute(), status, code);
        }
        expect(await kvs.get('a')).toBeUndefined();
      }),
  },
  {
    name: 'plain values carry no conditions',
    source: `${SOURCES.rest} (code: no source)`,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        const { conditions } = generationIs(1);
        const set = kvs.transact().set('a', 1, { conditions } as never);
        await expectRefusal(set.execute(), 400, 'BAD_REQUEST');
        const check = kvs.transact().check('a', { conditions } as never);
        await expectRefusal(check.execute(), 400, 'BAD_REQUEST');
      }),
  },
  {
    name: 'a TTL is the fourth argument of set; in the third the SDK drops it',
    source: '@forge/kvs 1.6.5 out/transaction-api.js',
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const ttl = { value: 1, unit: 'HOURS' } as const;
        await kvs
          .transact()
          .set('a', 1, undefined, { ttl })
          .set('b', 1, { ttl } as never)
          .execute();
        const fields = { metadataFields: [MetadataField.EXPIRE_TIME] };
        expect((await kvs.get('a', fields))?.expireTime).toBeTypeOf('string');
        expect((await kvs.get('b', fields))?.expireTime).toBeUndefined();
      }),
  },
  {
    name: 'a transaction over 4 MB is refused',
    source: `${SOURCES.transactions} (code: no source)`,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        const value = 'x'.repeat(KVS_VALUE_BYTES_MAX - 100);
        const transaction = kvs.transact();
        const count = Math.ceil(KVS_BATCH_BYTES_MAX / value.length);
        for (const key of keysOf('k', count)) transaction.set(key, value);
        await expectRefusal(transaction.execute(), 400, 'MAX_SIZE');
      }),
  },
];
