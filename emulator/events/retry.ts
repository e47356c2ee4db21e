/** Decides what becomes of an event when its consumer has run. */
import * as v from 'valibot';
import { FunctionTimeout } from '../errors';
import {
  BACKOFF_FACTOR,
  BACKOFF_SECONDS_FIRST,
  EVENT_RETRIES_MAX,
  RETRY_AFTER_SECONDS_MAX,
  RETRY_DATA_BYTES_MAX,
} from './event-limits';

/** What the consumer learns of earlier attempts (`@forge/events` 3.0.8). */
export interface RetryContext {
  /** 1 for the first retry. */
  retryCount: number;
  retryReason: string;
  retryData?: unknown;
}

export type NextStep =
  | { type: 'done' }
  | { type: 'retry'; afterSeconds: number; context: RetryContext }
  | { type: 'dropped' };

/** What `InvocationError` of `@forge/events` serialises to. */
const retryRequestSchema = v.object({
  _retry: v.literal(true),
  retryOptions: v.optional(
    v.object({
      retryAfter: v.optional(v.number()),
      retryReason: v.optional(v.string(), 'FUNCTION_RETRY_REQUEST'),
      retryData: v.optional(v.unknown()),
    }),
    {},
  ),
});

/** After the consumer returned: done, unless it returned the request to be retried. */
export function afterReturn(answer: unknown, retries: number): NextStep {
  const request = v.safeParse(retryRequestSchema, answer);
  if (!request.success) return { type: 'done' };
  if (retries >= EVENT_RETRIES_MAX) return { type: 'dropped' };
  const { retryAfter, retryReason, retryData } = request.output.retryOptions;
  const dataBytes = Buffer.byteLength(JSON.stringify(retryData) ?? '');
  if (dataBytes > RETRY_DATA_BYTES_MAX) return { type: 'dropped' };
  return {
    type: 'retry',
    afterSeconds: Math.min(retryAfter ?? backoffSeconds(retries), RETRY_AFTER_SECONDS_MAX),
    context: {
      retryCount: retries + 1,
      retryReason,
      ...(retryData === undefined ? {} : { retryData }),
    },
  };
}

/** After the consumer threw, timed out or died: retried with growing waits, then dropped. */
export function afterFailure(error: unknown, retries: number): NextStep {
  if (retries >= EVENT_RETRIES_MAX) return { type: 'dropped' };
  const retryReason =
    error instanceof FunctionTimeout ? 'FUNCTION_TIME_OUT' : 'FUNCTION_PLATFORM_UNKNOWN_ERROR';
  const context = { retryCount: retries + 1, retryReason };
  return { type: 'retry', afterSeconds: backoffSeconds(retries), context };
}

function backoffSeconds(retries: number): number {
  return BACKOFF_SECONDS_FIRST * BACKOFF_FACTOR ** retries;
}
