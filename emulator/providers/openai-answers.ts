/**
 * Bodies and headers as api.openai.com writes them. Recorded (provider-recordings, TestOpenAI):
 * the successful answer, the 404, and their layout with 2 and 4 spaces. Documented only, by the
 * error codes and rate limit pages of 2026-11-22: 401, 429, 400 and 5xx (verified: false).
 */

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** One way to answer; `ok` is what an unscripted request gets when nothing is wrong with it. */
export type Behaviour =
  | { kind: 'ok' }
  /** The embeddings in reverse order, each with its right `index`. */
  | { kind: 'reversed' }
  /** Answers as `ok` after so long. */
  | { kind: 'slow'; delayMs: number }
  /** Sends headers and half of the body, and the rest after so long. */
  | { kind: 'slowBody'; delayMs: number }
  | { kind: 'keyRefused' }
  | { kind: 'modelUnknown' }
  | { kind: 'rateLimited'; headers?: Record<string, string> }
  | { kind: 'quotaExhausted' }
  | { kind: 'inputTooLong' }
  | { kind: 'callTooLong' }
  | { kind: 'serverError'; status?: number }
  | { kind: 'wrongCount' }
  | { kind: 'wrongDimensions' }
  | { kind: 'notFinite' }
  | { kind: 'zeroVector' }
  | { kind: 'malformedJson' }
  | { kind: 'missingData' }
  /** Closes the connection without a word. */
  | { kind: 'hangUp' }
  | { kind: 'raw'; answer: Answer };

export interface EmbeddingsRequest {
  model: string;
  input: string[];
  dimensions: number;
  encodingFormat: 'float' | 'base64';
}

export function successAnswer(request: EmbeddingsRequest, vectors: number[][]): Answer {
  const tokens = request.input.reduce((sum, text) => sum + Math.ceil(text.length / 4), 0);
  const body = {
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: request.encodingFormat === 'base64' ? toBase64(vector) : vector,
    })),
    model: request.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'openai-model': request.model },
    body: `${JSON.stringify(body, null, 2)}\n`,
  };
}

/** Little-endian float32, as recorded. */
function toBase64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, i * 4);
  return bytes.toString('base64');
}

interface ErrorBody {
  message: string;
  type: string;
  param: string | null;
  code: string | null;
}

function errorAnswer(
  status: number,
  error: ErrorBody,
  headers: Record<string, string> = {},
): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: `${JSON.stringify({ error }, null, 4)}\n`,
  };
}

/** The real message quotes the key in part; so does this one, to prove that it goes no further. */
export function keyRefused(authorization: string | undefined): Answer {
  const key = authorization?.replace(/^Bearer /, '') ?? '';
  const message =
    key === ''
      ? "You didn't provide an API key. Provide it in an Authorization header."
      : `Incorrect API key provided: ${key}. Find your API key at https://platform.openai.com.`;
  const code = key === '' ? null : 'invalid_api_key';
  return errorAnswer(401, { message, type: 'invalid_request_error', param: null, code });
}

export function modelUnknown(model: string): Answer {
  return errorAnswer(404, {
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
    type: 'invalid_request_error',
    param: null,
    code: 'model_not_found',
  });
}

export function rateLimited(model: string, headers: Record<string, string> | undefined): Answer {
  const error = {
    message: `Rate limit reached for ${model} on tokens per min (TPM): Limit 1000000, Used 999000.`,
    type: 'tokens',
    param: null,
    code: 'rate_limit_exceeded',
  };
  const defaults = {
    'retry-after': '2',
    'retry-after-ms': '1500',
    'x-ratelimit-limit-tokens': '1000000',
    'x-ratelimit-remaining-tokens': '0',
    'x-ratelimit-reset-tokens': '1.5s',
  };
  return errorAnswer(429, error, headers ?? defaults);
}

export function quotaExhausted(): Answer {
  return errorAnswer(429, {
    message: 'You exceeded your current quota, please check your plan and billing details.',
    type: 'insufficient_quota',
    param: null,
    code: 'insufficient_quota',
  });
}

export function inputTooLong(position: number): Answer {
  return badRequest(`Invalid 'input[${position}]': maximum input length is 8192 tokens.`);
}

export function callTooLong(): Answer {
  return errorAnswer(400, {
    message: 'Requested 406921 tokens, max 300000 tokens per request',
    type: 'max_tokens_per_request',
    param: null,
    code: 'max_tokens_per_request',
  });
}

export function badRequest(message: string): Answer {
  return errorAnswer(400, { message, type: 'invalid_request_error', param: null, code: null });
}

export function serverError(status: number): Answer {
  return errorAnswer(status, {
    message: 'The server had an error while processing your request. Sorry about that!',
    type: 'server_error',
    param: null,
    code: null,
  });
}
