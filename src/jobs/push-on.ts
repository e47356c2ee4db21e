/**
 * What scheduled triggers do for jobs. Events are dropped after some retries, or after a day, so a
 * job must never depend on one of them: every five minutes those that show no sign of life are
 * pushed on, and once a day those that nobody comes back to are cleared away.
 */

import { GroundworkError } from '../errors';
import type { Platform } from '../platform/ports';
import { cleanUpJob } from './clean-up-job';
import { coordinateEvent } from './events';
import { awaitsCleaning, isOver, type JobState } from './job';
import {
  failOutdatedJob,
  forgetJob,
  listJobIds,
  loadJob,
  type StoredJob,
  saveJob,
} from './job-store';

/** A job that nobody has written for so long, and that is due, has lost its event. */
const SILENT_MS = 4 * 60 * 1_000;
/** Jobs are kept for a week; what a job waits for is not waited for longer. */
const KEPT_MS = 7 * 24 * 60 * 60 * 1_000;
/** A page that was left while documents were staged does not come back after a day. */
const STAGING_MS = 24 * 60 * 60 * 1_000;

/** Pushes on jobs that have lost their events; answers how many. */
export async function pushOnJobs(platform: Platform): Promise<number> {
  const { queue, clock } = platform;
  let pushed = 0;
  for (const jobId of await listJobIds(platform.kv)) {
    const job = await readable(platform, jobId);
    if (job === undefined || !needsPush(job.state, clock())) continue;
    // One that is over and not clean was ended by a person while nobody was working on it.
    const { body, ...options } = coordinateEvent(jobId);
    await queue.push(body, options);
    pushed += 1;
  }
  if (pushed > 0) platform.log('jobs_pushed_on', { jobs: pushed });
  return pushed;
}

function needsPush(state: JobState, now: number): boolean {
  if (awaitsCleaning(state)) return now - state.updatedAt > SILENT_MS;
  if (state.state !== 'queued' && state.state !== 'running') return false;
  const isHeld = state.holder !== null && state.holder.until > now;
  return !isHeld && now - Math.max(state.updatedAt, state.nextLookAt) > SILENT_MS;
}

/** Clears away jobs of more than a week and what others may have left; answers how many went. */
export async function clearJobs(platform: Platform): Promise<number> {
  let cleared = 0;
  for (const jobId of await listJobIds(platform.kv)) {
    const job = await readable(platform, jobId);
    if (job === undefined) {
      await forgetJob(platform, jobId);
      continue;
    }
    if (await clearJob(platform, job)) cleared += 1;
  }
  return cleared;
}

/** True when the job was forgotten. */
async function clearJob(platform: Platform, job: StoredJob): Promise<boolean> {
  const { entities, clock } = platform;
  const age = clock() - job.state.updatedAt;
  const isAbandoned = job.state.state === 'staging' ? age > STAGING_MS : age > KEPT_MS;
  let { state } = job;
  if (!isOver(state)) {
    if (!isAbandoned) return false;
    state = { ...state, state: 'cancelled', isClean: false };
    // Whoever still works on it has written since, and it is not abandoned.
    if ((await saveJob(entities, job, state)) === undefined) return false;
  }
  // A failed job keeps what it has embedded as long as it can be resumed.
  if (state.state === 'failed' && !isAbandoned) return false;
  const ended = state.state === 'failed' ? { ...state, state: 'cancelled' as const } : state;
  // Also of a job that is clean: a lane may have written after its job was cleared away.
  await cleanUpJob(platform, job.jobId, ended);
  if (!isAbandoned) return false;
  await forgetJob(platform, job.jobId);
  return true;
}

async function readable(platform: Platform, jobId: string): Promise<StoredJob | undefined> {
  try {
    return await loadJob(platform.entities, jobId);
  } catch (error) {
    if (!GroundworkError.isInstance(error) || error.code !== 'job_outdated') throw error;
    await failOutdatedJob(platform.entities, jobId, platform.clock(), error);
    return loadJob(platform.entities, jobId);
  }
}
