/** The lease of a library: two jobs on one would do the same work, and one of them for nothing. */

import { createHash } from 'node:crypto';
import { releaseLease, takeLease } from '../index/lease';
import type { Platform } from '../platform/ports';

/** A job that has not shown itself for so long may be taken over; longer than one function runs. */
export const LEASE_MS = 20 * 60 * 1_000;

/** By name and not by id: a library that two jobs are about to make has none yet. */
export function leaseKeyOf(libraryName: string): string {
  return createHash('sha256').update(libraryName).digest('hex').slice(0, 16);
}

/** Lets go of the library, if the job has it. Should this fail, the lease ends by itself. */
export async function releaseLibrary(
  { entities, clock, log }: Pick<Platform, 'entities' | 'clock' | 'log'>,
  jobId: string,
  libraryName: string,
): Promise<void> {
  const lease = { key: leaseKeyOf(libraryName), holder: jobId, now: clock(), ttlMs: LEASE_MS };
  try {
    const taken = await takeLease(entities, lease);
    if (taken.ok) await releaseLease(entities, { ...lease, token: taken.token });
  } catch {
    log('lease_not_released', { jobId });
  }
}
