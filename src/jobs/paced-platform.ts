/** A platform whose store keeps to a share of the quotas, and what has been used of it. */

import { meterEntities } from '../platform/metered-store';
import { paceStore } from '../platform/paced-store';
import type { Platform } from '../platform/ports';
import type { Units } from './job-context';
import type { LANE_SHARE } from './shares';

/** A wait for the store that leaves less than this is not begun. */
const MARGIN_MS = 20_000;

export function pacePlatform(
  platform: Platform,
  share: typeof LANE_SHARE,
): { platform: Platform; used: () => Units } {
  const { clock, sleep, random, remainingTimeMs } = platform;
  const pace = { clock, sleep, random, remainingTimeMs, marginMs: MARGIN_MS, ...share };
  const store = paceStore(platform.kv, pace);
  const metered = meterEntities(platform.entities);
  return {
    platform: { ...platform, kv: store.kv, entities: metered.entities },
    used: () => ({
      read: store.used().readUnits + metered.used().readUnits,
      write: store.used().writeUnits + metered.used().writeUnits,
    }),
  };
}
