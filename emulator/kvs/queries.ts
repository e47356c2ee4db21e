/** The two queries. Both are eventually consistent: they see the state `queryLagMs` ago. */
import { KVS_QUERY_LIMIT_MAX } from '../../src/platform/limits';
import {
  type EntityQueryBody,
  entityQueryBody,
  parseBody,
  type QueryBody,
  queryBody,
} from './body';
import { compareValues, filtersTest, rangeTest } from './conditions';
import { type EntityIndex, type EntityValue, isEntityValue } from './entity-catalogue';
import { recordBytes, type StoredRecord, toRow } from './record';
import { badRequest, malformed } from './refusal';
import type { RequestContext, Success } from './request-context';
import { KEY_INDEX, QUERY_LIMIT_DEFAULT } from './rules';

interface Found {
  key: string;
  record: StoredRecord;
}

/**
 * Keys come back in lexicographic order. A page that ends the result has no cursor; whether Forge
 * may also give a cursor to an empty page is unconfirmed.
 * Errors: QUERY_WHERE_INVALID, QUERY_WHERE_FIELD_INVALID, INVALID_FILTER_CONDITION,
 * INVALID_FILTER_VALUES, LIST_QUERY_LIMIT_EXCEEDED (handling-errors-kvs, 2024-03-14).
 */
export async function queryValues(context: RequestContext, body: unknown): Promise<Success> {
  const request = parseBody(queryBody, body);
  const limit = request.limit ?? QUERY_LIMIT_DEFAULT;
  if (limit > KVS_QUERY_LIMIT_MAX) {
    const found = `${limit}, at most ${KVS_QUERY_LIMIT_MAX}`;
    throw badRequest('LIST_QUERY_LIMIT_EXCEEDED', `Limit for list query is ${found}`);
  }
  if (!Number.isInteger(limit) || limit < 1) throw malformed('limit should be at least 1');
  const beginsWith = prefixOf(request);
  const after = request.after === undefined ? {} : { after: keyOfCursor(request.after) };
  const at = context.now - context.settings.queryLagMs;
  const found: Found[] = [];
  for await (const row of context.store.scan({ space: 'plain', beginsWith, ...after, at })) {
    found.push(row);
    if (found.length > limit) break;
  }
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const cursor = found.length > limit && last !== undefined ? encodeCursor([last.key]) : undefined;
  return answer(context, 'plain', page, cursor, request.options);
}

/**
 * Rows that have every attribute of the index, of one partition, by range value and then key.
 * Errors: SCHEMA_NOT_FOUND, INVALID_ENTITY_INDEX, COMPLEX_QUERY_PAGE_LIMIT_NOT_IN_RANGE, those of
 * conditions, and BAD_REQUEST for a partition of another length than declared (unconfirmed).
 */
export async function queryEntity(context: RequestContext, body: unknown): Promise<Success> {
  const request = parseBody(entityQueryBody, body);
  const limit = request.limit ?? QUERY_LIMIT_DEFAULT;
  if (!Number.isInteger(limit) || limit < 1 || limit > KVS_QUERY_LIMIT_MAX) {
    const code = 'COMPLEX_QUERY_PAGE_LIMIT_NOT_IN_RANGE';
    throw badRequest(code, `Page limit is ${limit}, from 1 to ${KVS_QUERY_LIMIT_MAX}`);
  }
  const { accepts, rangeOf } = entityPlan(context, request);
  const at = context.now - context.settings.queryLagMs;
  const { entityName } = request;
  const rows: (Found & { range: unknown })[] = [];
  for await (const row of context.store.scan({ space: 'entity', entityName, at })) {
    const value: unknown = JSON.parse(row.record.valueJson);
    if (isEntityValue(value) && accepts(row.key, value)) {
      rows.push({ ...row, range: rangeOf(row.key, value) });
    }
  }
  const direction = request.sort === 'DESC' ? -1 : 1;
  const order = (a: readonly unknown[], b: readonly unknown[]) =>
    direction * ((compareValues(a[0], b[0]) ?? 0) || (compareValues(a[1], b[1]) ?? 0));
  rows.sort((a, b) => order([a.range, a.key], [b.range, b.key]));
  const position = request.cursor === undefined ? undefined : decodeCursor(request.cursor);
  const rest =
    position === undefined ? rows : rows.filter((row) => order([row.range, row.key], position) > 0);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  const more = rest.length > limit && last !== undefined;
  const cursor = more ? encodeCursor([last.range, last.key]) : undefined;
  const indexValue = JSON.stringify([entityName, request.indexName, request.partition]);
  return answer(context, indexValue, page, cursor, request.options);
}

