/** A Jira item from a file, in the short form of `examples/issues` and of judged queries. */

import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { GroundworkError } from '../src/errors';
import type { JiraIssue, JsonValue } from '../src/platform/ports';
import { withoutByteOrderMark } from './json-lines';

export const issueSchema = v.object({
  key: v.string(),
  type: v.optional(v.string(), 'Task'),
  project: v.optional(v.string()),
  summary: v.string(),
  /** Text, or an Atlassian Document Format document. */
  description: v.optional(v.union([v.string(), v.record(v.string(), v.any()), v.null()]), null),
  labels: v.optional(v.array(v.string()), []),
  components: v.optional(v.array(v.string()), []),
});

/** Completes the short form: the project is the key's, unless it is given. */
export function toIssue(short: v.InferOutput<typeof issueSchema>): JiraIssue {
  const project = short.project ?? short.key.replace(/-[0-9]+$/, '');
  return { ...short, project, description: short.description as JsonValue };
}

/** Errors: `issue_invalid`, naming the field. */
export async function readIssue(path: string): Promise<JiraIssue> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw invalid(path, 'the file could not be read');
  });
  let json: unknown;
  try {
    json = JSON.parse(withoutByteOrderMark(text));
  } catch {
    throw invalid(path, 'it is not JSON');
  }
  const result = v.safeParse(issueSchema, json);
  if (result.success) return toIssue(result.output);
  throw invalid(
    path,
    `field ${v.getDotPath(result.issues[0]) ?? '(whole)'} is missing or of another type`,
  );
}

function invalid(path: string, what: string): GroundworkError {
  return new GroundworkError({
    code: 'issue_invalid',
    message: `${path}: ${what}; expected JSON with key, summary and, if there are any, type, project, description, labels and components`,
  });
}
