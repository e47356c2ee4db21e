/**
 * Turns what the OpenAI SDK throws into errors of ours. Nothing of the SDK's error passes through
 * but status, code and request id: its message quotes the key in part ("Incorrect API key provided:
 * sk-…"), its headers and the chain of causes may hold more, and a body may echo the input.
 */
import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { GroundworkError } from '../errors';
import { retryAfterMs } from './retry-after';

/** Codes of a 429 that no waiting cures (OpenAI error codes page, 2026-11-22). */
const QUOTA_CODES = new Set(['insufficient_quota', 'billing_hard_limit_reached']);
const TOO_LARGE_CODES = new Set([
  'context_length_exceeded',
  'max_tokens_per_request',
  'string_above_max_length',
]);
/** The wordings of a 400 for a text, or a whole call, beyond the limits; they carry no code. */
const TOO_LARGE_MESSAGE =
  /maximum (context|input) length|max(imum)? \d+ tokens|too many tokens|(array|is) too long/i;

export interface OpenAiErrorContext {
  model: string;
  timeoutMs: number;
  /** Milliseconds since the epoch, for a Retry-After that names a date. */
  nowMs: number;
}

interface Verdict {
  code: string;
  found: string;
  remedy: string;
  retryable?: boolean;
}

/** Never throws; an error that is already ours comes back as it is. */
export function toGroundworkError(error: unknown, context: OpenAiErrorContext): GroundworkError {
  if (GroundworkError.isInstance(error)) return error;
  const apiError = error instanceof APIError ? error : undefined;
  const status = apiError?.status;
  const verdict =
    status === undefined
      ? transportVerdict(error, context)
      : statusVerdict(error as APIError, context);
  const waitMs = verdict.retryable ? retryAfterMs(apiError?.headers, context.nowMs) : undefined;
  return new GroundworkError({
    code: verdict.code,
    message: `openai ${context.model}: ${verdict.found}. ${verdict.remedy}`,
    facts: {
      model: context.model,
      ...(status === undefined ? {} : { status }),
      ...named('providerCode', apiError?.code, /^[a-z0-9_]{1,64}$/),
      ...named('requestId', apiError?.requestID, /^req[a-z0-9_-]{1,64}$/),
    },
    retryable: verdict.retryable ?? false,
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  });
}

/** A name from outside goes into the facts only when it looks like one. */
function named(fact: string, value: unknown, shape: RegExp): Record<string, string> {
  return typeof value === 'string' && shape.test(value) ? { [fact]: value } : {};
}

/** No answer, or one that broke off or could not be read. */
function transportVerdict(error: unknown, context: OpenAiErrorContext): Verdict {
  if (error instanceof SyntaxError) {
    return {
      code: 'provider_answer_invalid',
      found: 'the answer is not JSON',
      remedy:
        'Repeat; if it stays so, something between this app and the provider answers instead.',
    };
  }
  const timedOut = error instanceof APIConnectionTimeoutError || isAbort(error);
  const found = timedOut
    ? `no complete answer within ${context.timeoutMs} ms`
    : `no connection${systemCode(error)}`;
  return {
    code: 'provider_unavailable',
    found,
    remedy: 'Try again later; api.openai.com must be reachable.',
    retryable: true,
  };
}

function isAbort(error: unknown): boolean {
  if (error instanceof APIUserAbortError) return true;
  return error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError');
}

/** For example ` (ECONNREFUSED)`, from anywhere in the chain of causes. */
function systemCode(error: unknown): string {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; depth += 1) {
    const code = 'code' in cause ? cause.code : undefined;
    if (typeof code === 'string' && /^[A-Z0-9_]{1,40}$/.test(code)) return ` (${code})`;
    cause = cause.cause;
  }
  return error instanceof APIConnectionError ? '' : ' (the connection broke off)';
}

function statusVerdict(error: APIError, context: OpenAiErrorContext): Verdict {
  const status = error.status ?? 0;
  if (error.code === 'model_not_found') {
    return {
      code: 'provider_model_unknown',
      found: `the model does not exist or the key may not use it (status ${status})`,
      remedy: 'Choose another model, or allow this one for the project of the key.',
    };
  }
  if (status === 401 || status === 403) {
    return {
      code: 'provider_key_refused',
      found: `the key was refused (status ${status})`,
      remedy: 'Enter a valid key for embeddings in the settings.',
    };
  }
  if (status === 429) return limitVerdict(error);
  if (status === 413 || isTooLarge(error)) {
    return {
      code: 'provider_input_too_large',
      found: `the input is longer than the model accepts (status ${status})`,
      remedy: 'Use smaller chunks.',
    };
  }
  if (status === 408 || status === 409 || status >= 500) {
    return {
      code: 'provider_unavailable',
      found: `the provider failed (status ${status})`,
      remedy: 'Try again later.',
      retryable: true,
    };
  }
  return {
    code: 'provider_request_refused',
    found: `the request was refused (status ${status})`,
    remedy: `Check that ${context.model} with these dimensions is offered under this key.`,
  };
}

function limitVerdict(error: APIError): Verdict {
  if (QUOTA_CODES.has(error.code ?? '') || QUOTA_CODES.has(error.type ?? '')) {
    return {
      code: 'provider_quota_exhausted',
      found: 'the account behind the key has no credit left (status 429)',
      remedy: 'Add credit or raise the limit at the provider; waiting does not help.',
    };
  }
  return {
    code: 'provider_rate_limited',
    found: 'too many requests or tokens a minute (status 429)',
    remedy: 'It is repeated after a pause; a higher usage tier allows more.',
    retryable: true,
  };
}

function isTooLarge(error: APIError): boolean {
  if (error.status !== 400) return false;
  const coded = [error.code, error.type].some((code) => TOO_LARGE_CODES.has(code ?? ''));
  return coded || TOO_LARGE_MESSAGE.test(error.message);
}
