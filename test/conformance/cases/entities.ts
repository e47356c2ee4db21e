/** The Custom Entity Store: schema, indexes, queries. */
import { Filter, FilterConditions, kvs, MetadataField, Sort, WhereConditions } from '@forge/kvs';
import { expect } from 'vitest';
import { ENTITY_CONDITIONS_MAX, KVS_QUERY_LIMIT_MAX } from '../../../src/platform/limits';
import { atHome, expectRefusal } from '../expectations';
import { type ConformanceCase, type Employee, SOURCES } from '../target';

type FilterCondition = Parameters<InstanceType<typeof Filter<Employee>>['and']>[1];

const STAFF: Readonly<Record<string, Employee>> = {
  ann: { surname: 'Abel', age: 30, team: 'red', active: true },
  bob: { surname: 'Abt', age: 41, team: 'red', active: false },
  cat: { surname: 'Zorn', age: 30, team: 'blue', active: true },
  dan: { surname: 'Adam', age: 9, team: 'blue', active: true, extra: ['night', 'day'] },
  eve: { surname: 'Nemo', team: 'red', rate: 1.5 },
};

const employees = () => kvs.entity<Employee>('employee');

async function hire(): Promise<void> {
  for (const [key, value] of Object.entries(STAFF)) await employees().set(key, value);
}

async function keys(query: { getMany(): Promise<{ results: { key: string }[] }> }) {
  return (await query.getMany()).results.map(({ key }) => key);
}

const byAge = () => employees().query().index('by-age');
const byKey = () => employees().query().index('by-key');

