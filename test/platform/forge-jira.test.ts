/** The Jira adapter, against the site of the local platform. */
import '../../emulator/globals';
import { beforeEach, describe, expect, it } from 'vitest';
import { createForgePlatform } from '../../src/platform/forge-platform';
import type { JiraClient } from '../../src/platform/ports';
import { createLocalApp, type LocalApp } from '../support/local-app';

const ADF = {
  version: 1,
  type: 'doc',
  content: [{ type: 'paragraph', content: [{ type: 'text', text: 'Approve it.' }] }],
};

let app: LocalApp;
beforeEach(async () => {
  app = await createLocalApp({
    jira: {
      users: [
        { accountId: 'admin', admin: true, projects: 'all' },
        { accountId: 'member', admin: false, projects: ['OPS'] },
      ],
      projects: [
        { key: 'OPS', name: 'Operations' },
        { key: 'HR', name: 'People' },
      ],
      issues: [
        {
          key: 'OPS-1',
          type: 'Bug',
          summary: 'Pump',
          description: ADF,
          labels: ['wet', 'hot'],
          components: ['Well'],
        },
        { key: 'OPS-2', type: 'Task', summary: 'No words', description: null },
        { key: 'HR-7', type: 'Task', summary: 'Contract' },
      ],
    },
  });
});

const ask = <T>(work: (jira: JiraClient) => Promise<T>, accountId: string | undefined = 'member') =>
  app.platform.run(
    { installation: 'alpha', ...(accountId === undefined ? {} : { accountId }) },
    () => work(createForgePlatform().jira),
  );

describe('issue', () => {
  it('has its document as Jira keeps it', async () => {
    expect(await ask((jira) => jira.issue('OPS-1'))).toEqual({
      ...{ key: 'OPS-1', project: 'OPS', type: 'Bug', summary: 'Pump' },
      ...{ description: ADF, labels: ['wet', 'hot'], components: ['Well'] },
    });
  });

  it('has null for no description and a list for no labels', async () => {
    const issue = await ask((jira) => jira.issue('OPS-2'));
    expect(issue).toMatchObject({ description: null, labels: [], components: [] });
  });

  it('is undefined when it is absent or not for the caller', async () => {
    expect(await ask((jira) => jira.issue('OPS-999'))).toBeUndefined();
    expect(await ask((jira) => jira.issue('HR-7'))).toBeUndefined();
    expect(await ask((jira) => jira.issue('HR-7'), 'admin')).toMatchObject({ key: 'HR-7' });
  });

  it('is asked for by its key alone, whatever the key holds', async () => {
    for (const key of ['OPS-1/../HR-7', 'OPS-1?fields=x&', '../mypermissions', '%2e%2e']) {
      const issue = await ask((jira) => jira.issue(key).catch(() => undefined));
      expect(issue, key).toBeUndefined();
    }
  });
});

describe('holds', () => {
  it.each([
    ['member', 'ADMINISTER', undefined, false],
    ['admin', 'ADMINISTER', undefined, true],
    ['nobody', 'ADMINISTER', undefined, false],
    ['member', 'BROWSE_PROJECTS', 'OPS', true],
    ['member', 'BROWSE_PROJECTS', 'HR', false],
    ['member', 'BROWSE_PROJECTS', 'NOPE', false],
    ['nobody', 'BROWSE_PROJECTS', 'OPS', false],
    ['admin', 'BROWSE_PROJECTS', 'HR', true],
  ] as const)('%s %s %s: %s', async (accountId, permission, project, expected) => {
    expect(await ask((jira) => jira.holds(permission, project), accountId)).toBe(expected);
  });
});

describe('an answer that is not one', () => {
  it.each([
    [500, true],
    [503, true],
    [429, true],
    [400, false],
    [403, false],
  ])(
    '%i is jira_failed, retryable %s, and never a refusal or a grant',
    async (status, retryable) => {
      const action = { type: 'fail', status, code: 'X' } as const;
      app.platform.calls.setFaults([{ match: { kind: 'jira' }, action }]);
      const expected = { code: 'jira_failed', retryable, facts: { status } };
      await expect(ask((jira) => jira.issue('OPS-1'))).rejects.toMatchObject(expected);
      await expect(ask((jira) => jira.holds('ADMINISTER'))).rejects.toMatchObject(expected);
    },
  );

  it.each([200, 204])('%i without what was asked for is an error too', async (status) => {
    const action = { type: 'fail', status, code: 'X' } as const;
    app.platform.calls.setFaults([{ match: { kind: 'jira' }, action }]);
    await expect(ask((jira) => jira.holds('ADMINISTER'))).rejects.toThrow();
    await expect(ask((jira) => jira.issue('OPS-1'))).rejects.toThrow();
  });

  it('without a user nothing is asked as the app', async () => {
    const noUser = app.platform.run({ installation: 'alpha' }, () =>
      createForgePlatform().jira.holds('ADMINISTER'),
    );
    await expect(noUser).rejects.toThrow();
  });
});
