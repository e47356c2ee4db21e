/**
 * What `POST /v1/embeddings` of api.openai.com answers to a request, by whatever way it came: it is
 * checked and answered with vectors made from its texts (`hashed-embedding.ts`), unless a scripted
 * behaviour says otherwise.
 *
 * Limits held (API reference, 2026-11-22): 2,048 texts a call, 8,192 tokens a text and 300,000 a
 * call, tokens counted as a quarter of the UTF-16 units; no empty texts; known models only.
 */
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

/** A request as HTTP brings it. */
export interface HttpRequest {
  method: string | undefined;
  path: string | undefined;
  authorization: string | undefined;
  body: Record<string, unknown>;
}

/** Answers as the behaviour says; `seed` makes other vectors of the same texts. */
export function answerEmbeddings(
  { method, path, authorization, body }: HttpRequest,
  behaviour: Behaviour,
  seed: number,
): Answer {
  const wanted = readRequest(body);
  const refusal =
    method === 'POST' && path === '/v1/embeddings'
      ? refuse(wanted, authorization)
      : answers.badRequest(`Unknown request URL: ${method} ${path}.`);
  return (
    scripted(behaviour, wanted, authorization, seed) ??
    refusal ??
    answers.successAnswer(wanted, vectorsOf(wanted, seed))
  );
}

export function readRequest(body: Record<string, unknown>): EmbeddingsRequest {
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