export const entityCases: readonly ConformanceCase[] = [
  {
    name: 'entities are a space of their own, with policies and metadata as values have',
    source: SOURCES.sdkTest,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await employees().set('key', { age: 1 }, { keyPolicy: 'FAIL_IF_EXISTS' });
        const again = employees().set('key', { age: 2 }, { keyPolicy: 'FAIL_IF_EXISTS' });
        await expectRefusal(again, 409, 'KEY_CONFLICT');
        expect(await employees().get('key')).toEqual({ age: 1 });
        expect(await kvs.get('key')).toBeUndefined();
        expect(await kvs.entity('pointer').get('key')).toBeUndefined();
        const row = await employees().get('key', { metadataFields: [MetadataField.CREATED_AT] });
        expect(row).toEqual({ key: 'key', value: { age: 1 }, createdAt: expect.any(Number) });
        expect((await kvs.query().getMany()).results).toEqual([]);
        await employees().delete('key');
        expect(await employees().get('key')).toBeUndefined();
        expect(await employees().delete('key')).toBeUndefined();
      }),
  },
  {
    name: 'an entity that is not declared is 404 SCHEMA_NOT_FOUND',
    source: SOURCES.probe,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const unknown = kvs.entity<Employee>('not-declared');
        await expectRefusal(unknown.set('key', {}), 404, 'SCHEMA_NOT_FOUND');
        await expectRefusal(unknown.get('key'), 404, 'SCHEMA_NOT_FOUND');
        const query = unknown.query().index('by-key');
        await expectRefusal(query.getMany(), 404, 'SCHEMA_NOT_FOUND');
      }),
  },
  {
    name: 'an empty key of an entity is EMPTY_KEY',
    source: SOURCES.entityErrors,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await expectRefusal(employees().set('', {}), 400, 'EMPTY_KEY');
        await expectRefusal(employees().set('a/b', {}), 400, 'INVALID_KEY');
      }),
  },
  {
    name: 'an integer attribute is a 32-bit signed integer, else INCORRECT_PROPERTY_TYPE',
    source: SOURCES.probe,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await employees().set('low', { age: -(2 ** 31) });
        await employees().set('high', { age: 2 ** 31 - 1 });
        for (const age of [2 ** 31, -(2 ** 31) - 1, 1.5, '5']) {
          const set = employees().set('key', { age } as never);
          await expectRefusal(set, 400, 'INCORRECT_PROPERTY_TYPE');
        }
      }),
  },
  {
    name: 'other attribute types are checked likewise; any takes anything',
    source: `${SOURCES.probe} (measured for integers)`,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        await employees().set('key', {
          surname: '',
          rate: 0.5,
          active: false,
          extra: { a: [null] },
        });
        for (const value of [{ surname: 1 }, { rate: '1' }, { active: 0 }, { surname: null }]) {
          const set = employees().set('key', value as never);
          await expectRefusal(set, 400, 'INCORRECT_PROPERTY_TYPE');
        }
      }),
  },
  {
    name: 'a value that is no object, or has an undeclared attribute, is INVALID_ENTITY_VALUE',
    source: `${SOURCES.entityErrors} (that these cases have this code: no source)`,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        for (const value of ['text', [1], { salary: 1 }]) {
          const set = employees().set('key', value as never);
          await expectRefusal(set, 400, 'INVALID_ENTITY_VALUE');
        }
      }),
  },
  {
    name: 'an index orders by its range, then by key, ascending unless DESC',
    source: SOURCES.entityQuery,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await hire();
        expect(await keys(byAge())).toEqual(['dan', 'ann', 'cat', 'bob']);
        expect(await keys(byAge().sort(Sort.DESC))).toEqual(['bob', 'cat', 'ann', 'dan']);
        expect(await keys(byKey())).toEqual(['ann', 'bob', 'cat', 'dan', 'eve']);
      }),
  },
  {
    name: 'every where condition selects by the range',
    source: SOURCES.entityQuery,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await hire();
        const { between, equalTo, greaterThan, greaterThanEqualTo, lessThan, lessThanEqualTo } =
          WhereConditions;
        expect(await keys(byAge().where(equalTo(30)))).toEqual(['ann', 'cat']);
        expect(await keys(byAge().where(between(9, 30)))).toEqual(['dan', 'ann', 'cat']);
        expect(await keys(byAge().where(greaterThan(30)))).toEqual(['bob']);
        expect(await keys(byAge().where(greaterThanEqualTo(30)))).toEqual(['ann', 'cat', 'bob']);
        expect(await keys(byAge().where(lessThan(30)))).toEqual(['dan']);
        expect(await keys(byAge().where(lessThanEqualTo(30)))).toEqual(['dan', 'ann', 'cat']);
        expect(await keys(byKey().where(WhereConditions.beginsWith('c')))).toEqual(['cat']);
      }),
  },
  {
    name: 'an index with a partition needs a value for each of its attributes',
    source: SOURCES.entityQuery,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await hire();
        const index = (name: string, partition: unknown[]) =>
          employees().query().index(name, { partition });
        expect(await keys(index('by-team-surname', ['red']))).toEqual(['ann', 'bob', 'eve']);
        const surnames = index('by-team-surname', ['red']).where(WhereConditions.beginsWith('Ab'));
        expect(await keys(surnames)).toEqual(['ann', 'bob']);
        expect(await keys(index('by-team', ['blue', true]))).toEqual(['cat', 'dan']);
        expect(await keys(index('by-team', ['green', true]))).toEqual([]);
      }),
  },
  {
    name: 'a partition of the wrong length or an unknown index is refused',
    source: `${SOURCES.entityQuery} (codes: no source)`,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        const none = employees().query().index('by-team-surname');
        await expectRefusal(none.getMany(), 400, 'BAD_REQUEST');
        const short = employees()
          .query()
          .index('by-team', { partition: ['red'] });
        await expectRefusal(short.getMany(), 400, 'BAD_REQUEST');
        const unknown = employees().query().index('by-nothing');
        await expectRefusal(unknown.getMany(), 400, 'INVALID_ENTITY_INDEX');
      }),
  },
  {
    name: 'filters combine with and, or with or, after the index',
    source: SOURCES.entityQuery,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await hire();
        const { beginsWith, between, contains, equalTo, exists, greaterThan, notContains } =
          FilterConditions;
        const { notEqualTo, notExists } = FilterConditions;
        const filter = () => new Filter<Employee>();
        const found = (where: ReturnType<ReturnType<typeof filter>['and']>) =>
          keys(byKey().filters(where));
        expect(await found(filter().and('active', equalTo(true)).and('age', equalTo(30)))).toEqual([
          'ann',
          'cat',
        ]);
        const either = filter().or('age', greaterThan(40)).or('surname', beginsWith('N'));
        expect(await keys(byKey().filters(either))).toEqual(['bob', 'eve']);
        expect(await found(filter().and('age', between(1, 10)))).toEqual(['dan']);
        expect(await found(filter().and('surname', contains('or')))).toEqual(['cat']);
        expect(await found(filter().and('surname', notContains('A')))).toEqual(['cat', 'eve']);
        expect(await found(filter().and('team', notEqualTo('red')))).toEqual(['cat', 'dan']);
        expect(await found(filter().and('rate', exists()))).toEqual(['eve']);
        expect(await found(filter().and('age', notExists()))).toEqual(['eve']);
      }),
  },
  {
    name: 'contains looks into a list; NOT_ forms hold where the attribute is missing',
    source: SOURCES.guess,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        await hire();
        const matching = (field: keyof Employee, condition: FilterCondition) =>
          keys(byKey().filters(new Filter<Employee>().and(field, condition)));
        const { contains, notEqualTo } = FilterConditions;
        expect(await matching('extra', contains('day'))).toEqual(['dan']);
        expect(await matching('age', notEqualTo(30))).toEqual(['bob', 'dan', 'eve']);
      }),
  },
  {
    name: 'an index pages with a cursor in both directions',
    source: SOURCES.entityQuery,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await hire();
        for (const sort of [Sort.ASC, Sort.DESC]) {
          const whole = await keys(byAge().sort(sort));
          const first = await byAge().sort(sort).limit(3).getMany();
          const second = byAge()
            .sort(sort)
            .limit(3)
            .cursor(first.nextCursor ?? '');
          expect([...first.results.map(({ key }) => key), ...(await keys(second))]).toEqual(whole);
          expect((await second.getMany()).nextCursor).toBeUndefined();
        }
      }),
  },
  {
    name: 'a page limit outside of 1 to 100 is COMPLEX_QUERY_PAGE_LIMIT_NOT_IN_RANGE',
    source: SOURCES.entityErrors,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        await byKey().limit(KVS_QUERY_LIMIT_MAX).getMany();
        for (const limit of [0, KVS_QUERY_LIMIT_MAX + 1]) {
          const code = 'COMPLEX_QUERY_PAGE_LIMIT_NOT_IN_RANGE';
          await expectRefusal(byKey().limit(limit).getMany(), 400, code);
        }
      }),
  },
  {
    name: 'a condition with too few values or of another kind is refused',
    source: `${SOURCES.entityErrors}; ${SOURCES.errors}`,
    verified: true,
    body: (target) =>
      atHome(target, async () => {
        const few = { condition: 'BETWEEN', values: [1] } as never;
        await expectRefusal(byAge().where(few).getMany(), 400, 'INSUFFICIENT_FILTER_VALUES');
        const kind = FilterConditions.notEqualTo(1) as never;
        await expectRefusal(byAge().where(kind).getMany(), 400, 'INVALID_FILTER_CONDITION');
      }),
  },
  {
    name: '100 conditions are taken and 101 refused',
    source: `${SOURCES.entityQuery} (code: no source)`,
    verified: false,
    body: (target) =>
      atHome(target, async () => {
        const filter = (count: number) => {
          const conditions = new Filter<Employee>().or('age', FilterConditions.equalTo(0));
          for (let i = 1; i < count; i++) conditions.or('age', FilterConditions.equalTo(i));
          return conditions;
        };
        await byKey().filters(filter(ENTITY_CONDITIONS_MAX)).getMany();
        const tooMany = byKey().filters(filter(ENTITY_CONDITIONS_MAX + 1));
        await expectRefusal(tooMany.getMany(), 400, 'BAD_REQUEST');
      }),
  },
];