function entityPlan(context: RequestContext, request: EntityQueryBody) {
  const { catalogue } = context;
  const declaration = catalogue.entity(request.entityName);
  const index = catalogue.index(declaration, request.indexName);
  const partition = request.partition ?? [];
  if (partition.length !== index.partition.length) {
    const wanted = `index ${index.name} has ${index.partition.length} attributes`;
    throw malformed(`partition has ${partition.length} values, ${wanted}`);
  }
  const rangeOf = rangeReader(index);
  if (request.range !== undefined && rangeOf === undefined) {
    throw malformed(`index ${index.name} has no range`);
  }
  const inRange = request.range === undefined ? () => true : rangeTest(request.range);
  const check = (attribute: string) => catalogue.checkAttribute(declaration, attribute);
  const passes = request.filters === undefined ? () => true : filtersTest(request.filters, check);
  const members = [...index.partition, ...index.range];
  const accepts = (key: string, value: EntityValue) =>
    members.every((attribute) => value[attribute] !== undefined) &&
    index.partition.every((attribute, i) => compareValues(value[attribute], partition[i]) === 0) &&
    inRange(rangeOf?.(key, value)) &&
    passes(value);
  return {
    accepts,
    rangeOf: (key: string, value: EntityValue) => rangeOf?.(key, value) ?? null,
  };
}

/** Undefined for an index that has only a partition. */
function rangeReader(
  index: EntityIndex,
): ((key: string, value: EntityValue) => unknown) | undefined {
  if (index.name === KEY_INDEX) return (key) => key;
  const [attribute] = index.range;
  return attribute === undefined ? undefined : (_key, value) => value[attribute];
}

function prefixOf(request: QueryBody): string {
  const where = request.where ?? [];
  const [clause] = where;
  if (clause === undefined) return '';
  if (where.length > 1) throw badRequest('QUERY_WHERE_INVALID', 'Use a single where clause');
  if (clause.property !== 'key') {
    throw badRequest('QUERY_WHERE_FIELD_INVALID', 'Only the key can be queried');
  }
  if (clause.condition !== 'BEGINS_WITH') {
    throw badRequest('INVALID_FILTER_CONDITION', 'Keys are queried by BEGINS_WITH only');
  }
  const [prefix] = clause.values;
  if (clause.values.length !== 1 || typeof prefix !== 'string') {
    throw badRequest('INVALID_FILTER_VALUES', 'BEGINS_WITH takes one string');
  }
  return prefix;
}

function answer(
  context: RequestContext,
  indexValue: string,
  page: readonly Found[],
  cursor: string | undefined,
  options: QueryBody['options'],
): Success {
  const bytes = page.reduce((sum, row) => sum + recordBytes(row.key, row.record), 0);
  context.meter.requireLoads('query', [{ id: indexValue, bytes }]);
  context.meter.charge('read', bytes);
  const data = page.map((row) => toRow(row.key, row.record, options?.metadataFields));
  return { body: cursor === undefined ? { data } : { data, cursor } };
}

/** Opaque to the app: the position after which the next page begins. */
function encodeCursor(position: readonly unknown[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Errors: BAD_REQUEST; the code for a foreign cursor is unconfirmed. */
function decodeCursor(cursor: string): unknown[] {
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(position)) return position;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw malformed('cursor should be one that a query returned');
}

function keyOfCursor(cursor: string): string {
  const [key] = decodeCursor(cursor);
  if (typeof key !== 'string') throw malformed('cursor should be one that a query returned');
  return key;
}
