/**
 * The part of Jira's REST API v3 that an app reads issues and permissions with. Shapes and messages
 * follow the public reference (cloud/jira/platform/rest/v3, read 2026-10) and its reported answers.
 */
import { jsonResponse } from '../runtime/responses';
import { type JiraProject, type JiraSeed, JiraSite, type StoredIssue } from './jira-site';

/** The one scope that every request provided here needs. */
const SCOPE = 'read:jira-work';

export interface JiraRequest {
  installation: string;
  /** The user of the invocation. */
  accountId: string | undefined;
  /** `app`, `user` or `none`, as `@forge/api` names who asks. */
  provider: string;
  /** Set by `asUser(accountId)`, which acts for a user who is absent. */
  onBehalfOf: string | undefined;
  method: string;
  /** With its query. */
  path: string;
}

/** What the caller may do. The app sees all projects and administers nothing. */
interface Viewer {
  admin: boolean;
  browses: (projectKey: string) => boolean;
  browsesAny: boolean;
}

export class JiraService {
  readonly #scopes: readonly string[];
  readonly #seed: JiraSeed;
  #sites = new Map<string, JiraSite>();

  /** Every site starts with the seed. */
  constructor(options: { scopes: readonly string[]; seed: JiraSeed }) {
    this.#scopes = options.scopes;
    this.#seed = options.seed;
  }

  /** The site of an installation, for tests to add to. */
  site(installation: string): JiraSite {
    const known = this.#sites.get(installation);
    if (known !== undefined) return known;
    const site = new JiraSite();
    site.seed(this.#seed);
    this.#sites.set(installation, site);
    return site;
  }

  handle(request: JiraRequest): Response {
    if (request.onBehalfOf !== undefined) {
      return failure(404, 'asUser with an account is not provided by the local platform');
    }
    if (request.provider === 'user' && request.accountId === undefined) {
      return jsonResponse(401, undefined, { 'forge-proxy-error': 'NEEDS_AUTHENTICATION_ERR' });
    }
    if (!this.#scopes.includes(SCOPE)) {
      // Reported by community.atlassian.com, qaq-p/3255119, 2026-06-30.
      return jsonResponse(401, { code: 401, message: 'Unauthorized; scope does not match' });
    }
    const site = this.site(request.installation);
    const url = new URL(request.path, 'https://jira.invalid');
    const [resource, key, ...rest] = url.pathname.replace('/rest/api/3/', '').split('/');
    const viewer = viewerOf(site, request);
    if (request.method === 'GET' && rest.length === 0) {
      if (resource === 'mypermissions' && key === undefined) {
        return permissions(site, viewer, url.searchParams);
      }
      if (resource === 'issue' && key) {
        return issue(site, viewer, decodeURIComponent(key), url.searchParams);
      }
      if (resource === 'project' && key) return project(site, viewer, decodeURIComponent(key));
    }
    const asked = `${request.method} ${url.pathname}`;
    return failure(404, `${asked} is not provided by the local platform`);
  }
}

function viewerOf(site: JiraSite, request: JiraRequest): Viewer {
  if (request.provider === 'app') {
    return { admin: false, browses: () => true, browsesAny: site.hasProjects };
  }
  const user = request.provider === 'user' ? site.user(request.accountId ?? '') : undefined;
  const projects = user?.projects ?? [];
  return {
    admin: user?.admin ?? false,
    browses: (projectKey) => projects === 'all' || projects.includes(projectKey),
    browsesAny: projects === 'all' ? site.hasProjects : projects.length > 0,
  };
}

function issue(site: JiraSite, viewer: Viewer, key: string, query: URLSearchParams): Response {
  const found = site.issue(key);
  if (found === undefined || !viewer.browses(found.project.key)) {
    return failure(404, 'Issue does not exist or you do not have permission to see it.');
  }
  const { id } = found;
  const fields = selectFields(fieldsOf(found), query.get('fields'));
  const self = `https://jira.invalid/rest/api/3/issue/${id}`;
  return jsonResponse(200, { id, self, key: found.key, fields });
}

function fieldsOf(stored: StoredIssue): Record<string, unknown> {
  return {
    summary: stored.summary,
    description: stored.description,
    issuetype: { name: stored.type, subtask: false },
    project: stored.project,
    labels: stored.labels,
    components: stored.components.map((name) => ({ name })),
  };
}

/** `fields=a,b` names the wanted ones; absent and `*all` mean all. */
function selectFields(
  fields: Record<string, unknown>,
  wanted: string | null,
): Record<string, unknown> {
  const names = wanted?.split(',') ?? ['*all'];
  if (names.includes('*all') || names.includes('*navigable')) return fields;
  return Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));
}

function project(site: JiraSite, viewer: Viewer, key: string): Response {
  const found = visibleProject(site, viewer, key);
  return found === undefined ? noProject(key) : jsonResponse(200, found);
}

function permissions(site: JiraSite, viewer: Viewer, query: URLSearchParams): Response {
  const wanted = query.get('permissions')?.split(',') ?? [];
  if (wanted.length === 0) return failure(400, "The 'permissions' query parameter is required.");
  const projectKey = query.get('projectKey');
  if (projectKey !== null && visibleProject(site, viewer, projectKey) === undefined) {
    return noProject(projectKey);
  }
  const answers: Record<string, unknown> = {};
  for (const key of wanted) {
    if (key === 'ADMINISTER') {
      answers[key] = { key, type: 'GLOBAL', havePermission: viewer.admin };
    } else if (key === 'BROWSE_PROJECTS') {
      const havePermission = projectKey !== null || viewer.browsesAny;
      answers[key] = { key, type: 'PROJECT', havePermission };
    } else {
      return failure(400, `The permission ${key} is not provided by the local platform`);
    }
  }
  return jsonResponse(200, { permissions: answers });
}

function visibleProject(site: JiraSite, viewer: Viewer, key: string): JiraProject | undefined {
  const found = site.project(key);
  return found !== undefined && viewer.browses(found.key) ? found : undefined;
}

function noProject(key: string): Response {
  return failure(404, `No project could be found with key '${key}'.`);
}

function failure(status: number, message: string): Response {
  return jsonResponse(status, { errorMessages: [message], errors: {} });
}
