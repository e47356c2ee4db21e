/**
 * A lease: who works on something now, and until when. It spares work and nothing else: two jobs
 * that both believe they hold it, by a lost answer or a clock that is wrong, waste time, and the
 * publish's compare-and-set still lets one of them win. So a lease may be taken too early, and must
 * never be stuck.
 *
 * It is created once and never deleted, since its token only grows: whoever takes it gets the next
 * one, and what is done with an older token is refused.
 */

import * as v from 'valibot';
import { GroundworkError } from '../errors';
import type { EntityStore, JsonValue } from '../platform/ports';
import { corrupt } from './envelope';
import { LEASE_ENTITY } from './keys';

/** Others may take or renew in between; then it is looked at anew. */
const ATTEMPTS_MAX = 4;
/** A lease that ends later than so many times its length was given by a clock that is wrong. */
const LENGTHS_AHEAD_MAX = 2;

const bodySchema = v.object({
  holder: v.string(),
  /** Milliseconds since the epoch by the holder's clock; 0 when it was released. */
  expiresAt: v.number(),
});

type LeaseBody = v.InferOutput<typeof bodySchema>;
type Lease = LeaseBody & { token: number };

export interface LeaseRequest {
  /** What the lease is for, as a storage key. */
  key: string;
  /** Who asks, for example a job's id; asking again under the same name is always granted. */
  holder: string;
  /** Milliseconds since the epoch. */
  now: number;
  ttlMs: number;
}

export type LeaseOutcome =
  | { ok: true; token: number }
  | { ok: false; holder: string; expiresAt: number };

/** Takes the lease if nobody has it, or who has it let it expire. Errors: those of the store. */
export async function takeLease(
  entities: EntityStore,
  request: LeaseRequest,
): Promise<LeaseOutcome> {
  const { key, holder, now, ttlMs } = request;
  let last: LeaseBody = { holder: '', expiresAt: now };
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const found = await load(entities, key);
    if (found !== undefined && !isFree(found, request)) {
      return { ok: false, holder: found.holder, expiresAt: found.expiresAt };
    }
    const next = { token: (found?.token ?? 0) + 1, holder, expiresAt: now + ttlMs };
    if (await write(entities, key, found?.token, next)) return { ok: true, token: next.token };
    last = found ?? last;
  }
  return { ok: false, holder: last.holder, expiresAt: last.expiresAt };
}

/** Holds the lease for longer; false when somebody else has it. Errors: those of the store. */
export async function renewLease(
  entities: EntityStore,
  { token, ...request }: LeaseRequest & { token: number },
): Promise<boolean> {
  const { key, holder, now, ttlMs } = request;
  const found = await load(entities, key);
  if (found?.token !== token || found.holder !== holder) return false;
  // The token stays: who takes the lease raises it, so one that was taken meanwhile is not renewed.
  return write(entities, key, token, { token, holder, expiresAt: now + ttlMs });
}

/** Lets go of the lease; of one that somebody else has, nothing. Errors: those of the store. */
export async function releaseLease(
  entities: EntityStore,
  { key, holder, token }: Pick<LeaseRequest, 'key' | 'holder'> & { token: number },
): Promise<void> {
  const found = await load(entities, key);
  if (found?.token !== token || found.holder !== holder) return;
  await write(entities, key, token, { token, holder, expiresAt: 0 });
}

/** By the clock of who asks. */
function isFree({ holder, expiresAt }: LeaseBody, request: LeaseRequest): boolean {
  if (holder === request.holder || expiresAt <= request.now) return true;
  return expiresAt > request.now + LENGTHS_AHEAD_MAX * request.ttlMs;
}

async function load(entities: EntityStore, key: string): Promise<Lease | undefined> {
  const stored = await entities.get(LEASE_ENTITY, key);
  if (stored === undefined) return undefined;
  const token = stored['token'];
  if (typeof token !== 'number') throw corrupt(`lease ${key}`, 'no token');
  const body = v.safeParse(bodySchema, stored['body']);
  // Of a body that nobody can read, nobody can be the holder.
  return body.success ? { token, ...body.output } : { token, holder: '', expiresAt: 0 };
}

/** Writes over the token that was read, or creates; false when somebody else was faster. */
async function write(
  entities: EntityStore,
  key: string,
  found: number | undefined,
  { token, ...body }: Lease,
): Promise<boolean> {
  const value = { token, body: body as JsonValue };
  try {
    if (found === undefined) return await entities.create(LEASE_ENTITY, key, value);
    const condition = { attribute: 'token', equals: found };
    return await entities.transact([{ entity: LEASE_ENTITY, key, value, condition }]);
  } catch (error) {
    // The answer may have been lost after the write: the lease says who has it.
    const stored = isUnanswered(error) ? await load(entities, key) : undefined;
    const isOurs =
      stored?.token === token &&
      stored.holder === body.holder &&
      stored.expiresAt === body.expiresAt;
    if (isOurs) return true;
    throw error;
  }
}

function isUnanswered(error: unknown): boolean {
  return GroundworkError.isInstance(error) && error.code === 'store_unavailable';
}
