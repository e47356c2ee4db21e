/**
 * A job: what it was asked to do and how far it has come. Its state is one custom entity, changed
 * only by a transaction conditioned on a token that grows with every write, so whoever writes from
 * an older reading is refused (fencing). docs/reliability.md tells the whole story.
 */

import * as v from 'valibot';
import { fingerprintSchema } from '../index/catalogue';

/**
 * Version of this state and of the events. A job of another version ends with `job_outdated`: an
 * update of the app in mid-job must neither guess at an old state nor leave the job hanging.
 */
export const JOB_VERSION = 1;

/** Times a job plans, because others published first, until it says so and ends. */
export const PLANS_MAX = 6;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const requestSchema = v.object({
  kind: v.picklist(['index', 'import']),
  library: v.string(),
  /** Null keeps the library's assignment; a new library is then for all projects. */
  projects: v.nullable(v.union([v.literal('all'), v.array(v.string())])),
  embedder: v.nullable(v.string()),
  dimensions: v.nullable(v.number()),
  /** Also delete the library's documents that were not given. */
  sync: v.boolean(),
  /** Allow another fingerprint than the live one: everything is embedded anew. */
  rebuild: v.boolean(),
});

/** What a job was asked to do. */
export type JobRequest = v.InferOutput<typeof requestSchema>;

const tokensSchema = v.object({ count, measured: v.boolean() });
const unitsSchema = v.object({ read: count, write: count });

const refusedSchema = v.object({ document: v.string(), code: v.string(), message: v.string() });

/** A document that was not taken, and why. */
export type RefusedDocument = v.InferOutput<typeof refusedSchema>;

/** One planning: each begins from the generation that is live then. */
const planSchema = v.object({
  /** Generation of the library that the plan starts from; 0 for one that is not there yet. */
  generation: count,
  /** Id of the library that its records stand under. */
  library: v.string(),
  /** Bytes of the parts of each page. */
  pages: v.array(v.array(count)),
  /** Of each batch: its chunks, then the bytes of its parts. */
  batches: v.array(v.array(count)),
  /** Chunks that await a vector, counted through all batches. */
  toEmbed: count,
  /** What its vectors come from: those that an earlier plan got from another are of no use. */
  modelId: v.string(),
});

export type JobPlan = v.InferOutput<typeof planSchema>;

const stateSchema = v.object({
  version: v.literal(JOB_VERSION),
  request: requestSchema,
  state: v.picklist([
    'staging',
    'queued',
    'running',
    'planned',
    'paused',
    'done',
    'failed',
    'cancelled',
  ]),
  phase: v.picklist(['stage', 'plan', 'embed', 'seal', 'publish', 'sweep', 'done']),
  /** Stop after planning and wait until somebody has seen what it costs. */
  confirm: v.boolean(),
  /** Calls by which documents were staged. */
  calls: count,
  createdAt: count,
  updatedAt: count,
  /** The run that works on the job: its event, which try of it, and its end at the latest. */
  holder: v.nullable(v.object({ event: v.string(), attempt: count, until: count })),
  /** When the next event that looks after the job is due; it spares pushing one more. */
  nextLookAt: count,
  /** What the vectors depend on besides the texts; known when planning starts. */
  fingerprint: v.nullable(fingerprintSchema),
  plans: v.array(planSchema),
  /** The next plan begins even if the last one fits what is live: other documents were given. */
  mustPlan: v.boolean(),
  /** Plans after which the job gives up on being first to publish. */
  plansMax: count,
  /** Where the planning goes on: documents given that are planned, then documents kept. */
  planned: count,
  isPlanComplete: v.boolean(),
  /** Times that a person has let the job go on after it had stopped. */
  resumed: count,
  /** Fan-out of the embedding; a new round replaces lanes that have died. */
  round: count,
  /** When the lanes of this round were pushed; 0 until they are. */
  lanesAt: count,
  /** When a batch ended last. */
  embeddedAt: count,
  embedStartedAt: count,
  documents: v.object({
    total: count,
    indexed: count,
    unchanged: count,
    deleted: count,
    refused: count,
  }),
  chunks: v.object({ total: count, reused: count, toEmbed: count, embedded: count }),
  /** Chunks and tokens that the provider has charged, in all plans. */
  chunksCharged: count,
  tokens: tokensSchema,
  /** Tokens and bytes of the texts that await a vector, by estimate. */
  tokensPlanned: count,
  textBytesPlanned: count,
  refused: v.array(refusedSchema),
  /** Units that coordinating took, and those of the lanes of all plans. */
  units: unitsSchema,
  laneUnits: unitsSchema,
  /** What lanes had used before the current plan. */
  spentBefore: v.object({ chunks: count, tokens: tokensSchema, units: unitsSchema }),
  /** Times that another job published first and this one planned again. */
  overtaken: count,
  /** Bytes of the parts of what sealing left for publishing; none before. */
  sealed: v.array(count),
  /** Runs in a row that ended without getting anywhere. */
  failures: count,
  /** Why nothing moves at the moment, for the admin. */
  waiting: v.nullable(v.string()),
  error: v.nullable(v.object({ code: v.string(), message: v.string() })),
  /** Published generation, and the chunks the library has with it. */
  generation: count,
  chunksLive: count,
  /** Whether everything the job wrote for itself is deleted. */
  isClean: v.boolean(),
});

export type JobState = v.InferOutput<typeof stateSchema>;

/** Errors of the fields, or the state. */
export function parseJobState(body: unknown): JobState | undefined {
  const result = v.safeParse(stateSchema, body);
  return result.success ? result.output : undefined;
}

/** Whether nothing will ever happen to the job again unless an admin resumes it. */
export function isOver({ state }: Pick<JobState, 'state'>): boolean {
  return state === 'done' || state === 'failed' || state === 'cancelled';
}

/**
 * Whether all that is left to do is to delete what the job wrote for itself. A failed job keeps it,
 * as it may be resumed.
 */
export function awaitsCleaning({ state, isClean }: JobState): boolean {
  return (state === 'done' || state === 'cancelled') && !isClean;
}

/** A job that waits for its documents. */
export function newJobState(request: JobRequest, now: number): JobState {
  return {
    version: JOB_VERSION,
    request,
    state: 'staging',
    phase: 'stage',
    confirm: false,
    calls: 0,
    createdAt: now,
    updatedAt: now,
    holder: null,
    nextLookAt: 0,
    fingerprint: null,
    plans: [],
    mustPlan: false,
    plansMax: PLANS_MAX,
    planned: 0,
    isPlanComplete: false,
    resumed: 0,
    round: 0,
    lanesAt: 0,
    embeddedAt: 0,
    embedStartedAt: 0,
    documents: { total: 0, indexed: 0, unchanged: 0, deleted: 0, refused: 0 },
    chunks: { total: 0, reused: 0, toEmbed: 0, embedded: 0 },
    chunksCharged: 0,
    tokens: { count: 0, measured: true },
    tokensPlanned: 0,
    textBytesPlanned: 0,
    refused: [],
    units: { read: 0, write: 0 },
    laneUnits: { read: 0, write: 0 },
    spentBefore: {
      chunks: 0,
      tokens: { count: 0, measured: true },
      units: { read: 0, write: 0 },
    },
    overtaken: 0,
    sealed: [],
    failures: 0,
    waiting: null,
    error: null,
    generation: 0,
    chunksLive: 0,
    isClean: false,
  };
}
