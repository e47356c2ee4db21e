/**
 * A local server that speaks `POST /v1/embeddings` of api.openai.com over real HTTP, for tests and
 * for working without a key. Each request takes the next scripted behaviour; without one it is
 * answered as the service would (`openai-service.ts`).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Answer, Behaviour } from './openai-answers';
import { answerEmbeddings, readRequest } from './openai-service';

/** What a request held; the key itself is never kept. */
export interface RecordedRequest {
  hasAuthorization: boolean;
  path: string;
  bodyKeys: string[];
  model: string;
  texts: string[];
  dimensions: number | undefined;
  encodingFormat: string | undefined;
}

export interface OpenAiServer {
  /** For example `http://127.0.0.1:41234`. */
  origin: string;
  /** In the order of arrival. */
  requests: RecordedRequest[];
  /** Most requests that were open at one time. */
  openMax(): number;
  /** Queues behaviours for the next requests, behind those already queued. */
  script(behaviours: readonly Behaviour[]): void;
  close(): Promise<void>;
}

export async function startOpenAiServer(
  options: { seed?: number; port?: number } = {},
): Promise<OpenAiServer> {
  const state: State = { seed: options.seed ?? 1, queue: [], requests: [], open: 0, openMax: 0 };
  const server = createServer((request, response) => {
    state.open += 1;
    state.openMax = Math.max(state.openMax, state.open);
    response.once('close', () => {
      state.open -= 1;
    });
    serve(state, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    requests: state.requests,
    openMax: () => state.openMax,
    script: (behaviours) => state.queue.push(...behaviours),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface State {
  seed: number;
  queue: Behaviour[];
  requests: RecordedRequest[];
  open: number;
  openMax: number;
}

async function serve(state: State, request: IncomingMessage, response: ServerResponse) {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString('utf8');
  const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  const wanted = readRequest(body);
  state.requests.push({
    hasAuthorization: request.headers.authorization !== undefined,
    path: request.url ?? '',
    bodyKeys: Object.keys(body).sort(),
    model: wanted.model,
    texts: wanted.input,
    dimensions: body['dimensions'] as number | undefined,
    encodingFormat: body['encoding_format'] as string | undefined,
  });
  const behaviour = state.queue.shift() ?? { kind: 'ok' };
  if (behaviour.kind === 'hangUp') {
    response.destroy();
    return;
  }
  if (behaviour.kind === 'slow') await wait(behaviour.delayMs);
  const { method, url: path, headers } = request;
  const asked = { method, path, authorization: headers.authorization, body };
  const answer = answerEmbeddings(asked, behaviour, state.seed);
  await send(response, answer, state, behaviour.kind === 'slowBody' ? behaviour.delayMs : 0);
}

async function send(response: ServerResponse, answer: Answer, state: State, delayMs: number) {
  const bytes = Buffer.from(answer.body, 'utf8');
  response.writeHead(answer.status, {
    'openai-organization': 'local',
    'openai-processing-ms': '1',
    'openai-version': '2020-10-01',
    'x-request-id': `req_${state.requests.length.toString().padStart(8, '0')}`,
    ...answer.headers,
    'content-length': bytes.length,
  });
  if (delayMs > 0) {
    response.write(bytes.subarray(0, bytes.length >> 1));
    await wait(delayMs);
    response.end(bytes.subarray(bytes.length >> 1));
    return;
  }
  response.end(bytes);
}
