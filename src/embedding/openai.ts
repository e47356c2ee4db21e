/** Provider `openai`: embeddings by OpenAI, with the customer's own key. */
import OpenAI from 'openai';
import { GroundworkError } from '../errors';
import type { Clock, Fetch } from '../platform/ports';
import { readOpenAiAnswer } from './openai-answer';
import { toGroundworkError } from './openai-errors';
import type { EmbeddingProvider } from './provider';

export const OPENAI_ORIGIN = 'https://api.openai.com';

/** Dimensions in full; fewer are asked of the API, which truncates and normalises (2026-11-22). */
export const OPENAI_MODELS: Readonly<Record<string, { dimensionsMax: number }>> = {
  'text-embedding-3-small': { dimensionsMax: 1536 },
  'text-embedding-3-large': { dimensionsMax: 3072 },
};
export const OPENAI_MODEL_DEFAULT = 'text-embedding-3-small';

/**
 * The API takes 2,048 texts and 300,000 tokens a call (API reference, 2026-11-22). Fewer texts keep
 * an answer near 2 MB and a repeated call cheap; a fifth of the tokens is left to the estimate.
 */
const TEXTS_PER_CALL_MAX = 256;
const TOKENS_PER_CALL_MAX = 240_000;
const TOKENS_PER_TEXT_MAX = 8_192;
const PARALLEL_CALLS_MAX = 4;
/** Recorded calls answered in 0.3 s; a resolver, which must still answer, has 25 s in all. */
const TIMEOUT_MS_DEFAULT = 18_000;

export interface OpenAiOptions {
  fetch: Fetch;
  /** Asked before every call, so that a new key counts at once; never kept. */
  apiKey: () => Promise<string | undefined>;
  model: string;
  dimensions: number;
  /** For a server of the same interface elsewhere. */
  origin?: string;
  /** Until the last byte of the answer. */
  timeoutMs?: number;
  clock?: Clock;
}

/** Errors of doEmbed: all that the contract lists. The SDK's own repeats and logs are off. */
export function createOpenAiProvider(options: OpenAiOptions): EmbeddingProvider {
  return {
    provider: 'openai',
    model: options.model,
    modelId: `openai:${options.model}:${options.dimensions}`,
    dimensions: options.dimensions,
    textsPerCallMax: TEXTS_PER_CALL_MAX,
    tokensPerCallMax: TOKENS_PER_CALL_MAX,
    tokensPerTextMax: TOKENS_PER_TEXT_MAX,
    parallelCallsMax: PARALLEL_CALLS_MAX,
    queryConvention: 'same',
    normalized: true,
    doEmbed: async (texts) => readOpenAiAnswer(await request(options, texts), options.model),
  };
}

/** The body of the answer, not yet looked at. */
async function request(options: OpenAiOptions, texts: readonly string[]): Promise<unknown> {
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS_DEFAULT;
  const client = clientFor(await keyOf(options), options, timeoutMs);
  const { dimensionsMax } = OPENAI_MODELS[options.model] ?? { dimensionsMax: undefined };
  try {
    return await client.embeddings.create(
      {
        model: options.model,
        input: [...texts],
        // Asked for by name: the SDK then leaves the decoding, and its checks, to us.
        encoding_format: 'base64',
        ...(options.dimensions === dimensionsMax ? {} : { dimensions: options.dimensions }),
      },
      // The SDK's timeout ends with the headers; this one also covers the body.
      { signal: AbortSignal.timeout(timeoutMs) },
    );
  } catch (error) {
    const nowMs = (options.clock ?? Date.now)();
    throw toGroundworkError(error, { model: options.model, timeoutMs, nowMs });
  }
}

async function keyOf(options: OpenAiOptions): Promise<string> {
  const key = (await options.apiKey())?.trim();
  if (key) {
    // Fetch would refuse the header by a message that quotes it whole.
    if (/^[\x21-\x7e]+$/.test(key)) return key;
    throw new GroundworkError({
      code: 'provider_key_refused',
      message:
        `openai ${options.model}: the stored key holds a character that no key has (white space ` +
        'inside, or not ASCII). Enter it again in the settings.',
      facts: { model: options.model },
    });
  }
  throw new GroundworkError({
    code: 'provider_key_missing',
    message: `openai ${options.model}: no key is stored. Enter one in the settings, or on the command line set OPENAI_API_KEY.`,
    facts: { model: options.model },
  });
}

/** Every credential is named, lest the SDK take one from the environment. */
function clientFor(apiKey: string, options: OpenAiOptions, timeoutMs: number): OpenAI {
  return new OpenAI({
    apiKey,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    baseURL: `${options.origin ?? OPENAI_ORIGIN}/v1`,
    fetch: (input, init) =>
      options.fetch(input instanceof Request ? input.url : String(input), init as RequestInit),
    maxRetries: 0,
    timeout: timeoutMs,
    logLevel: 'off',
  });
}
