/**
 * Jira on Forge, as the user on whose behalf a function runs. Nothing is asked as the app: what the
 * user may not see stays unseen.
 */

import { asUser, type Route, route } from '@forge/api';
import * as v from 'valibot';
import { GroundworkError } from '../errors';
import type { JiraClient, JsonValue } from './ports';

const issueSchema = v.object({
  key: v.string(),
  fields: v.object({
    summary: v.nullish(v.string(), ''),
    description: v.optional(v.unknown()),
    issuetype: v.object({ name: v.string() }),
    project: v.object({ key: v.string() }),
    labels: v.nullish(v.array(v.string()), []),
    components: v.nullish(v.array(v.object({ name: v.string() })), []),
  }),
});

const permissionsSchema = v.object({
  permissions: v.record(v.string(), v.object({ havePermission: v.boolean() })),
});

export function createForgeJira(): JiraClient {
  return {
    async issue(key) {
      const fields = 'summary,description,issuetype,project,labels,components';
      const body = await getJson('issue', route`/rest/api/3/issue/${key}?fields=${fields}`);
      if (body === undefined) return undefined;
      const issue = parsed('issue', issueSchema, body);
      return {
        key: issue.key,
        project: issue.fields.project.key,
        type: issue.fields.issuetype.name,
        summary: issue.fields.summary,
        description: (issue.fields.description ?? null) as JsonValue,
        labels: issue.fields.labels,
        components: issue.fields.components.map(({ name }) => name),
      };
    },
    async holds(permission, projectKey) {
      const url =
        projectKey === undefined
          ? route`/rest/api/3/mypermissions?permissions=${permission}`
          : route`/rest/api/3/mypermissions?permissions=${permission}&projectKey=${projectKey}`;
      // Jira answers 404 for a project that is not there or that the user may not see.
      const body = await getJson('mypermissions', url);
      if (body === undefined) return false;
      const { permissions } = parsed('mypermissions', permissionsSchema, body);
      return permissions[permission]?.havePermission === true;
    },
  };
}

async function getJson(what: string, url: Route): Promise<unknown> {
  const response = await asUser().requestJira(url, { headers: { Accept: 'application/json' } });
  if (response.status === 404) return undefined;
  if (response.ok) return response.json();
  throw new GroundworkError({
    code: 'jira_failed',
    message: `Jira ${what}: answered ${response.status}; try again, and if it lasts check the app's permissions`,
    facts: { what, status: response.status },
    retryable: response.status === 429 || response.status >= 500,
  });
}

function parsed<Schema extends v.GenericSchema>(
  what: string,
  schema: Schema,
  body: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, body);
  if (result.success) return result.output;
  throw new GroundworkError({
    code: 'jira_failed',
    message: `Jira ${what}: the answer lacks ${v.getDotPath(result.issues[0]) ?? 'its body'}; report it with this line`,
    facts: { what },
  });
}
