/** What resolvers accept. Everything that comes in from outside passes one of these schemas. */

import * as v from 'valibot';
import { EMBEDDERS } from '../embedding/create-provider';
import { GroundworkError } from '../errors';
import { LIBRARY_NAME_CHARACTERS_MAX } from '../index/catalogue';
import { DOCUMENT_NAME_CHARACTERS_MAX } from '../index/prepare-document';
import { HITS_MAX } from '../retrieval/search';

/** Pieces of one call; a front-end call carries 500 KB in all. */
const PIECES_PER_CALL_MAX = 500;
/** Calls that stage documents for one job: some two gigabytes. */
const CALLS_MAX = 5_000;
const PARTS_MAX = 1_000;
/** Documents that one search may be narrowed to. */
const DOCUMENTS_PER_SEARCH_MAX = 100;

/** Each is asked about before indexing starts, and all stand in the catalogue. */
const PROJECTS_MAX = 100;

/** A Jira project key: Jira's default pattern, which an admin may narrow, not widen. */
export const PROJECT_KEY = /^[A-Z][A-Z0-9_]{1,254}$/;
const projectKeySchema = v.pipe(v.string(), v.regex(PROJECT_KEY));
const projectsSchema = v.union([
  v.literal('all'),
  v.pipe(v.array(projectKeySchema), v.minLength(1), v.maxLength(PROJECTS_MAX)),
]);
export const libraryNameSchema = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(1),
  v.maxLength(LIBRARY_NAME_CHARACTERS_MAX),
);
const idSchema = v.pipe(v.string(), v.regex(/^[a-z0-9]{1,64}$/));

export const createJobSchema = v.strictObject({
  library: libraryNameSchema,
  projects: v.optional(projectsSchema),
  embedder: v.optional(v.picklist(EMBEDDERS)),
  dimensions: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4096))),
  sync: v.optional(v.boolean(), false),
  rebuild: v.optional(v.boolean(), false),
});

const callSchema = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(CALLS_MAX));
const partsSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(PARTS_MAX));

export const stageDocumentsSchema = v.strictObject({
  jobId: idSchema,
  call: callSchema,
  documents: v.pipe(
    v.array(
      v.strictObject({
        name: v.pipe(v.string(), v.maxLength(DOCUMENT_NAME_CHARACTERS_MAX)),
        part: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(PARTS_MAX)),
        parts: partsSchema,
        /** The document's bytes as base64: what a file holds is judged here, not by the browser. */
        content: v.pipe(v.string(), v.base64()),
      }),
    ),
    v.minLength(1),
    v.maxLength(PIECES_PER_CALL_MAX),
  ),
});

export const startJobSchema = v.strictObject({
  jobId: idSchema,
  calls: callSchema,
  confirm: v.optional(v.boolean(), false),
});

export const jobSchema = v.strictObject({ jobId: idSchema });
export const nothingSchema = v.optional(v.strictObject({}), {});
export const libraryPageSchema = v.strictObject({
  library: libraryNameSchema,
  after: v.optional(v.string()),
});
export const librarySchema = v.strictObject({ library: libraryNameSchema });

export const searchSchema = v.strictObject({
  text: v.string(),
  project: v.optional(projectKeySchema),
  library: v.optional(libraryNameSchema),
  documents: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(), v.maxLength(DOCUMENT_NAME_CHARACTERS_MAX))),
      v.minLength(1),
      v.maxLength(DOCUMENTS_PER_SEARCH_MAX),
    ),
  ),
  k: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(HITS_MAX)), 10),
  explain: v.optional(v.boolean(), false),
});

export const promptSectionSchema = v.strictObject({
  issueKey: v.pipe(v.string(), v.regex(/^[A-Z][A-Z0-9_]{1,254}-[1-9][0-9]{0,9}$/)),
  tokensEstimateMax: v.optional(v.pipe(v.number(), v.integer(), v.maxValue(50_000))),
});

const deleteNamedSchema = v.strictObject({
  library: libraryNameSchema,
  document: v.optional(v.string()),
});
const deleteEverythingSchema = v.strictObject({ everything: v.literal(true) });

/** Chosen by its field, not tried one after the other, so that errors name the field at fault. */
export const deleteSchema = v.lazy((input) =>
  typeof input === 'object' && input !== null && 'everything' in input
    ? deleteEverythingSchema
    : deleteNamedSchema,
);

/** What is expected where valibot says nothing but quotes the value. */
const EXPECTED: Readonly<Record<string, string>> = { base64: 'base64', integer: 'a whole number' };

/** Errors: `input_invalid`, naming the field and what is expected of it, never the value. */
export function parsePayload<Schema extends v.GenericSchema>(
  schema: Schema,
  payload: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, payload);
  if (result.success) return result.output;
  const issue = result.issues[0];
  const field = v.getDotPath(issue) ?? 'payload';
  const isMissing = issue.received === 'undefined';
  const expected = isMissing ? 'a value' : (issue.expected ?? EXPECTED[issue.type] ?? 'another');
  throw new GroundworkError({
    code: 'input_invalid',
    message: `${field}: expected ${expected}; correct it and call again`,
    facts: { field },
  });
}
