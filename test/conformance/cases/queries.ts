/** The query over keys. */
import { kvs, MetadataField, WhereConditions } from '@forge/kvs';
import { expect } from 'vitest';
import { KVS_QUERY_LIMIT_MAX } from '../../../src/platform/limits';
import { atHome, expectRefusal, keysOf, setKeys } from '../expectations';
import { type ConformanceCase, SOURCES } from '../target';

async function pagesOf(prefix: string, limit: number): Promise<string[][]> {
  const pages: string[][] = [];
  let cursor: string | undefined;
  do {
    let query = kvs.query().where('key', WhereConditions.beginsWith(prefix)).limit(limit);
    if (cursor !== undefined) query = query.cursor(cursor);
    const page = await query.getMany();
    pages.push(page.results.map(({ key }) => key));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return pages;
}

export const queryCases: readonly ConformanceCase[] = [
  {
    name: 'keys come back in lexicographic order, only those with the prefix',
    source: SOURCES.query,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await setKeys(['p:b', 'p:A', 'p:a', 'p:10', 'p:9', 'p', 'q:a', 'o:z', 'p: ', 'p:\u00a0']);
        const query = kvs.query().where('key', WhereConditions.beginsWith('p:')).limit(100);
        const keys = (await query.getMany()).results.map(({ key }) => key);
        expect(keys).toEqual(['p: ', 'p:10', 'p:9', 'p:A', 'p:a', 'p:b', 'p:\u00a0']);
      }),
  },
  {
    name: 'a page has 10 results by default and no cursor at the end',
    source: 'CHANGE-1916, 2024-08-26',
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await setKeys(keysOf('k', 12));
        const first = await kvs.query().getMany();
        expect(first.results).toHaveLength(10);
        expect(first.nextCursor).toBeTypeOf('string');
        const second = await kvs
          .query()
          .cursor(first.nextCursor ?? '')
          .getMany();
        expect(second.results.map(({ key }) => key)).toEqual(['k0010', 'k0011']);
        expect(second.nextCursor).toBeUndefined();
      }),
  },
  {
    name: 'cursors visit every key once, whatever the page size',
    source: SOURCES.query,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const keys = keysOf('k', 23);
        await setKeys([...keys, 'a', 'z']);
        for (const limit of [1, 5, 22, 23, 24, 100]) {
          const pages = await pagesOf('k', limit);
          expect(pages.flat()).toEqual(keys);
          expect(pages).toHaveLength(Math.ceil(keys.length / limit));
        }
      }),
  },
  {
    name: 'a cursor stays valid when its key is deleted meanwhile',
    source: SOURCES.guess,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        await setKeys(['k1', 'k2', 'k3']);
        const first = await kvs.query().limit(2).getMany();
        await kvs.delete('k2');
        const second = await kvs
          .query()
          .limit(2)
          .cursor(first.nextCursor ?? '')
          .getMany();
        expect(second.results.map(({ key }) => key)).toEqual(['k3']);
      }),
  },
  {
    name: 'a limit over 100 is LIST_QUERY_LIMIT_EXCEEDED',
    source: SOURCES.errors,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await kvs.query().limit(KVS_QUERY_LIMIT_MAX).getMany();
        const tooMany = kvs.query().limit(KVS_QUERY_LIMIT_MAX + 1);
        await expectRefusal(tooMany.getMany(), 400, 'LIST_QUERY_LIMIT_EXCEEDED');
      }),
  },
  {
    name: 'a limit below 1 or a cursor that no query gave is BAD_REQUEST',
    source: SOURCES.guess,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        await expectRefusal(kvs.query().limit(0).getMany(), 400, 'BAD_REQUEST');
        await expectRefusal(kvs.query().limit(1.5).getMany(), 400, 'BAD_REQUEST');
        await expectRefusal(kvs.query().cursor('second-page').getMany(), 400, 'BAD_REQUEST');
      }),
  },
  {
    name: 'only BEGINS_WITH on the key is supported',
    source: SOURCES.errors,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const field = kvs.query().where('value' as never, WhereConditions.beginsWith('a'));
        await expectRefusal(field.getMany(), 400, 'QUERY_WHERE_FIELD_INVALID');
        const condition = kvs.query().where('key', WhereConditions.equalTo('a') as never);
        await expectRefusal(condition.getMany(), 400, 'INVALID_FILTER_CONDITION');
        const two = { condition: 'BEGINS_WITH', values: ['a', 'b'] } as never;
        const values = kvs.query().where('key', two);
        await expectRefusal(values.getMany(), 400, 'INVALID_FILTER_VALUES');
      }),
  },
  {
    name: 'rows carry only the metadata asked for',
    source: SOURCES.sdkTest,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await kvs.set('key', 1, { ttl: { value: 1, unit: 'HOURS' } });
        expect((await kvs.query().getMany()).results).toEqual([{ key: 'key', value: 1 }]);
        const query = kvs.query({ metadataFields: [MetadataField.EXPIRE_TIME] });
        expect((await query.getMany()).results).toEqual([
          { key: 'key', value: 1, expireTime: expect.any(String) },
        ]);
      }),
  },
  {
    name: 'getOne is the first row, or undefined',
    source: SOURCES.sdkTest,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        expect(await kvs.query().getOne()).toBeUndefined();
        await setKeys(['b', 'a']);
        expect(await kvs.query().getOne()).toEqual({ key: 'a', value: 'a' });
      }),
  },
];
