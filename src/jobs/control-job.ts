/** What a person does with a job: start, agree to the price, pause, resume, cancel. */

import { GroundworkError } from '../errors';
import { deleteKeys, deletePrefix } from '../index/read-values';
import type { Platform } from '../platform/ports';
import { coordinateEvent } from './events';
import { isOver, type JobRequest, type JobState, newJobState, PLANS_MAX } from './job';
import { stagedListPrefix, stagedPrefix } from './job-keys';
import { changeJob, createJob, findJob } from './job-store';
import { leaveLibrary } from './library-lease';
import { type StagedPiece, stageCall, stagedKeys } from './staging';

type Ports = Pick<Platform, 'kv' | 'entities' | 'queue' | 'clock' | 'newId' | 'log'>;

/** Makes a job that waits for its documents. */
export async function openJob(platform: Ports, request: JobRequest): Promise<string> {
  const jobId = platform.newId();
  await createJob(platform, jobId, newJobState(request, platform.clock()));
  return jobId;
}

/** Adds documents to a job that has not started. Errors: `job_unknown`, `job_state`. */
export async function stageDocuments(
  platform: Ports,
  jobId: string,
  call: number,
  pieces: readonly StagedPiece[],
): Promise<void> {
  const { state } = await findJob(platform.entities, jobId);
  if (state.state !== 'staging') throw wrongState(jobId, 'take documents', state);
  await stageCall(platform.kv, jobId, call, pieces);
}

/** Puts a job on the queue. Starting one that is started already changes nothing. */
export async function startJob(
  platform: Ports,
  jobId: string,
  options: { calls: number; confirm: boolean },
): Promise<void> {
  const now = platform.clock();
  const { state } = await changeJob(platform.entities, jobId, (job) => {
    if (job.state === 'queued' || job.state === 'running' || job.state === 'planned') return;
    if (job.state !== 'staging') throw wrongState(jobId, 'be started', job);
    return { ...job, ...options, state: 'queued', phase: 'plan', updatedAt: now };
  });
  if (state.state === 'queued') await look(platform, jobId);
}

/**
 * Lets a planned job go on to what costs money. It looks at its plan once more: what another job
 * has published meanwhile need not be embedded again.
 */
export async function confirmJob(platform: Ports, jobId: string): Promise<void> {
  await change(platform, jobId, 'be confirmed', (job) =>
    job.state === 'planned'
      ? { ...job, state: 'running', phase: 'plan', confirm: false }
      : undefined,
  );
}

/** Stops a job after the batches under way; nothing is lost. */
export async function pauseJob(platform: Ports, jobId: string): Promise<void> {
  await change(platform, jobId, 'be paused', (job) =>
    job.state === 'running' || job.state === 'queued'
      ? { ...job, state: 'paused', holder: null }
      : undefined,
  );
  await freeLibrary(platform, jobId);
}

/** Lets a paused or failed job go on from where it stopped; what it embedded is not paid again. */
export async function resumeJob(platform: Ports, jobId: string): Promise<void> {
  await change(platform, jobId, 'be resumed', (job) => {
    const mayGoOn = job.state === 'paused' || (job.state === 'failed' && !job.isClean);
    if (!mayGoOn) return undefined;
    return {
      ...job,
      state: 'running',
      holder: null,
      error: null,
      waiting: null,
      failures: 0,
      nextLookAt: 0,
      plansMax: job.plans.length + PLANS_MAX,
      // Lanes of the round before have stopped, or will when they look.
      round: job.round + 1,
      resumed: job.resumed + 1,
      lanesAt: 0,
    };
  });
}

/**
 * Gives a job that has not come to its end other documents and another wish; what it has embedded
 * is found by the hashes of its chunks. For whoever knows that nobody is working on it.
 */
export async function reopenJob(
  platform: Ports,
  jobId: string,
  request: JobRequest,
): Promise<void> {
  const now = platform.clock();
  const { state } = await findJob(platform.entities, jobId);
  await deleteKeys(platform.kv, await stagedKeys(platform.kv, jobId, state.calls).catch(() => []));
  await deletePrefix(platform.kv, stagedPrefix(jobId));
  await deletePrefix(platform.kv, stagedListPrefix(jobId));
  await changeJob(platform.entities, jobId, (job) => ({
    ...newJobState(request, now),
    // Its plans are kept for their records; the next one starts anew.
    plans: job.plans,
    plansMax: job.plans.length + PLANS_MAX,
    mustPlan: true,
    round: job.round + 1,
    units: job.units,
  }));
  await freeLibrary(platform, jobId);
}

/** Ends a job for good; what it wrote is deleted, the live generation stays as it is. */
export async function cancelJob(platform: Ports, jobId: string): Promise<void> {
  await change(platform, jobId, 'be cancelled', (job) =>
    // Published is published: from there on it only tidies up.
    isOver(job) && job.state !== 'failed' ? undefined : cancelled(job),
  );
  await freeLibrary(platform, jobId);
}

function cancelled(job: JobState): JobState | undefined {
  if (job.generation > 0) return undefined;
  return { ...job, state: 'cancelled', holder: null, waiting: null, isClean: false };
}

async function change(
  platform: Ports,
  jobId: string,
  what: string,
  next: (job: JobState) => JobState | undefined,
): Promise<void> {
  const now = platform.clock();
  await changeJob(platform.entities, jobId, (job) => {
    const changed = next(job);
    if (changed === undefined) throw wrongState(jobId, what, job);
    return { ...changed, updatedAt: now };
  });
  await look(platform, jobId);
}

/** Nobody waits for the lease of a job that a person has stopped. */
async function freeLibrary(platform: Ports, jobId: string): Promise<void> {
  const { state } = await findJob(platform.entities, jobId);
  await leaveLibrary(platform, jobId, state.request.library);
}

async function look({ queue }: Ports, jobId: string): Promise<void> {
  const { body, ...options } = coordinateEvent(jobId);
  await queue.push(body, options);
}

function wrongState(jobId: string, what: string, { state, phase }: JobState): GroundworkError {
  return new GroundworkError({
    code: 'job_state',
    message: `job ${jobId}: is ${state} (${phase}) and cannot ${what} now; look at the job again`,
    facts: { jobId, state, phase },
  });
}
