/** Decides what becomes of an event when its consumer has run. */
import * as v from 'valibot';
import { FunctionTimeout } from '../errors';
import type { DropReason, RetryContext } from './event';
import {
  BACKOFF_FACTOR,
  BACKOFF_SECONDS_FIRST,
  BACKOFF_SECONDS_MAX,
  RETRY_AFTER_SECONDS_MAX,
  RETRY_DATA_BYTES_MAX,
} from './event-limits';

export type NextStep =
  | { type: 'done' }
  | { type: 'retry'; afterSeconds: number; context: RetryContext }
  | { type: 'dropped'; reason: DropReason };

/** How often the event was retried before this delivery, and how often it may be. */
export interface Attempt {
  retries: number;
  retriesMax: number;
}

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
export function afterReturn(answer: unknown, { retries, retriesMax }: Attempt): NextStep {
  const request = v.safeParse(retryRequestSchema, answer);
  if (!request.success) return { type: 'done' };
  if (retries >= retriesMax) return { type: 'dropped', reason: 'retries_used' };
  const { retryAfter, retryReason, retryData } = request.output.retryOptions;
  const dataBytes = Buffer.byteLength(JSON.stringify(retryData) ?? '');
  if (dataBytes > RETRY_DATA_BYTES_MAX) {
    return { type: 'dropped', reason: 'retry_data_too_large' };
  }
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
export function afterFailure(error: unknown, { retries, retriesMax }: Attempt): NextStep {
  if (retries >= retriesMax) return { type: 'dropped', reason: 'retries_used' };
  const retryReason =
    error instanceof FunctionTimeout ? 'FUNCTION_TIME_OUT' : 'FUNCTION_PLATFORM_UNKNOWN_ERROR';
  const context = { retryCount: retries + 1, retryReason };
  return { type: 'retry', afterSeconds: backoffSeconds(retries), context };
}

function backoffSeconds(retries: number): number {
  return Math.min(BACKOFF_SECONDS_FIRST * BACKOFF_FACTOR ** retries, BACKOFF_SECONDS_MAX);
}
