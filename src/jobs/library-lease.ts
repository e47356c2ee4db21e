/** The lease of a library: two jobs on one would do the same work, and one of them for nothing. */

import { createHash } from 'node:crypto';
import { loadCatalogue } from '../index/catalogue';
import { LEASE_ENTITY } from '../index/keys';
import { releaseLease, takeLease } from '../index/lease';
import type { EntityStore, Platform } from '../platform/ports';

/** A job that has not shown itself for so long may be taken over; longer than one function runs. */
export const LEASE_MS = 20 * 60 * 1_000;

/** By name and not by id: a library that two jobs are about to make has none yet. */
export function leaseKeyOf(libraryName: string): string {
  return createHash('sha256').update(libraryName).digest('hex').slice(0, 16);
}

/**
 * Lets go of the library, if the job has it; the lease of a library that is not there goes with it.
 * Should this fail, the lease ends by itself.
 */
export async function leaveLibrary(
  { entities, clock, log }: Pick<Platform, 'entities' | 'clock' | 'log'>,
  jobId: string,
  libraryName: string,
): Promise<void> {
  const key = leaseKeyOf(libraryName);
  try {
    const taken = await takeLease(entities, { key, holder: jobId, now: clock(), ttlMs: LEASE_MS });
    if (!taken.ok) return;
    await releaseLease(entities, { key, holder: jobId, token: taken.token });
    const { libraries } = await loadCatalogue(entities);
    if (libraries.every(({ name }) => name !== libraryName))
      await deleteLease(entities, libraryName);
  } catch {
    log('lease_not_released', { jobId });
  }
}

/** Forgets the lease of a library that is gone. */
export function deleteLease(entities: EntityStore, libraryName: string): Promise<void> {
  return entities.delete(LEASE_ENTITY, leaseKeyOf(libraryName));
}
