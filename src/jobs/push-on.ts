/**
 * What scheduled triggers do for jobs. Events are dropped after some retries, or after a day, so a
 * job must never depend on one of them: every five minutes those that show no sign of life are
 * pushed on, and once a day those that nobody comes back to are cleared away.
 */

import * as v from 'valibot';
import { GroundworkError } from '../errors';
import { jobKey } from '../index/keys';
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
  const pushed = await eachJob(platform, async (jobId) => {
    const job = await readable(platform, jobId);
    if (job === undefined || !needsPush(job.state, platform.clock())) return false;
    const { body, ...options } = coordinateEvent(jobId);
    await platform.queue.push(body, options);
    return true;
  });
  if (pushed > 0) platform.log('jobs_pushed_on', { jobs: pushed });
  return pushed;
}

/** Clears away jobs of more than a week and what others may have left; answers how many went. */
export function clearJobs(platform: Platform): Promise<number> {
  return eachJob(platform, async (jobId) => {
    const job = await readable(platform, jobId);
    return job === undefined ? forgetName(platform, jobId) : clearJob(platform, job);
  });
}

/** Goes through all jobs, and counts for how many the work says true. No job stops the others. */
async function eachJob(
  platform: Platform,
  work: (jobId: string) => Promise<boolean>,
): Promise<number> {
  let count = 0;
  for (const jobId of await listJobIds(platform.kv)) {
    try {
      if (await work(jobId)) count += 1;
    } catch (error) {
      const code = GroundworkError.isInstance(error) ? error.code : 'internal_error';
      platform.log('job_left_for_later', { jobId, code });
    }
  }
  return count;
}

function needsPush(state: JobState, now: number): boolean {
  if (awaitsCleaning(state)) return now - state.updatedAt > SILENT_MS;
  if (state.state !== 'queued' && state.state !== 'running') return false;
  const isHeld = state.holder !== null && state.holder.until > now;
  return !isHeld && now - Math.max(state.updatedAt, state.nextLookAt) > SILENT_MS;
}

/** Forgets a name without a job, unless the job is just being made. */
async function forgetName(platform: Platform, jobId: string): Promise<boolean> {
  const named = v.safeParse(
    v.object({ createdAt: v.number() }),
    await platform.kv.get(jobKey(jobId)),
  );
  if (named.success && platform.clock() - named.output.createdAt < STAGING_MS) return false;
  await forgetJob(platform, jobId);
  return true;
}

/** True when the job was forgotten. */
async function clearJob(platform: Platform, job: StoredJob): Promise<boolean> {
  const { entities, clock } = platform;
  const age = clock() - job.state.updatedAt;
  const isAbandoned = job.state.state === 'staging' ? age > STAGING_MS : age > KEPT_MS;
  let { state } = job;
  if (isAbandoned && state.state !== 'done' && state.state !== 'cancelled') {
    state = { ...state, state: 'cancelled', isClean: false };
    // Whoever still works on it, or resumes it now, has written since, and it is not abandoned.
    if ((await saveJob(entities, job, state)) === undefined) return false;
  }
  // A failed job keeps what it has embedded as long as it can be resumed.
  if (!isOver(state) || (state.state === 'failed' && !state.isClean)) return false;
  // Also of a job that is clean: a lane may have written after its job was cleared away.
  await cleanUpJob(platform, job.jobId, state);
  if (isAbandoned) await forgetJob(platform, job.jobId);
  return isAbandoned;
}

async function readable(platform: Platform, jobId: string): Promise<StoredJob | undefined> {
  try {
    return await loadJob(platform.entities, jobId);
  } catch (error) {
    if (!GroundworkError.isInstance(error) || error.code !== 'job_outdated') throw error;
    await failOutdatedJob(platform, jobId, error);
    return loadJob(platform.entities, jobId);
  }
}
