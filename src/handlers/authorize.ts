/**
 * Who may call what. A hidden page protects nothing: every resolver asks Jira itself, as the
 * calling user, before it reads or writes anything.
 */

import { GroundworkError } from '../errors';
import type { JiraClient } from '../platform/ports';

/** Errors: `not_permitted` unless the caller administers Jira. */
export async function requireAdmin(jira: JiraClient): Promise<void> {
  if (await jira.holds('ADMINISTER')) return;
  throw new GroundworkError({
    code: 'not_permitted',
    message: 'this needs the Jira permission "Administer Jira"; ask a Jira admin',
  });
}

/** Errors: `project_unknown` when there is no such project or the caller may not browse it. */
export async function requireProject(jira: JiraClient, projectKey: string): Promise<void> {
  if (await jira.holds('BROWSE_PROJECTS', projectKey)) return;
  throw new GroundworkError({
    code: 'project_unknown',
    message: `project "${projectKey}": it does not exist or you may not browse it; check the key`,
    facts: { project: projectKey },
  });
}
