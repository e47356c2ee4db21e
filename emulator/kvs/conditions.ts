/**
 * Conditions of entity queries and transactions.
 * Source of names: @forge/kvs 1.6.5, out/conditions.js; of codes: handling-errors-customentities,
 * 2025-03-14, and handling-errors-kvs, 2024-03-14. How conditions treat a missing attribute or
 * another type is documented nowhere: here a comparison with either is false, and the NOT_ forms
 * are the exact opposite of theirs.
 */
import { ENTITY_CONDITIONS_MAX } from '../../src/platform/limits';
import type { Condition, Filters } from './body';
import { badRequest } from './refusal';

type Test = (found: unknown, values: readonly unknown[]) => boolean;

/** Negative, zero or positive; undefined when the two cannot be compared. */
export function compareValues(a: unknown, b: unknown): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b);
  return undefined;
}

function ordered(accepts: (order: number) => boolean): Test {
  return (found, [value]) => {
    const order = compareValues(found, value);
    return order !== undefined && accepts(order);
  };
}

const equalTo = ordered((order) => order === 0);
const atLeast = ordered((order) => order >= 0);
const atMost = ordered((order) => order <= 0);
const contains: Test = (found, [value]) =>
  typeof found === 'string'
    ? typeof value === 'string' && found.includes(value)
    : Array.isArray(found) && found.includes(value);

/** Conditions of `where`, the range of an index. */
const RANGE_TESTS: Readonly<Record<string, Test>> = {
  BEGINS_WITH: (found, [value]) =>
    typeof found === 'string' && typeof value === 'string' && found.startsWith(value),
  BETWEEN: (found, [low, high]) => atLeast(found, [low]) && atMost(found, [high]),
  EQUAL_TO: equalTo,
  GREATER_THAN: ordered((order) => order > 0),
  GREATER_THAN_EQUAL_TO: atLeast,
  LESS_THAN: ordered((order) => order < 0),
  LESS_THAN_EQUAL_TO: atMost,
};

/** Conditions of `filters` and of transactions. */
const FILTER_TESTS: Readonly<Record<string, Test>> = {
  ...RANGE_TESTS,
  CONTAINS: contains,
  NOT_CONTAINS: (found, values) => !contains(found, values),
  NOT_EQUAL_TO: (found, values) => !equalTo(found, values),
  EXISTS: (found) => found !== undefined,
  NOT_EXISTS: (found) => found === undefined,
};

/** Errors: INVALID_FILTER_CONDITION, INSUFFICIENT_FILTER_VALUES, INVALID_FILTER_VALUES. */
function testOf(
  tests: Readonly<Record<string, Test>>,
  condition: { condition: string; values: readonly unknown[] },
): (found: unknown) => boolean {
  const { condition: name, values } = condition;
  const test = Object.hasOwn(tests, name) ? tests[name] : undefined;
  if (test === undefined) {
    throw badRequest('INVALID_FILTER_CONDITION', `Condition ${name} is not supported here`);
  }
  const wanted = name === 'BETWEEN' ? 2 : 1;
  if (values.length < wanted) {
    throw badRequest('INSUFFICIENT_FILTER_VALUES', `${name} needs ${wanted} values`);
  }
  if (values.length > wanted) {
    throw badRequest('INVALID_FILTER_VALUES', `${name} takes ${wanted} values`);
  }
  return (found) => test(found, values);
}

export function rangeTest(range: {
  condition: string;
  values: readonly unknown[];
}): (found: unknown) => boolean {
  return testOf(RANGE_TESTS, range);
}

/**
 * Errors: also EMPTY_FILTER_OPERATOR, INVALID_FILTER_OPERATORS_COMBINATION, and BAD_REQUEST for
 * more conditions than allowed (the code for that is unconfirmed).
 */
export function filtersTest(
  filters: Filters,
  checkProperty: (property: string) => void,
): (value: Readonly<Record<string, unknown>>) => boolean {
  if (filters.and !== undefined && filters.or !== undefined) {
    throw badRequest('INVALID_FILTER_OPERATORS_COMBINATION', 'Use either "and" or "or"');
  }
  const conditions: Condition[] = filters.and ?? filters.or ?? [];
  if (conditions.length === 0) {
    throw badRequest('EMPTY_FILTER_OPERATOR', 'A filter needs at least one condition');
  }
  if (conditions.length > ENTITY_CONDITIONS_MAX) {
    const found = `${conditions.length} conditions, at most ${ENTITY_CONDITIONS_MAX}`;
    throw badRequest('BAD_REQUEST', `Found ${found}`);
  }
  const tests = conditions.map((condition) => {
    checkProperty(condition.property);
    const test = testOf(FILTER_TESTS, condition);
    return (value: Readonly<Record<string, unknown>>) => test(value[condition.property]);
  });
  const all = filters.and !== undefined;
  return (value) => (all ? tests.every((test) => test(value)) : tests.some((test) => test(value)));
}
