/**
 * What jobs may use a minute of the 4,000 units either way that an installation has. There is one
 * coordinator and at most so many lanes, so together they leave half of the reads to those who
 * refine: 30 refinements a minute at 50 units are 1,500.
 */

import { LANES_MAX } from './events';

export const COORDINATOR_SHARE = { readUnitsPerMinute: 1_600, writeUnitsPerMinute: 1_000 };
export const LANE_SHARE = { readUnitsPerMinute: 100, writeUnitsPerMinute: 400 };

/** Of the daily clearing away, which may run beside jobs. */
export const CLEARING_SHARE = { readUnitsPerMinute: 400, writeUnitsPerMinute: 400 };

/** The most that all jobs of an installation use a minute, bursts left aside. */
export const JOBS_SHARE = {
  readUnitsPerMinute:
    COORDINATOR_SHARE.readUnitsPerMinute + LANES_MAX * LANE_SHARE.readUnitsPerMinute,
  writeUnitsPerMinute:
    COORDINATOR_SHARE.writeUnitsPerMinute + LANES_MAX * LANE_SHARE.writeUnitsPerMinute,
};
