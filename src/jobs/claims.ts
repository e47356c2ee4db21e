/**
 * Who embeds a batch. A claim is made once under its key; a further one is made only after the last
 * is over, because its run has ended or its time has passed. So two events that meet at one batch
 * pay for it once, and a clock that is wrong can waste a call and do no other harm.
 */

import * as v from 'valibot';
import { corrupt } from '../index/envelope';
import type { KeyValueStore } from '../platform/ports';
import { claimKey, deliveryKey } from './job-keys';

const claimSchema = v.object({ event: v.string(), attempt: v.number(), until: v.number() });
type Claim = v.InferOutput<typeof claimSchema>;

export interface ClaimRequest {
  jobId: string;
  plan: number;
  batch: number;
  event: { id: string; attempt: number };
  now: number;
  /** When the run that claims is over at the latest. */
  until: number;
}

/** Claims a batch; answers the number of the claim, or undefined while somebody else has it. */
export async function claimBatch(
  kv: KeyValueStore,
  request: ClaimRequest,
): Promise<number | undefined> {
  const { jobId, plan, batch, event, now, until } = request;
  for (let number = 0; ; number += 1) {
    const key = claimKey(jobId, plan, batch, number);
    const isMine = await kv.create(key, { event: event.id, attempt: event.attempt, until });
    if (isMine) return number;
    if (!isClaimOver(parseClaim(key, await kv.get(key)), event, now)) return undefined;
  }
}

/** Gives a claim up, so that the next event need not wait until its time has passed. */
export async function releaseClaim(
  kv: KeyValueStore,
  { jobId, plan, batch, event }: Omit<ClaimRequest, 'now' | 'until'>,
  number: number,
): Promise<void> {
  const key = claimKey(jobId, plan, batch, number);
  await kv.set(key, { event: event.id, attempt: event.attempt, until: 0 });
}

/**
 * Whether the run that made it has ended: by its time, or because its event is being tried again.
 */
function isClaimOver(claim: Claim, event: ClaimRequest['event'], now: number): boolean {
  if (claim.until <= now) return true;
  return claim.event === event.id && claim.attempt < event.attempt;
}

function parseClaim(key: string, value: unknown): Claim {
  const result = v.safeParse(claimSchema, value);
  if (result.success) return result.output;
  throw corrupt(key, 'not a claim');
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
