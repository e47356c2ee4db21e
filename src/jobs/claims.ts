/**
 * Who embeds a batch. A claim is made once under its key; a further one is made only after the last
 * is over, because its run has ended or let go of it, or its time has passed. So two events that
 * meet at one batch pay for it once; a clock that is wrong can waste a call and do no other harm.
 */

import * as v from 'valibot';
import { GroundworkError } from '../errors';
import { corrupt } from '../index/envelope';
import type { KeyValueStore } from '../platform/ports';
import { claimKey, deliveryKey } from './job-keys';

/** Claims of one batch that a job may ever come to. */
export const CLAIMS_MAX = 256;
/** Runs in a row that were ended before they came to the end of a batch. */
const DEATHS_MAX = 12;

const claimSchema = v.object({
  event: v.string(),
  attempt: v.number(),
  /** When the run is over at the latest; 0 when it has let go. */
  until: v.number(),
  /** Times that the job had been resumed. */
  resumed: v.number(),
  /** Whether the run stored no record under it. */
  isEmpty: v.boolean(),
});
type StoredClaim = v.InferOutput<typeof claimSchema>;

export interface BatchPlace {
  jobId: string;
  plan: number;
  batch: number;
}

export interface ClaimRequest extends BatchPlace {
  event: { id: string; attempt: number };
  now: number;
  /** When the run that claims is over at the latest. */
  until: number;
  /** Times that the job has been resumed: each gives a batch new chances. */
  resumed: number;
}

export interface Claim {
  number: number;
  /** Earlier claims under which there may be records. */
  before: number[];
}

/**
 * Claims a batch; undefined while somebody else has it.
 * Errors: `indexing_out_of_time` when no run comes to the end of this batch.
 */
export async function claimBatch(
  kv: KeyValueStore,
  request: ClaimRequest,
): Promise<Claim | undefined> {
  const { event, now, until, resumed } = request;
  const before: number[] = [];
  let deaths = 0;
  for (let number = 0; number < CLAIMS_MAX && deaths < DEATHS_MAX; number += 1) {
    const key = keyOf(request, number);
    const claim = { event: event.id, attempt: event.attempt, until, resumed, isEmpty: false };
    if (await kv.create(key, claim satisfies StoredClaim)) return { number, before };
    const value = await kv.get(key);
    // Whoever deletes claims has ended the job.
    if (value === undefined) return undefined;
    const found = parseClaim(key, value);
    if (!isOver(found, event, now)) return undefined;
    if (!found.isEmpty) before.push(number);
    deaths = found.until === 0 || found.resumed !== resumed ? 0 : deaths + 1;
  }
  throw neverEnded(request);
}

/** Lets go of a batch before the run's time has passed, so that another may take it at once. */
export async function releaseClaim(
  kv: KeyValueStore,
  request: ClaimRequest,
  { number, isEmpty }: { number: number; isEmpty: boolean },
): Promise<void> {
  const { event, resumed } = request;
  const claim = { event: event.id, attempt: event.attempt, until: 0, resumed, isEmpty };
  await kv.set(keyOf(request, number), claim satisfies StoredClaim);
}

/** Whether the run that made it has ended: by its time, or as its event is being tried again. */
function isOver(claim: StoredClaim, event: ClaimRequest['event'], now: number): boolean {
  if (claim.until <= now) return true;
  return claim.event === event.id && claim.attempt < event.attempt;
}

function keyOf({ jobId, plan, batch }: BatchPlace, number: number): string {
  return claimKey(jobId, plan, batch, number);
}

function parseClaim(key: string, value: unknown): StoredClaim {
  const result = v.safeParse(claimSchema, value);
  if (result.success) return result.output;
  throw corrupt(key, 'not a claim');
}

function neverEnded({ jobId, batch }: ClaimRequest): GroundworkError {
  return new GroundworkError({
    code: 'indexing_out_of_time',
    message: `job ${jobId}: ${DEATHS_MAX} runs in a row were ended before they had embedded batch ${batch}; what was embedded is kept. Resume the job, or give fewer documents at a time`,
    facts: { jobId, batch, runs: DEATHS_MAX },
  });
}

/**
 * True for the first delivery of a try of an event, false for every further one: what a queue
 * delivers twice is worked on once, and a later try may take what an earlier one had claimed.
 */
export function beginDelivery(
  kv: KeyValueStore,
  jobId: string,
  event: { id: string; attempt: number },
): Promise<boolean> {
  return kv.create(deliveryKey(jobId, event.id, event.attempt), true, {
    ttl: { value: 2, unit: 'DAYS' },
  });
}
