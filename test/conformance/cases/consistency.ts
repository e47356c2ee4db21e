/** Which reads lag, what faults look like, and that installations share nothing. */
import { Filter, FilterConditions, kvs, WhereConditions } from '@forge/kvs';
import { expect } from 'vitest';
import { atHome, setKeys } from '../expectations';
import { type ConformanceCase, type Employee, SOURCES } from '../target';

const LAG_MS = 2_000;
const employees = () => kvs.entity<Employee>('employee');

async function queried(): Promise<unknown[]> {
  const query = kvs.query().where('key', WhereConditions.beginsWith('k')).limit(100);
  return (await query.getMany()).results.map(({ key, value }) => [key, value]);
}

export const consistencyCases: readonly ConformanceCase[] = [
  {
    name: 'get is strongly consistent while query lags behind sets, overwrites and deletes',
    source: SOURCES.values,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        target.settings.queryLagMs = LAG_MS;
        await setKeys(['k1', 'k2', 'k3']);
        expect(await queried()).toEqual([]);
        await target.advance(LAG_MS);
        const before = [
          ['k1', 'k1'],
          ['k2', 'k2'],
          ['k3', 'k3'],
        ];
        expect(await queried()).toEqual(before);
        await kvs.set('k1', 'new');
        await kvs.delete('k2');
        await kvs.set('k4', 'k4');
        expect(await kvs.get('k1')).toBe('new');
        expect(await kvs.get('k2')).toBeUndefined();
        expect(await queried()).toEqual(before);
        await target.advance(LAG_MS - 1);
        expect(await queried()).toEqual(before);
        await target.advance(1);
        expect(await queried()).toEqual([
          ['k1', 'new'],
          ['k3', 'k3'],
          ['k4', 'k4'],
        ]);
      }),
  },
  {
    name: 'a lagging query shows each of many overwrites in turn',
    source: SOURCES.guess,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        target.settings.queryLagMs = LAG_MS;
        for (let version = 0; version < 5; version++) {
          await kvs.set('k', version);
          await target.advance(LAG_MS / 4);
        }
        for (let version = 1; version < 5; version++) {
          expect(await queried()).toEqual([['k', version]]);
          await target.advance(LAG_MS / 4);
        }
      }),
  },
  {
    name: 'entity get is strongly consistent while entity query lags',
    source: 'storage-api-custom-entities, read 2026-10',
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        target.settings.queryLagMs = LAG_MS;
        await employees().set('ann', { age: 1 });
        const query = () => employees().query().index('by-age').getOne();
        expect(await employees().get('ann')).toEqual({ age: 1 });
        expect(await query()).toBeUndefined();
        await target.advance(LAG_MS);
        await employees().set('ann', { age: 2 });
        expect((await query())?.value).toEqual({ age: 1 });
      }),
  },
  {
    name: 'conditions and FAIL_IF_EXISTS see the present however long queries lag',
    source: SOURCES.entityTransactions,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        target.settings.queryLagMs = LAG_MS;
        await employees().set('ann', { age: 1 });
        const conditions = new Filter<Employee>().and('age', FilterConditions.equalTo(1));
        await kvs
          .transact()
          .set('ann', { age: 2 }, { entityName: 'employee', conditions } as never)
          .execute();
        expect(await employees().get('ann')).toEqual({ age: 2 });
      }),
  },
  {
    name: 'batchGet may lag: no page promises its consistency',
    source: SOURCES.guess,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        target.settings.batchGetLagMs = LAG_MS;
        await setKeys(['a']);
        const before = await kvs.batchGet([{ key: 'a' }]);
        expect(before.failedKeys).toMatchObject([{ error: { code: 'KEY_NOT_FOUND' } }]);
        expect(await kvs.get('a')).toBe('a');
        await target.advance(LAG_MS);
        expect((await kvs.batchGet([{ key: 'a' }])).successfulKeys).toHaveLength(1);
      }),
  },
  {
    name: 'single keys of a batchGet may fail within a 200',
    source: SOURCES.batch,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await setKeys(['a', 'b', 'c', 'd', 'e', 'f']);
        target.settings.batchGetFailEvery = 3;
        const items = ['a', 'b', 'c', 'd', 'e', 'f'].map((key) => ({ key }));
        const got = await kvs.batchGet(items);
        expect(got.successfulKeys).toHaveLength(4);
        expect(got.failedKeys.map(({ error }) => error.code)).toEqual([
          'INTERNAL_SERVER_ERROR',
          'INTERNAL_SERVER_ERROR',
        ]);
        target.settings.batchGetFailEvery = 0;
        expect((await kvs.batchGet(items)).failedKeys).toEqual([]);
      }),
  },
  {
    name: 'installations share nothing, whatever their names hold',
    source: SOURCES.limits,
    verified: true,
    body: async (target) => {
      const names = ['a', 'a/k', 'a/k//', 'b', '', 'ä🙂', 'A', '%61', 'a0'];
      for (const name of names) {
        await target.run(name, async () => {
          await kvs.set('key', name);
          await kvs.setSecret('key', name);
          await employees().set('key', { surname: name });
        });
      }
      for (const name of names) {
        await target.run(name, async () => {
          expect(await kvs.get('key')).toBe(name);
          expect(await kvs.getSecret('key')).toBe(name);
          expect((await kvs.query().getMany()).results).toEqual([{ key: 'key', value: name }]);
          const rows = await employees().query().index('by-key').getMany();
          expect(rows.results).toEqual([{ key: 'key', value: { surname: name } }]);
        });
      }
      await target.run('a', () => kvs.delete('key'));
      await target.run('a/k', async () => expect(await kvs.get('key')).toBe('a/k'));
    },
  },
  {
    name: 'two installations work at once without mixing',
    source: SOURCES.guess,
    verified: false,
    body: async (target) => {
      const work = (name: string) =>
        target.run(name, async () => {
          for (let i = 0; i < 20; i++) {
            await kvs.set('key', `${name}${i}`);
            expect(await kvs.get('key')).toBe(`${name}${i}`);
          }
        });
      await Promise.all([work('a'), work('b'), work('c')]);
    },
  },
];
