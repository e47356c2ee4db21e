/** The scheduled triggers: what happens without anybody asking for it. */

import { loadCatalogue } from '../index/catalogue';
import { finishErasures } from '../index/delete';
import { RETIRED_GRACE_MS, sweepRetired } from '../index/retire';
import { sweepOrphans } from '../jobs/orphans';
import { clearJobs, pushOnJobs } from '../jobs/push-on';
import { COORDINATOR_SHARE, keepToShare } from '../jobs/shares';
import type { Platform } from '../platform/ports';

/** Every five minutes: jobs that have lost their events go on. */
export async function pushOn(platform: Platform): Promise<void> {
  await pushOnJobs(platform);
}

/** Once a day: old jobs, what retired generations left, and what nothing names. */
export async function clearAway(unpaced: Platform): Promise<void> {
  const { paced: platform } = keepToShare(unpaced, COORDINATOR_SHARE);
  await finishErasures(platform);
  await clearJobs(platform);
  const { libraries } = await loadCatalogue(platform.entities);
  for (const { id } of libraries) {
    await sweepRetired(platform, id, { now: platform.clock(), graceMs: RETIRED_GRACE_MS });
  }
  await sweepOrphans(platform);
}
