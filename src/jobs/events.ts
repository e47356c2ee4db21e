/** Events of jobs: which there are, what they carry, and how many may run side by side. */

import * as v from 'valibot';
import { GroundworkError } from '../errors';
import type { QueuedEvent } from '../platform/ports';
import { JOB_VERSION } from './job';

/** One coordinator an installation: it alone changes jobs, and its share of the quota is known. */
const COORDINATE = { key: 'coordinate', limit: 1 };
/** Lanes of all jobs of an installation that embed at one time. */
export const LANES_MAX = 4;
const EMBED = { key: 'embed', limit: LANES_MAX };

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const idSchema = v.pipe(v.string(), v.regex(/^[a-z0-9]{1,64}$/));

const coordinateSchema = v.object({
  step: v.literal('coordinate'),
  jobId: idSchema,
  /** The job's `nextLookAt` that this event stands for. */
  lookAt: v.optional(count),
});
const embedSchema = v.object({
  step: v.literal('embed'),
  jobId: idSchema,
  /** Id of the library that the records are written for. */
  library: idSchema,
  plan: count,
  round: count,
  lane: count,
  lanes: v.pipe(count, v.minValue(1)),
  deferred: count,
});

/** Asks for the rest of libraries that were deleted to be deleted. */
const eraseSchema = v.object({ step: v.literal('erase') });

/** What an event of this version asks for. */
export type Step =
  | v.InferOutput<typeof coordinateSchema>
  | v.InferOutput<typeof embedSchema>
  | v.InferOutput<typeof eraseSchema>;

const versionSchema = v.object({ v: v.literal(JOB_VERSION) });
const bodySchema = v.intersect([versionSchema, v.variant('step', [coordinateSchema, embedSchema])]);
/** All that an event of any version is expected to have. */
const anyVersionSchema = v.object({ jobId: idSchema });

const eventSchema = v.object({
  body: v.unknown(),
  eventId: v.string(),
  retryContext: v.optional(v.object({ retryCount: count })),
});

export interface ReceivedEvent {
  id: string;
  /** 0 for the first try. */
  attempt: number;
  step: Step;
}

/**
 * Reads an event. One of another version is taken as a nudge to look after its job, whose own
 * version then decides; undefined for what is no event of a job.
 */
export function parseEvent(event: unknown): ReceivedEvent | undefined {
  const parsed = v.safeParse(eventSchema, event);
  if (!parsed.success) return undefined;
  const { body, eventId, retryContext } = parsed.output;
  const at = { id: eventId, attempt: retryContext?.retryCount ?? 0 };
  const current = v.safeParse(bodySchema, body);
  if (current.success) return { ...at, step: current.output };
  const other = v.safeParse(anyVersionSchema, body);
  if (!other.success) return undefined;
  return { ...at, step: { step: 'coordinate', jobId: other.output.jobId } };
}

/** Asks the coordinator to look after a job. */
export function coordinateEvent(jobId: string): QueuedEvent {
  const body = { v: JOB_VERSION, step: 'coordinate', jobId };
  return { body, concurrency: COORDINATE };
}

/** The same later, at the time that the job's state will then say somebody looks. */
export function lookEvent(jobId: string, lookAt: number, delaySeconds: number): QueuedEvent {
  const { body, ...options } = coordinateEvent(jobId);
  return { body: { ...(body as object), lookAt }, ...options, ...delayed(delaySeconds) };
}

/** Starts a lane, or lets it go on. */
export function laneEvent(
  lane: Omit<v.InferOutput<typeof embedSchema>, 'step'>,
  delaySeconds = 0,
): QueuedEvent {
  const body = { v: JOB_VERSION, step: 'embed', ...lane };
  return { body, concurrency: EMBED, ...delayed(delaySeconds) };
}

/** Asks to go on with deletions; one at a time, beside no coordinator. */
export function eraseEvent(): QueuedEvent {
  return { body: { v: JOB_VERSION, step: 'erase' }, concurrency: COORDINATE };
}

function delayed(delaySeconds: number): { delaySeconds?: number } {
  return delaySeconds === 0 ? {} : { delaySeconds };
}

/**
 * Whether too many pushes descend from one call of a page, so that the platform takes no more of
 * them. It is no fault of a job: a scheduled trigger pushes it on, and begins a new chain.
 */
export function isChainEnd(error: unknown): boolean {
  return GroundworkError.isInstance(error) && error.code === 'queue_chain_limit';
}
