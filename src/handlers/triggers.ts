/** The scheduled triggers: what happens without anybody asking for it. */

import { GroundworkError } from '../errors';
import { loadCatalogue } from '../index/catalogue';
import { finishErasures } from '../index/delete';
import { sweepGoldenQuestions } from '../index/golden-questions';
import { RETIRED_GRACE_MS, sweepRetired } from '../index/retire';
import { sweepOrphans } from '../jobs/orphans';
import { pacePlatform } from '../jobs/paced-platform';
import { clearJobs, pushOnJobs } from '../jobs/push-on';
import { CLEARING_SHARE } from '../jobs/shares';
import type { Platform } from '../platform/ports';

/** Every five minutes: jobs that have lost their events go on. */
export async function pushOn(platform: Platform): Promise<void> {
  await pushOnJobs(platform);
}

/**
 * Once a day: old jobs, what retired generations left, and what nothing names. The platform runs a
 * trigger once, so what fails in one part must not keep the others from their day; and it takes its
 * time, so that people who search meanwhile do not notice.
 */
export async function clearAway(unpaced: Platform): Promise<void> {
  const { platform } = pacePlatform(unpaced, CLEARING_SHARE);
  await attempt(platform, 'erasures', () => finishErasures(platform));
  await attempt(platform, 'jobs', () => clearJobs(platform));
  await attempt(platform, 'retired', () => sweepLibraries(platform));
  await attempt(platform, 'questions', () => sweepGoldenQuestions(platform));
  await attempt(platform, 'orphans', () => sweepOrphans(platform));
}

async function sweepLibraries(platform: Platform): Promise<void> {
  const { libraries } = await loadCatalogue(platform.entities);
  for (const { id } of libraries) {
    await attempt(platform, 'library', () =>
      sweepRetired(platform, id, { now: platform.clock(), graceMs: RETIRED_GRACE_MS }),
    );
  }
}

async function attempt(
  { log }: Platform,
  part: string,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const code = GroundworkError.isInstance(error) ? error.code : 'internal_error';
    log('clearing_failed', { part, code });
  }
}
