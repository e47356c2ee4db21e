/**
 * The coordinator: takes a job as far as its function's time allows, then hands over. It is the
 * only one that changes the job while it runs; whoever else comes finds it held, and whatever an
 * older run still writes is refused.
 */

import { GroundworkError } from '../errors';
import { takeLease } from '../index/lease';
import { advance } from './advance';
import { cleanUpJob } from './clean-up-job';
import { messageOf } from './error-message';
import { coordinateEvent, isChainEnd, lookEvent } from './events';
import { awaitsCleaning, type JobState } from './job';
import { isTimeUp, type JobContext } from './job-context';
import { isOvertaken, JobRun } from './job-run';
import { failOutdatedJob, loadJob, type StoredJob } from './job-store';
import { LEASE_MS, leaseKeyOf, leaveLibrary } from './library-lease';

/** Runs in a row without any progress, after which a job is failed for good. */
const FAILURES_MAX = 8;
/** Seconds until a job looks again whether another one has left its library. */
const LEASE_LOOK_SECONDS = 20;

/**
 * Handles an event that asks to look after a job; `lookAt` is the time at which the job awaited it.
 * Throws what the platform's own retry may mend.
 */
export async function coordinate(
  context: JobContext,
  jobId: string,
  lookAt?: number,
): Promise<void> {
  const run = await takeJob(context, jobId, lookAt);
  if (run === undefined) return;
  try {
    if (awaitsCleaning(run.state)) await cleanUp(run);
    else await runLeased(run);
  } catch (error) {
    await settleUnlessOvertaken(run, error);
  }
}

/** The job, held by this run; undefined when there is nothing for it to do. */
async function takeJob(
  context: JobContext,
  jobId: string,
  lookAt: number | undefined,
): Promise<JobRun | undefined> {
  const { platform, event } = context;
  const job = await loadCurrent(context, jobId);
  if (job === undefined) {
    platform.log('job_event_stale', { jobId });
    return undefined;
  }
  const { state } = job;
  const wantsWork = state.state === 'queued' || state.state === 'running';
  if (!wantsWork && !awaitsCleaning(state)) return undefined;
  const now = platform.clock();
  const { holder } = state;
  // The platform tries an event again only after the try before it has ended.
  const isFree =
    holder === null ||
    holder.until <= now ||
    (holder.event === event.id && holder.attempt < event.attempt);
  if (!isFree) {
    platform.log('job_held', { jobId });
    return undefined;
  }
  if (isSuperseded(state, event.id, lookAt)) {
    platform.log('job_look_superseded', { jobId });
    return undefined;
  }
  const run = new JobRun(context, job);
  const until = now + Math.ceil(platform.remainingTimeMs());
  try {
    await run.save({
      ...(wantsWork ? { state: 'running' as const } : {}),
      holder: { event: event.id, attempt: event.attempt, until },
      // Whoever held it was ended from outside, or had no time left to say why.
      failures: holder === null ? state.failures : state.failures + 1,
      // It has come, however early by this clock, and nobody may go on waiting for it.
      ...(lookAt === state.nextLookAt ? { nextLookAt: 0 } : {}),
    });
  } catch (error) {
    if (isOvertaken(error)) return undefined;
    throw error;
  }
  return run;
}

/**
 * Whether the job awaits another look than this one, which would only push one more: each time a
 * queue delivers twice, or a clock is wrong, there would be one chain of looks more, for good.
 */
function isSuperseded(
  { nextLookAt, holder }: JobState,
  eventId: string,
  lookAt: number | undefined,
): boolean {
  if (lookAt === undefined || nextLookAt === 0 || lookAt === nextLookAt) return false;
  // The event of a run that was ended from outside goes on with what that run had begun.
  return holder?.event !== eventId;
}

async function loadCurrent(context: JobContext, jobId: string): Promise<StoredJob | undefined> {
  const { platform } = context;
  try {
    return await loadJob(platform.entities, jobId);
  } catch (error) {
    if (!GroundworkError.isInstance(error) || error.code !== 'job_outdated') throw error;
    await failOutdatedJob(platform, jobId, error);
    return undefined;
  }
}

