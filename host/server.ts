/** The local server: the page around the frame, the page in it, and the way to the resolver. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { INVOKE_REQUEST_BYTES_MAX } from '../src/platform/limits';
import { browserFile, pageFile, type ServedFile, themeSheet } from './files';
import { ACCOUNTS, type Account, type HostSite, type ResolverCall } from './host-site';
import { denialOf, PAGE_POLICY } from './request-rules';

export interface RunningServer {
  port: number;
  close(): Promise<void>;
}

/**
 * While a model computes, this process answers nobody. A connection that it closed meanwhile would
 * fail the next call on it, so it keeps them longer than that takes.
 */
const KEEP_ALIVE_MS = 600_000;

/** Listens on this machine alone; port 0 takes any that is free. Errors: those of listening. */
export async function serve(site: HostSite, port: number): Promise<RunningServer> {
  const server: Server = createServer((request, response) => {
    answer(site, portOf(server), request, response).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (!response.headersSent) sendJson(response, 500, { message });
      else response.destroy();
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: portOf(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  site: HostSite,
  port: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = '', headers } = request;
  const denial = denialOf(
    { method, host: headers.host, origin: headers.origin, contentType: headers['content-type'] },
    port,
  );
  if (denial !== undefined) return sendJson(response, denial.status, { message: denial.message });
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const [, name = '', below = ''] = /^\/as\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
  const account = ACCOUNTS.find((one) => one === name);
  if (method === 'POST') {
    if (account === undefined || below !== 'invoke') return sendNotFound(response);
    return invoke(site, account, request, response);
  }
  if (below === 'context' && account !== undefined) {
    return sendJson(response, 200, site.context(account));
  }
  const file = await fileOf(pathname, account, below);
  return file === undefined ? sendNotFound(response) : sendFile(response, file, below !== '');
}

function fileOf(
  pathname: string,
  account: Account | undefined,
  below: string,
): Promise<ServedFile | undefined> {
  if (account !== undefined && below.startsWith('page/')) {
    return pageFile(decodeURIComponent(below.slice('page/'.length)));
  }
  if (pathname === '/') return browserFile('jira.html');
  if (pathname === '/theme.css') return Promise.resolve(themeSheet());
  const [, asset] = /^\/((?:jira|bridge)\.(?:js|css|svg))$/.exec(pathname) ?? [];
  return asset === undefined ? Promise.resolve(undefined) : browserFile(asset);
}

async function invoke(
  site: HostSite,
  account: Account,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const text = await readBody(request);
  if (text === undefined) {
    return sendJson(response, 413, {
      message: `a call carries at most ${INVOKE_REQUEST_BYTES_MAX} bytes`,
    });
  }
  const call = parseCall(text);
  if (call === undefined) {
    return sendJson(response, 400, { message: 'the body must be {"functionKey", "payload"}' });
  }
  const body = await site.invoke(account, call);
  sendJson(response, 200, body === undefined ? {} : { body });
}

/** The body, or undefined where it is larger than Forge takes of a page. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= INVOKE_REQUEST_BYTES_MAX) chunks.push(chunk);
  }
  return bytes > INVOKE_REQUEST_BYTES_MAX ? undefined : Buffer.concat(chunks).toString('utf8');
}

function parseCall(text: string): ResolverCall | undefined {
  try {
    const call = JSON.parse(text) as Partial<ResolverCall> | null;
    if (typeof call?.functionKey !== 'string') return undefined;
    return { functionKey: call.functionKey, payload: call.payload };
  } catch {
    return undefined;
  }
}

function sendFile(response: ServerResponse, file: ServedFile, isPage: boolean): void {
  response.writeHead(200, {
    'content-type': file.type,
    'content-security-policy': isPage ? PAGE_POLICY : "default-src 'self'",
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'SAMEORIGIN',
  });
  response.end(file.body);
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(JSON.stringify(value));
}

function sendNotFound(response: ServerResponse): void {
  sendJson(response, 404, { message: 'not found' });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
