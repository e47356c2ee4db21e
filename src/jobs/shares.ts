/**
 * What jobs may use a minute of the 4,000 units either way that an installation has. There is one
 * coordinator and at most so many lanes, so together they leave half of the reads to those who
 * refine: 30 refinements a minute at 50 units are 1,500.
 */

import { meterEntities } from '../platform/metered-store';
import { paceStore } from '../platform/paced-store';
import type { Platform } from '../platform/ports';
import { LANES_MAX } from './events';
import type { Units } from './job-context';

export const COORDINATOR_SHARE = { readUnitsPerMinute: 1_600, writeUnitsPerMinute: 1_000 };
export const LANE_SHARE = { readUnitsPerMinute: 100, writeUnitsPerMinute: 400 };

/** The most that all jobs of an installation use a minute, bursts left aside. */
export const JOBS_SHARE = {
  readUnitsPerMinute:
    COORDINATOR_SHARE.readUnitsPerMinute + LANES_MAX * LANE_SHARE.readUnitsPerMinute,
  writeUnitsPerMinute:
    COORDINATOR_SHARE.writeUnitsPerMinute + LANES_MAX * LANE_SHARE.writeUnitsPerMinute,
};

/** A wait for the store that leaves less than this of the function is not begun. */
const MARGIN_MS = 20_000;

/**
 * The platform with a store that keeps to a share and waits out what passes, and what it has used.
 */
export function keepToShare(
  platform: Platform,
  share: typeof LANE_SHARE,
): { paced: Platform; used: () => Units } {
  const { clock, sleep, random, remainingTimeMs } = platform;
  const pace = { clock, sleep, random, remainingTimeMs, marginMs: MARGIN_MS, ...share };
  const store = paceStore(platform.kv, pace);
  const entities = meterEntities(platform.entities);
  return {
    paced: { ...platform, kv: store.kv, entities: entities.entities },
    used: () => ({
      read: store.used().readUnits + entities.used().readUnits,
      write: store.used().writeUnits + entities.used().writeUnits,
    }),
  };
}
