/**
 * Async events on Forge, by means of @forge/events. The only file that imports it. Platform errors
 * become GroundworkErrors: `queue_throttled` (retryable) for a 429, `queue_chain_limit` when too
 * many pushes descend from one invocation, `queue_payload_too_large`, and `queue_failed` for the
 * rest, retryable unless the platform says that the request itself is wrong.
 */

import {
  InternalServerError,
  InvalidPushSettingsError,
  InvocationLimitReachedError,
  PartialSuccessError,
  PayloadTooBigError,
  type PushEvent,
  Queue,
  RateLimitError,
} from '@forge/events';
import { GroundworkError } from '../errors';
import { EVENT_DELAY_SECONDS_MAX, EVENT_PUSH_BYTES_MAX, EVENTS_PER_PUSH_MAX } from './limits';
import type { EventQueue, QueuedEvent } from './ports';

/** The queue of that key in manifest.yml. */
export function createForgeQueue(key: string): EventQueue {
  const queue = new Queue({ key });
  const push = async (events: PushEvent[]) => {
    try {
      await queue.push(events);
    } catch (error) {
      throw translate(key, error);
    }
  };
  return {
    push: (body, options) => push([toPushEvent({ body, ...options })]),
    async pushAll(events) {
      for (const group of groupsOf(events.map(toPushEvent))) await push(group);
    },
  };
}

function toPushEvent({ body, delaySeconds, concurrency }: QueuedEvent): PushEvent {
  return {
    body,
    ...(delaySeconds === undefined ? {} : { delayInSeconds: delaySeconds }),
    ...(concurrency === undefined ? {} : { concurrency }),
  };
}

/** In order, each group within one push; an event too large for any stands alone. */
function groupsOf(events: readonly PushEvent[]): PushEvent[][] {
  const groups: PushEvent[][] = [];
  let bytes = 0;
  for (const event of events) {
    // The event and the comma or bracket that follows it in the JSON array.
    const added = Buffer.byteLength(JSON.stringify(event)) + 1;
    const group = groups.at(-1);
    const fits = bytes + added <= EVENT_PUSH_BYTES_MAX;
    if (group !== undefined && fits && group.length < EVENTS_PER_PUSH_MAX) {
      group.push(event);
      bytes += added;
    } else {
      groups.push([event]);
      bytes = 1 + added;
    }
  }
  return groups;
}

/** An error that is no answer of the queue, such as the end of the function, stays what it is. */
function translate(queue: string, error: unknown): unknown {
  if (error instanceof RateLimitError) {
    return new GroundworkError({
      code: 'queue_throttled',
      message: `queue ${queue}: the events of this minute are spent; try again in a minute`,
      facts: { queue },
      retryable: true,
      retryAfterMs: 60_000,
      cause: error,
    });
  }
  if (error instanceof InvocationLimitReachedError) {
    return new GroundworkError({
      code: 'queue_chain_limit',
      message: `queue ${queue}: too many pushes descend from one call; go on from a new call`,
      facts: { queue },
      cause: error,
    });
  }
  if (error instanceof PayloadTooBigError) {
    return new GroundworkError({
      code: 'queue_payload_too_large',
      message: `queue ${queue}: an event is too large; put its data into storage and push the key`,
      facts: { queue },
      cause: error,
    });
  }
  return failed(queue, error);
}

function failed(queue: string, error: unknown): unknown {
  const fact = failureOf(error);
  if (fact === undefined) return error;
  const { found, retryable, ...facts } = fact;
  const remedy = retryable ? 'try again' : 'this is a fault of the app, report it with this line';
  return new GroundworkError({
    code: 'queue_failed',
    message: `queue ${queue}: the platform ${found}; ${remedy}`,
    facts: { queue, ...facts },
    retryable,
    cause: error,
  });
}

interface Failure {
  found: string;
  retryable: boolean;
  status?: number;
  refused?: number;
}

function failureOf(error: unknown): Failure | undefined {
  // What fetch throws when no answer came at all.
  if (error instanceof TypeError) return { found: 'did not answer', retryable: true };
  if (error instanceof PartialSuccessError) {
    const refused = error.failedEvents.length;
    return { found: `took all but ${refused} events`, retryable: true, refused };
  }
  if (error instanceof InternalServerError) {
    // The package keeps the status nowhere but in front of its message.
    const status = Number.parseInt(error.message, 10);
    return { found: `answered ${status}`, retryable: status >= 500, status };
  }
  if (error instanceof InvalidPushSettingsError) {
    return { found: `takes delays up to ${EVENT_DELAY_SECONDS_MAX} s only`, retryable: false };
  }
  return undefined;
}
