import '../../emulator/globals';
import { asApp, asUser, NeedsAuthenticationError, requestJira, route } from '@forge/api';
import { beforeEach, describe, expect, it } from 'vitest';
import type { JiraSeed } from '../../emulator/jira/jira-site';
import { APP_MANIFEST, createLocalApp, type LocalApp } from '../support/local-app';

const SEED: JiraSeed = {
  users: [
    { accountId: 'admin', admin: true, projects: 'all' },
    { accountId: 'member', admin: false, projects: ['OPS'] },
  ],
  projects: [
    { key: 'OPS', name: 'Operations' },
    { key: 'HR', name: 'People' },
  ],
  issues: [
    { key: 'OPS-1', type: 'Bug', summary: 'Pump stops', description: 'First\n\nSecond' },
    { key: 'HR-7', type: 'Task', summary: 'Contract', labels: ['legal'] },
  ],
};

let app: LocalApp;
beforeEach(async () => {
  app = await createLocalApp({ jira: SEED });
});

type Path = Parameters<typeof requestJira>[0];

interface Client {
  requestJira: typeof requestJira;
}

async function read(accountId: string | undefined, path: Path, client: () => Client = asUser) {
  const who = accountId === undefined ? {} : { accountId };
  return app.platform.run({ installation: 'alpha', ...who }, async () => {
    const response = await client().requestJira(path);
    return { status: response.status, body: await response.json() };
  });
}

describe('issues', () => {
  it('come in the shape of the REST API, plain text as a document', async () => {
    const { status, body } = await read('member', route`/rest/api/3/issue/${'OPS-1'}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      key: 'OPS-1',
      fields: {
        summary: 'Pump stops',
        issuetype: { name: 'Bug' },
        project: { key: 'OPS' },
        labels: [],
      },
    });
    expect(body.fields.description).toEqual({
      version: 1,
      type: 'doc',
      content: ['First', 'Second'].map((text) => ({
        type: 'paragraph',
        content: [{ type: 'text', text }],
      })),
    });
  });

  it('come with the fields that were asked for', async () => {
    const { body } = await read('admin', route`/rest/api/3/issue/hr-7?fields=summary,labels`);
    expect(body.key).toBe('HR-7');
    expect(body.fields).toEqual({ summary: 'Contract', labels: ['legal'] });
  });

  it('look the same to who may not see them as if they were not there', async () => {
    const hidden = await read('member', route`/rest/api/3/issue/HR-7`);
    expect(hidden.status).toBe(404);
    expect(hidden.body.errorMessages).toEqual([
      'Issue does not exist or you do not have permission to see it.',
    ]);
    expect(await read('admin', route`/rest/api/3/issue/HR-8`)).toEqual(hidden);
    expect(await read('stranger', route`/rest/api/3/issue/OPS-1`)).toEqual(hidden);
  });

  it('are all seen by the app itself', async () => {
    expect((await read(undefined, route`/rest/api/3/issue/HR-7`, asApp)).status).toBe(200);
  });

  it('belong to one installation', async () => {
    const issue = { key: 'OPS-9', type: 'Task', summary: 'Only here' };
    app.platform.jira.site('alpha').seed({ issues: [issue] });
    const statuses = ['alpha', 'beta'].map((installation) =>
      app.platform.run({ installation }, async () => {
        const response = await asApp().requestJira(route`/rest/api/3/issue/OPS-9`);
        return response.status;
      }),
    );
    expect(await Promise.all(statuses)).toEqual([200, 404]);
  });
});

describe('permissions', () => {
  const path = (key: string) =>
    route`/rest/api/3/mypermissions?permissions=ADMINISTER,BROWSE_PROJECTS&projectKey=${key}`;
  const held = (admin: boolean, browse: boolean) => ({
    permissions: {
      ADMINISTER: { havePermission: admin },
      BROWSE_PROJECTS: { havePermission: browse },
    },
  });

  it('are those of the user', async () => {
    expect((await read('admin', path('HR'))).body).toMatchObject(held(true, true));
    expect((await read('member', path('OPS'))).body).toMatchObject(held(false, true));
    expect((await read('member', path('HR'))).status).toBe(404);
    const anywhere = route`/rest/api/3/mypermissions?permissions=ADMINISTER,BROWSE_PROJECTS`;
    expect((await read('member', anywhere)).body).toMatchObject(held(false, true));
    expect((await read('stranger', anywhere)).body).toMatchObject(held(false, false));
  });

  it("of an administrator are not the app's", async () => {
    expect((await read('admin', path('HR'), asApp)).body).toMatchObject(held(false, true));
  });

  it('must be named', async () => {
    expect((await read('admin', route`/rest/api/3/mypermissions`)).status).toBe(400);
  });
});

it('knows a project or says that it does not', async () => {
  expect((await read('member', route`/rest/api/3/project/OPS`)).body).toMatchObject({
    key: 'OPS',
    name: 'Operations',
  });
  expect((await read('member', route`/rest/api/3/project/HR`)).status).toBe(404);
  expect((await read('admin', route`/rest/api/3/project/NONE`)).status).toBe(404);
});

it('has no user where the function runs for none', async () => {
  await expect(read(undefined, route`/rest/api/3/issue/OPS-1`)).rejects.toThrow(
    NeedsAuthenticationError,
  );
  const anonymous = await read('admin', route`/rest/api/3/issue/OPS-1`, () => ({ requestJira }));
  expect(anonymous.status).toBe(404);
});

it('acts for nobody who is absent', async () => {
  const issue = route`/rest/api/3/issue/OPS-1`;
  const { status, body } = await read('member', issue, () => asUser('admin'));
  expect(status).toBe(404);
  expect(body.errorMessages[0]).toMatch(/asUser with an account is not provided/);
});

it('needs the scope read:jira-work', async () => {
  app = await createLocalApp({
    jira: SEED,
    manifest: APP_MANIFEST.replace(', read:jira-work', ''),
  });
  expect(await read('admin', route`/rest/api/3/issue/OPS-1`)).toMatchObject({
    status: 401,
    body: { message: 'Unauthorized; scope does not match' },
  });
});

it('names what it does not provide', async () => {
  const { status, body } = await read('admin', route`/rest/api/3/search`);
  expect(status).toBe(404);
  expect(body.errorMessages[0]).toMatch(/search is not provided/);
});

it('refuses a seed with an issue of no project', () => {
  const issue = { key: 'XYZ-1', type: 'Task', summary: '' };
  expect(() => app.platform.jira.site('alpha').seed({ issues: [issue] })).toThrow(/XYZ-1/);
});
