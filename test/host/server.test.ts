import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostSite, ResolverCall } from '../../host/host-site';
import { type RunningServer, serve } from '../../host/server';
import { INVOKE_REQUEST_BYTES_MAX } from '../../src/platform/limits';

interface Invoked {
  account: string;
  call: ResolverCall;
}

const invoked: Invoked[] = [];
const SITE: HostSite = {
  async invoke(account, call) {
    invoked.push({ account, call });
    if (call.functionKey === 'fails') throw new Error('function resolver was ended');
    return call.functionKey === 'silent' ? undefined : { ok: true, result: { jobs: [] } };
  },
  context: (accountId) => ({ accountId }),
  close: async () => undefined,
};

let server: RunningServer;
beforeAll(async () => {
  server = await serve(SITE, 0);
});
afterAll(() => server.close());

interface Ask {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** A request as it is given, dots in the path and all. */
function ask(path: string, { method = 'GET', headers = {}, body }: Ask = {}) {
  const host = `localhost:${server.port}`;
  return new Promise<{ status: number; text: string; type: string }>((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port: server.port, path, method, headers: { host, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
            type: response.headers['content-type'] ?? '',
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const invoke = (path: string, body: string, origin = `http://localhost:${server.port}`) =>
  ask(path, { method: 'POST', headers: { origin, 'content-type': 'application/json' }, body });

describe('the local server', () => {
  it('hands out the page around the frame and what belongs to it', async () => {
    expect(await ask('/')).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
    expect((await ask('/bridge.js')).text).toContain('__bridge');
    expect((await ask('/jira.css')).status).toBe(200);
  });

  it.each([
    '/jira.html/../../package.json',
    '/package.json',
    '/as/admin/page/../../../package.json',
    '/as/admin/page/..%2f..%2f..%2fhost%2fbrowser%2fjira.html',
    '/as/admin/page/%2e%2e%2findex.html',
    '/as/nobody/page/index.html',
    '/as/nobody/context',
  ])('hands out nothing else: %s', async (path) => {
    expect((await ask(path)).status).toBe(404);
  });

  it('says who is looking', async () => {
    expect(JSON.parse((await ask('/as/user/context')).text)).toEqual({ accountId: 'user' });
  });

  it('carries a call to the resolver and its answer back', async () => {
    const body = JSON.stringify({ functionKey: 'listJobs', payload: {} });
    const { status, text } = await invoke('/as/user/invoke', body);
    expect([status, JSON.parse(text)]).toEqual([200, { body: { ok: true, result: { jobs: [] } } }]);
    expect(invoked.at(-1)).toEqual({
      account: 'user',
      call: { functionKey: 'listJobs', payload: {} },
    });
    expect((await invoke('/as/user/invoke', '{"functionKey":"silent"}')).text).toBe('{}');
  });

  it('calls nothing for a page of another origin, and nothing it does not understand', async () => {
    const before = invoked.length;
    const body = JSON.stringify({ functionKey: 'listJobs' });
    expect((await invoke('/as/admin/invoke', body, 'http://evil.example')).status).toBe(403);
    expect((await invoke('/as/nobody/invoke', body)).status).toBe(404);
    expect((await invoke('/as/admin/else', body)).status).toBe(404);
    expect((await invoke('/as/admin/invoke', '{')).status).toBe(400);
    expect((await invoke('/as/admin/invoke', 'null')).status).toBe(400);
    expect((await invoke('/as/admin/invoke', '{"functionKey":1}')).status).toBe(400);
    expect(invoked.length).toBe(before);
  });

  it('refuses a call larger than Forge carries', async () => {
    const call = (filler: number) =>
      JSON.stringify({ functionKey: 'listJobs', payload: { filler: 'x'.repeat(filler) } });
    const around = call(0).length;
    const fits = call(INVOKE_REQUEST_BYTES_MAX - around);
    expect((await invoke('/as/admin/invoke', fits)).status).toBe(200);
    expect((await invoke('/as/admin/invoke', `${fits} `)).status).toBe(413);
  });

  it('says what ended a function', async () => {
    const { status, text } = await invoke('/as/admin/invoke', '{"functionKey":"fails"}');
    expect([status, JSON.parse(text)]).toEqual([500, { message: 'function resolver was ended' }]);
  });
});
