/**
 * A local server that speaks `POST /v1/embeddings` of api.openai.com over real HTTP, for tests and
 * for working without a key. Each request takes the next scripted behaviour; without one it is
 * checked and answered with vectors made from its texts (`hashed-embedding.ts`).
 *
 * Limits held (API reference, 2026-11-22): 2,048 texts a call, 8,192 tokens a text and 300,000 a
 * call, tokens counted as a quarter of the UTF-16 units; no empty texts; known models only.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { hashedEmbedding } from './hashed-embedding';
import type { Answer, Behaviour, EmbeddingsRequest } from './openai-answers';
import * as answers from './openai-answers';

const MODELS: Readonly<Record<string, number>> = {
  'text-embedding-3-small': 1536,
  'text-embedding-3-large': 3072,
};
const TEXTS_PER_CALL_MAX = 2048;
const TOKENS_PER_TEXT_MAX = 8192;
const TOKENS_PER_CALL_MAX = 300_000;

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
  const refusal =
    request.method === 'POST' && request.url === '/v1/embeddings'
      ? refuse(wanted, request.headers.authorization)
      : answers.badRequest(`Unknown request URL: ${request.method} ${request.url}.`);
  const answer =
    scripted(behaviour, wanted, request.headers.authorization, state.seed) ??
    refusal ??
    answers.successAnswer(wanted, vectorsOf(wanted, state.seed));
  await send(response, answer, state, behaviour.kind === 'slowBody' ? behaviour.delayMs : 0);
}

function readRequest(body: Record<string, unknown>): EmbeddingsRequest {
  const model = String(body['model']);
  const input = body['input'];
  return {
    model,
    input: Array.isArray(input) ? input.map(String) : [String(input ?? '')],
    dimensions: (body['dimensions'] as number | undefined) ?? MODELS[model] ?? 0,
    encodingFormat: body['encoding_format'] === 'base64' ? 'base64' : 'float',
  };
}

function refuse(request: EmbeddingsRequest, authorization: string | undefined): Answer | undefined {
  if (authorization === undefined) return answers.keyRefused(undefined);
  const dimensionsMax = MODELS[request.model];
  if (dimensionsMax === undefined) return answers.modelUnknown(request.model);
  if (request.dimensions < 1 || request.dimensions > dimensionsMax) {
    return answers.badRequest(`Invalid value for 'dimensions': must be at most ${dimensionsMax}.`);
  }
  if (request.input.length > TEXTS_PER_CALL_MAX) {
    return answers.badRequest(`Invalid 'input': array too long. Maximum ${TEXTS_PER_CALL_MAX}.`);
  }
  if (request.input.some((text) => text === '')) {
    return answers.badRequest("Invalid 'input': input cannot be an empty string.");
  }
  const tokens = request.input.map((text) => Math.ceil(text.length / 4));
  const longest = tokens.findIndex((count) => count > TOKENS_PER_TEXT_MAX);
  if (longest >= 0) return answers.inputTooLong(longest);
  const total = tokens.reduce((sum, count) => sum + count, 0);
  return total > TOKENS_PER_CALL_MAX ? answers.callTooLong() : undefined;
}

function vectorsOf(request: EmbeddingsRequest, seed: number): number[][] {
  return request.input.map((text) => hashedEmbedding(text, request.dimensions, seed));
}

/** Undefined where the behaviour answers as usual. */
function scripted(
  behaviour: Behaviour,
  request: EmbeddingsRequest,
  authorization: string | undefined,
  seed: number,
): Answer | undefined {
  switch (behaviour.kind) {
    case 'raw':
      return behaviour.answer;
    case 'keyRefused':
      return answers.keyRefused(authorization);
    case 'modelUnknown':
      return answers.modelUnknown(request.model);
    case 'rateLimited':
      return answers.rateLimited(request.model, behaviour.headers);
    case 'quotaExhausted':
      return answers.quotaExhausted();
    case 'inputTooLong':
      return answers.inputTooLong(0);
    case 'callTooLong':
      return answers.callTooLong();
    case 'serverError':
      return answers.serverError(behaviour.status ?? 500);
    default:
      return spoiled(behaviour.kind, request, vectorsOf(request, seed));
  }
}

/** A successful answer with one thing wrong, or in another order. */
function spoiled(
  kind: Behaviour['kind'],
  request: EmbeddingsRequest,
  vectors: number[][],
): Answer | undefined {
  const success = (changed: number[][]) => answers.successAnswer(request, changed);
  switch (kind) {
    case 'wrongCount':
      return success(vectors.slice(1));
    case 'wrongDimensions':
      return success(vectors.map((vector) => vector.slice(1)));
    case 'notFinite':
      return success(vectors.map((vector) => [Number.NaN, ...vector.slice(1)]));
    case 'zeroVector':
      return success(vectors.map((vector) => vector.map(() => 0)));
    case 'malformedJson':
      return { ...success(vectors), body: '{"object": "list", "data": [' };
    case 'missingData':
      return { ...success(vectors), body: '{"object": "list"}\n' };
    case 'reversed': {
      const answer = success(vectors);
      const body = JSON.parse(answer.body) as { data: unknown[] };
      return { ...answer, body: `${JSON.stringify({ ...body, data: body.data.reverse() })}\n` };
    }
    default:
      return undefined;
  }
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
