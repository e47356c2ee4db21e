/** Shapes of the request bodies. Source: @forge/kvs 1.6.5, out/interfaces/kvs-api.d.ts. */
import * as v from 'valibot';
import { malformed } from './refusal';

const metadataFields = v.optional(v.array(v.picklist(['CREATED_AT', 'UPDATED_AT', 'EXPIRE_TIME'])));
const readOptions = v.optional(v.looseObject({ metadataFields }));
const ttl = v.optional(v.looseObject({ value: v.number(), unit: v.string() }));

/**
 * Batches and transactions take a TTL and no policy (CHANGE-3038, 2026-02-05). That a policy is
 * refused and not ignored is unconfirmed; refusing shows the mistake.
 */
const ttlOptions = v.optional(v.strictObject({ ttl }));
const setOptions = v.optional(
  v.looseObject({
    ttl,
    keyPolicy: v.optional(v.picklist(['OVERRIDE', 'FAIL_IF_EXISTS'])),
    returnValue: v.optional(v.picklist(['PREVIOUS', 'LATEST'])),
    returnMetadataFields: metadataFields,
  }),
);

/** Any JSON but null at the top: the package's StorageValue type leaves null out. */
const value = v.nonNullish(v.unknown());
const key = v.string();
const entityName = v.optional(v.string());

const condition = v.looseObject({
  property: v.string(),
  condition: v.string(),
  values: v.array(v.unknown()),
});
const filters = v.strictObject({
  and: v.optional(v.array(condition)),
  or: v.optional(v.array(condition)),
});

export const getBody = v.looseObject({ key, entityName, options: readOptions });
export const setBody = v.looseObject({ key, entityName, value, options: setOptions });
export const deleteBody = v.looseObject({ key, entityName });
export const queryBody = v.looseObject({
  limit: v.optional(v.number()),
  after: v.optional(v.string()),
  where: v.optional(v.array(condition)),
  options: readOptions,
});
export const entityQueryBody = v.looseObject({
  entityName: v.string(),
  indexName: v.string(),
  partition: v.optional(v.array(v.unknown())),
  range: v.optional(v.looseObject({ condition: v.string(), values: v.array(v.unknown()) })),
  filters: v.optional(filters),
  sort: v.optional(v.picklist(['ASC', 'DESC'])),
  cursor: v.optional(v.string()),
  limit: v.optional(v.number()),
  options: readOptions,
});
export const batchGetBody = v.array(getBody);
export const batchSetBody = v.array(v.looseObject({ key, entityName, value, options: ttlOptions }));
export const batchDeleteBody = v.array(deleteBody);

const conditions = v.optional(filters);
const transactionSet = v.strictObject({
  key,
  entityName,
  value,
  conditions,
  options: ttlOptions,
});
const transactionDelete = v.strictObject({ key, entityName, conditions });
const transactionCheck = v.strictObject({
  key,
  entityName: v.string(),
  conditions: filters,
});
export const transactionBody = v.looseObject({
  set: v.optional(v.array(transactionSet)),
  delete: v.optional(v.array(transactionDelete)),
  check: v.optional(v.array(transactionCheck)),
});

export type SetBody = v.InferOutput<typeof setBody>;
export type QueryBody = v.InferOutput<typeof queryBody>;
export type EntityQueryBody = v.InferOutput<typeof entityQueryBody>;
export type TransactionBody = v.InferOutput<typeof transactionBody>;
export type Condition = v.InferOutput<typeof condition>;
export type Filters = v.InferOutput<typeof filters>;

/** Errors: BAD_REQUEST with the path of the first fault, never its value. */
export function parseBody<Schema extends v.GenericSchema>(
  schema: Schema,
  body: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, body, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const place = v.getDotPath(issue) ?? 'body';
  throw malformed(`${place} should be ${issue.expected ?? issue.message}`);
}
