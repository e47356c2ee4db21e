import '../../emulator/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import api, { ExternalEndpointNotAllowedError, fetch as forgeFetch } from '@forge/api';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { FunctionTimeout } from '../../emulator/errors';
import { createLocalApp, type LocalApp } from '../support/local-app';

let server: Server;
let origin: string;
let requests: string[];
let closed: (string | undefined)[];
let app: LocalApp;

beforeAll(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    response.on('close', () => {
      closed.push(request.url);
    });
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      requests.push(`${request.method} ${request.url} ${request.headers['x-key']} ${body}`);
      if (request.url?.startsWith('/hang')) return;
      if (request.url === '/moved') response.writeHead(302, { location: 'https://evil.test/' });
      response.end(JSON.stringify({ answer: 42 }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.closeAllConnections());
beforeEach(async () => {
  requests = [];
  closed = [];
  const hosts = { 'https://api.openai.com': origin, 'https://sub.example.com': origin };
  app = await createLocalApp({ hosts });
});

const run = <T>(fn: () => Promise<T>) => app.platform.run({ installation: 'alpha' }, fn);
const refused = (url: string) =>
  expect(
    run(() => forgeFetch(url)),
    url,
  ).rejects.toThrow(ExternalEndpointNotAllowedError);

it('leads a declared host to the local server over real HTTP', async () => {
  const answer = await run(async () => {
    const response = await api.fetch('https://api.openai.com/v1/embeddings?n=1', {
      method: 'POST',
      headers: { 'x-key': 'k' },
      body: '{"input":"a"}',
    });
    return response.json();
  });
  expect(answer).toEqual({ answer: 42 });
  expect(requests).toEqual(['POST /v1/embeddings?n=1 k {"input":"a"}']);
});

it('does so for a URL, for a Request and for the global fetch', async () => {
  const url = 'https://sub.example.com/path';
  await run(() => fetch(new URL(url)));
  await run(() => fetch(new Request(url, { method: 'PUT', body: 'b', headers: { 'x-key': 'q' } })));
  expect(requests).toEqual(['GET /path undefined ', 'PUT /path q b']);
});

it('refuses what the manifest does not name, before anything is sent', async () => {
  await refused(`${origin}/direct`);
  await refused('http://api.openai.com/');
  await refused('https://api.openai.com.evil.test/');
  await refused('https://api.openai.com:8443/');
  await refused('https://api.openai.com@evil.test/');
  await refused('https://example.com/');
  expect(requests).toEqual([]);
  expect(app.platform.calls.count).toBe(0);
});

it('gives the error the fields that apps look for', async () => {
  const error = await run(() => forgeFetch('https://evil.test/')).catch(
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: 'REQUEST_EGRESS_ALLOWLIST_ERR', status: 403 });
});

it('does not follow a redirect, which no allow list would have seen', async () => {
  await expect(run(() => forgeFetch('https://api.openai.com/moved'))).rejects.toThrow(/redirects/);
  const response = await run(() =>
    forgeFetch('https://api.openai.com/moved', { redirect: 'manual' }),
  );
  expect(response.status).toBe(302);
});

it('leaves fetch alone outside an invocation', async () => {
  const response = await fetch(`${origin}/outside`);
  expect(await response.json()).toEqual({ answer: 42 });
  expect(requests).toEqual(['GET /outside undefined ']);
});

it('passes an abort on to the request', async () => {
  const controller = new AbortController();
  const pending = run(() =>
    forgeFetch('https://api.openai.com/hang', { signal: controller.signal }),
  );
  const outcome = expect(pending).rejects.toMatchObject({ name: 'AbortError' });
  await expect.poll(() => requests).toHaveLength(1);
  controller.abort();
  await outcome;
});

it('ends a request that outlives its function', async () => {
  const pending = app.platform.run({ installation: 'alpha', timeLimitMs: 1_000 }, () =>
    forgeFetch('https://api.openai.com/hang?outlived'),
  );
  const outcome = expect(pending).rejects.toThrow(FunctionTimeout);
  await expect.poll(() => requests).toHaveLength(1);
  await app.clock.advance(1_000);
  await outcome;
  await expect.poll(() => closed).toContain('/hang?outlived');
});

it('lets a function of this process answer for a host', async () => {
  const asked: string[] = [];
  const host = async (request: Request) => {
    asked.push(`${request.method} ${request.url} ${await request.text()}`);
    return Response.json({ answer: 43 });
  };
  const local = await createLocalApp({ hosts: { 'https://api.openai.com': host } });
  const answer = await local.platform.run({ installation: 'alpha' }, async () => {
    const init = { method: 'POST', body: '{"a":1}' };
    return (await forgeFetch('https://api.openai.com/v1/x?y=1', init)).json();
  });
  expect(answer).toEqual({ answer: 43 });
  expect(asked).toEqual(['POST https://api.openai.com/v1/x?y=1 {"a":1}']);
  expect(local.platform.calls.log.map(({ path }) => path)).toEqual(['https://api.openai.com/v1/x']);
});
