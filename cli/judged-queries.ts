/** Judged queries from a file: what is asked, and which passages are to be found. */

import * as v from 'valibot';
import { GroundworkError } from '../src/errors';
import { queryOf as queryOfIssue } from '../src/refinement/issue-text';
import type { SearchQuery } from '../src/retrieval/query';
import { jsonLines } from './json-lines';
import { issueSchema, toIssue } from './read-issue';

const relevantSchema = v.pipe(
  v.object({
    file: v.string(),
    /** Verbatim part of the passage; without it any chunk of the file counts. */
    quote: v.optional(v.string()),
    /** 2: must be in the prompt, 1: helps. */
    grade: v.optional(v.picklist([1, 2]), 2),
  }),
  v.transform(({ file, quote, grade }) => ({
    ...{ document: file, grade },
    ...(quote === undefined ? {} : { quote }),
  })),
);

const judgedSchema = v.pipe(
  v.object({
    id: v.string(),
    issue: v.optional(issueSchema),
    query: v.optional(v.string()),
    relevant: v.array(relevantSchema),
  }),
  v.check(
    ({ issue, query }) => (issue === undefined) !== (query === undefined),
    'one of issue and query',
  ),
);

export type JudgedQuery = v.InferOutput<typeof judgedSchema>;

/** Reads one JSON object a line. Errors: `queries_invalid`, with the line's number. */
export function parseJudgedQueries(name: string, text: string): JudgedQuery[] {
  const queries = jsonLines(text).map(({ number, json }) => {
    if (json === undefined) throw invalid(`${name}, line ${number}: not JSON`);
    const result = v.safeParse(judgedSchema, json);
    if (result.success) return result.output;
    const [issue] = result.issues;
    throw invalid(`${name}, line ${number}: ${v.getDotPath(issue) ?? issue.message}`);
  });
  if (queries.length === 0) throw invalid(`${name}: no query`);
  return queries;
}

/** What the product searches for: of an item what it makes of it, of a query its text. */
export function queryOf({ issue, query }: JudgedQuery): SearchQuery {
  return issue === undefined ? { text: query ?? '' } : queryOfIssue(toIssue(issue));
}

/**
 * Refuses queries of which nothing is left to search for, before anything is paid for them.
 * Errors: `queries_invalid`, with the query's id.
 */
export function expectAsked(name: string, queries: readonly JudgedQuery[]): void {
  for (const query of queries) {
    const what = `${name}, query "${query.id}"`;
    let text: string;
    try {
      text = queryOf(query).text;
    } catch (error) {
      throw GroundworkError.isInstance(error) ? invalid(`${what}: ${error.message}`, error) : error;
    }
    if (text.trim() !== '') continue;
    throw invalid(
      `${what}: nothing to search for; what a template puts into an item does not count`,
    );
  }
}

function invalid(what: string, cause?: unknown): GroundworkError {
  return new GroundworkError({
    code: 'queries_invalid',
    message: `${what}; expected lines of {"id", "issue" or "query", "relevant": [{"file", "quote"?, "grade"?}]}`,
    cause,
  });
}
