/** Checks requests as the queue service does, on the bodies that `@forge/events` 3.0.8 sends. */
import * as v from 'valibot';
import {
  CONSUMER_TIMEOUT_SECONDS_DEFAULT,
  EVENT_DELAY_SECONDS_MAX,
  EVENT_LONG_CONSUMER_BYTES_MAX,
  EVENT_PUSH_BYTES_MAX,
  EVENTS_PER_PUSH_MAX,
} from '../../src/platform/limits';
import type { ConsumerDeclaration } from '../app-manifest';
import { errorResponse, jsonResponse } from '../runtime/responses';

const eventSchema = v.object({
  body: v.record(v.string(), v.unknown()),
  delayInSeconds: v.exactOptional(
    v.pipe(v.number(), v.minValue(0), v.maxValue(EVENT_DELAY_SECONDS_MAX)),
  ),
  concurrency: v.exactOptional(
    v.object({
      key: v.pipe(v.string(), v.minLength(1)),
      limit: v.pipe(v.number(), v.integer(), v.minValue(1)),
    }),
  ),
});

const pushSchema = v.object({
  queueName: v.string(),
  jobId: v.string(),
  payload: v.pipe(v.array(eventSchema), v.minLength(1)),
});

export type PushedEvent = v.InferOutput<typeof eventSchema>;

/** A push that the service takes, wholly or in part, or the answer that refuses it. */
export type PushVerdict =
  | {
      consumer: ConsumerDeclaration;
      jobId: string;
      accepted: PushedEvent[];
      refused: { index: string; errorMessage: string }[];
    }
  | { refusal: Response };

const jobSchema = v.object({ queueName: v.string(), jobId: v.string() });

/** The job that a request of statistics or cancelling names. */
export function namedJob(body: string): { queueName: string; jobId: string } | undefined {
  const parsed = v.safeParse(jobSchema, parseJson(body));
  return parsed.success ? parsed.output : undefined;
}

/** Judges one push by everything that does not depend on earlier pushes. */
export function judgePush(body: string, consumers: readonly ConsumerDeclaration[]): PushVerdict {
  const parsed = v.safeParse(pushSchema, parseJson(body));
  if (!parsed.success) {
    return { refusal: errorResponse(400, 'INVALID_REQUEST', v.summarize(parsed.issues)) };
  }
  const { queueName, jobId, payload } = parsed.output;
  const consumer = consumers.find((candidate) => candidate.queue === queueName);
  if (consumer === undefined) {
    const message = `no consumer of the app manifest takes queue ${queueName}`;
    return { refusal: errorResponse(400, 'INVALID_QUEUE', message) };
  }
  if (payload.length > EVENTS_PER_PUSH_MAX) {
    const message = `a push carries at most ${EVENTS_PER_PUSH_MAX} events`;
    return { refusal: errorResponse(400, 'TOO_MANY_EVENTS', message) };
  }
  if (Buffer.byteLength(JSON.stringify(payload)) > EVENT_PUSH_BYTES_MAX) {
    return { refusal: tooBig(`a push carries at most ${EVENT_PUSH_BYTES_MAX} bytes`) };
  }
  return byConsumer(consumer, jobId, payload);
}

/** A consumer with a long timeout takes smaller events; the others of the push still go through. */
function byConsumer(
  consumer: ConsumerDeclaration,
  jobId: string,
  payload: readonly PushedEvent[],
): PushVerdict {
  const isLong = consumer.timeoutSeconds > CONSUMER_TIMEOUT_SECONDS_DEFAULT;
  const bytesMax = isLong ? EVENT_LONG_CONSUMER_BYTES_MAX : EVENT_PUSH_BYTES_MAX;
  const errorMessage = `an event of queue ${consumer.queue} carries at most ${bytesMax} bytes`;
  const accepted: PushedEvent[] = [];
  const refused: { index: string; errorMessage: string }[] = [];
  for (const [index, event] of payload.entries()) {
    if (Buffer.byteLength(JSON.stringify(event)) <= bytesMax) accepted.push(event);
    else refused.push({ index: String(index), errorMessage });
  }
  if (accepted.length === 0) return { refusal: tooBig(errorMessage) };
  return { consumer, jobId, accepted, refused };
}

function tooBig(errorMessage: string): Response {
  return jsonResponse(413, { errorMessage });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
