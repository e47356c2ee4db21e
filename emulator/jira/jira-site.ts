/** The Jira site of one installation: its users, projects and issues, in memory. */

export interface JiraUserSeed {
  accountId: string;
  /** Whether the user administers the site. */
  admin: boolean;
  /** Keys of the projects the user may browse. */
  projects: readonly string[] | 'all';
}

export interface JiraIssueSeed {
  /** `<project key>-<number>`. */
  key: string;
  type: string;
  summary: string;
  /** Plain text, which is stored as a document of paragraphs, or such a document itself. */
  description?: string | Readonly<Record<string, unknown>> | null;
  labels?: readonly string[];
  /** Names of components of the project. */
  components?: readonly string[];
}

export interface JiraSeed {
  users?: readonly JiraUserSeed[];
  projects?: readonly { key: string; name: string }[];
  issues?: readonly JiraIssueSeed[];
}

export interface JiraProject {
  id: string;
  key: string;
  name: string;
}

export interface StoredIssue {
  id: string;
  key: string;
  project: JiraProject;
  type: string;
  summary: string;
  description: unknown;
  labels: readonly string[];
  components: readonly string[];
}

/** Jira numbers projects and issues from here, which tells an id from a count. */
const FIRST_ID = 10_000;

export class JiraSite {
  #users = new Map<string, JiraUserSeed>();
  #projects = new Map<string, JiraProject>();
  #issues = new Map<string, StoredIssue>();

  /** Adds to the site; what has the same key or account is replaced. */
  seed(seed: JiraSeed): void {
    for (const user of seed.users ?? []) this.#users.set(user.accountId, user);
    for (const { key, name } of seed.projects ?? []) {
      const id = this.#projects.get(key)?.id ?? String(FIRST_ID + this.#projects.size);
      this.#projects.set(key, { id, key, name });
    }
    for (const issue of seed.issues ?? []) this.#addIssue(issue);
  }

  user(accountId: string): JiraUserSeed | undefined {
    return this.#users.get(accountId);
  }

  project(key: string): JiraProject | undefined {
    return this.#projects.get(key);
  }

  /** Finds an issue by its key, whose case Jira ignores. */
  issue(key: string): StoredIssue | undefined {
    return this.#issues.get(key.toUpperCase());
  }

  get hasProjects(): boolean {
    return this.#projects.size > 0;
  }

  #addIssue(issue: JiraIssueSeed): void {
    const project = this.#projects.get(issue.key.replace(/-\d+$/, ''));
    if (project === undefined) {
      throw new Error(`jira seed: issue ${issue.key} belongs to no project of the site`);
    }
    const { key, type, summary, labels = [], components = [] } = issue;
    const id = this.#issues.get(key)?.id ?? String(FIRST_ID + this.#issues.size);
    const description =
      typeof issue.description === 'string'
        ? documentOf(issue.description)
        : (issue.description ?? null);
    const words = { type, summary, description, labels, components };
    this.#issues.set(key, { id, key, project, ...words });
  }
}

/** Atlassian Document Format of plain text: one paragraph for each line that is not empty. */
function documentOf(text: string): unknown {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const content = lines.map((line) => ({
    type: 'paragraph',
    content: [{ type: 'text', text: line }],
  }));
  return { version: 1, type: 'doc', content };
}