/** Works on the job while it has its library to itself. */
async function runLeased(run: JobRun): Promise<void> {
  const { platform } = run.context;
  if (run.state.failures > FAILURES_MAX) throw neverEnded(run.jobId);
  const { library } = run.state.request;
  const taken = await takeLease(platform.entities, {
    key: leaseKeyOf(library),
    holder: run.jobId,
    now: platform.clock(),
    ttlMs: LEASE_MS,
  });
  if (!taken.ok) {
    const waiting = 'another job works on this library';
    await lookLater(run, LEASE_LOOK_SECONDS, { waiting, failures: 0 });
    return;
  }
  // What lanes wait for, only they know.
  if (run.state.waiting !== null && run.state.phase !== 'embed') await run.save({ waiting: null });
  const lookSeconds = await advance(run);
  if (lookSeconds === undefined) {
    await leaveLibrary(platform, run.jobId, library);
    return;
  }
  await lookLater(run, lookSeconds, {});
}

/** Lets go of the job until an event that is due later, which is pushed unless there is one. */
async function lookLater(run: JobRun, seconds: number, changes: Partial<JobState>): Promise<void> {
  const now = run.context.platform.clock();
  const dueAt = now + seconds * 1_000;
  const isAwaited = run.state.nextLookAt > now && run.state.nextLookAt <= dueAt;
  // Pushed before it is awaited: what the job waits for is then sure to come.
  if (!isAwaited) await run.context.push([lookEvent(run.jobId, dueAt, seconds)]);
  await run.save({
    ...changes,
    holder: null,
    nextLookAt: isAwaited ? run.state.nextLookAt : dueAt,
  });
}

async function cleanUp(run: JobRun): Promise<void> {
  await cleanUpJob(run.context.platform, run.jobId, run.state);
  await run.save({ isClean: true, holder: null });
}

async function settleUnlessOvertaken(run: JobRun, error: unknown): Promise<void> {
  try {
    if (isOvertaken(error)) throw error;
    await settle(run, error);
  } catch (settling) {
    if (!isOvertaken(settling)) throw settling;
    run.context.platform.log('job_overtaken', { jobId: run.jobId });
  }
}

/** What becomes of a job whose run met an error. */
async function settle(run: JobRun, error: unknown): Promise<void> {
  const { platform } = run.context;
  const { jobId } = run;
  if (isTimeUp(error)) {
    await quietly(run, { holder: null, failures: 0 });
    await run.context.push([coordinateEvent(jobId)]);
    return;
  }
  if (isChainEnd(error)) {
    await quietly(run, { holder: null });
    throw error;
  }
  const isOurs = GroundworkError.isInstance(error);
  const code = isOurs ? error.code : 'internal_error';
  const mayPass = !isOurs || error.retryable;
  const failures = run.state.failures + 1;
  platform.log('job_run_failed', { jobId, code, phase: run.state.phase, failures });
  run.context.observe?.failed(error);
  const isEnded = awaitsCleaning(run.state);
  if (isEnded || (mayPass && failures <= FAILURES_MAX)) {
    await quietly(run, isEnded ? { holder: null } : { holder: null, failures, waiting: code });
    throw new GroundworkError({
      code,
      message: `job ${jobId}: will be run again`,
      retryable: true,
    });
  }
  if (run.state.generation > 0) {
    // Published is published; what is left to be deleted, a scheduled trigger comes back to.
    await run.save({ state: 'done', phase: 'done', holder: null, waiting: null });
  } else {
    await fail(run, { code, message: messageOf(error, jobId) });
  }
  await leaveLibrary(platform, jobId, run.state.request.library);
}

async function fail(run: JobRun, error: { code: string; message: string }): Promise<void> {
  // Nobody can go on from here, and who deletes a library wants its texts gone.
  const isFinal = error.code === 'library_deleted';
  if (isFinal) await cleanUpJob(run.context.platform, run.jobId, run.state);
  await run.save({ state: 'failed', error, holder: null, waiting: null, isClean: isFinal });
}

/** Saves what is only a courtesy: the error of the run is the one that counts. */
async function quietly(run: JobRun, changes: Partial<JobState>): Promise<void> {
  try {
    await run.save(changes);
  } catch {
    run.context.platform.log('job_not_saved', { jobId: run.jobId });
  }
}

function neverEnded(jobId: string): GroundworkError {
  return new GroundworkError({
    code: 'indexing_out_of_time',
    message: `job ${jobId}: ${FAILURES_MAX} runs in a row were ended before they got anywhere; what was embedded is kept. Resume the job, or give fewer documents at a time`,
    facts: { jobId, runs: FAILURES_MAX },
  });
}
