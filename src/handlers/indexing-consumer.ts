/**
 * The consumer of the indexing queue. An event may come twice, late, or after its job is gone; the
 * job's record decides what is left to do, and a repeated run does no harm: until it publishes, it
 * writes only under keys of its own.
 */

import * as v from 'valibot';
import { GroundworkError } from '../errors';
import { loadCatalogue } from '../index/catalogue';
import { chooseProvider } from '../index/choose-provider';
import { type IndexProgress, type IndexReport, indexDocuments } from '../index/index-documents';
import type { Platform } from '../platform/ports';
import {
  type IndexingJob,
  loadJob,
  loadStagedDocuments,
  saveJob,
  unstageDocuments,
} from './indexing-job';

/** Runs of a job that ended in an error which may pass; after them it is failed for good. */
const RUNS_MAX = 4;
/** A progress record is written at most this often: each costs write units. */
const PROGRESS_INTERVAL_MS = 2_000;

const eventSchema = v.object({
  body: v.object({ jobId: v.string() }),
  retryContext: v.optional(v.object({ retryCount: v.number() })),
});

/** Takes one event. Throws only what the platform's own retry may mend. */
export async function consumeIndexingEvent(platform: Platform, event: unknown): Promise<void> {
  const parsed = v.safeParse(eventSchema, event);
  if (!parsed.success) {
    platform.log('indexing_event_invalid', {});
    return;
  }
  const { jobId } = parsed.output.body;
  const job = await loadJob(platform.kv, jobId);
  if (job === undefined || isOver(job)) {
    platform.log('indexing_event_stale', { jobId, state: job?.state ?? 'unknown' });
    return;
  }
  const runs = (parsed.output.retryContext?.retryCount ?? 0) + 1;
  let report: IndexReport;
  try {
    // A run that reaches its end decides by itself; more than these were all ended from outside.
    if (runs > RUNS_MAX) throw neverEnded(jobId);
    report = await runJob(platform, jobId, job);
  } catch (error) {
    await handleFailure(platform, { jobId, job, error, isLastRun: runs >= RUNS_MAX });
    return;
  }
  // What was published stays published: that its outcome cannot be saved is no failure of the job.
  const done = { state: 'done' as const, phase: 'done', done: job.total, report };
  await finish(platform, jobId, job, done);
}

async function runJob(platform: Platform, jobId: string, job: IndexingJob): Promise<IndexReport> {
  const documents = await loadStagedDocuments(platform.kv, jobId, job);
  const { libraries } = await loadCatalogue(platform.entities);
  const existing = libraries.find((library) => library.name === job.library);
  const wish = { embedder: job.embedder ?? undefined, dimensions: job.dimensions ?? undefined };
  const progress = createProgressWriter(platform, jobId, job);
  try {
    return await indexDocuments(platform, {
      library: job.library,
      projects: job.projects ?? undefined,
      documents,
      sync: job.sync,
      provider: chooseProvider(platform, existing, wish),
      onProgress: progress.report,
      beforePublish: async () => {
        // Whoever deletes everything deletes the jobs first: then nothing is to come back.
        if ((await loadJob(platform.kv, jobId)) === undefined) throw jobGone(jobId);
      },
    });
  } finally {
    // A write left behind would be frozen with the function and end in another invocation.
    await progress.settled();
  }
}

async function handleFailure(
  platform: Platform,
  failure: { jobId: string; job: IndexingJob; error: unknown; isLastRun: boolean },
): Promise<void> {
  const { jobId, job, error, isLastRun } = failure;
  const isOurs = GroundworkError.isInstance(error);
  const code = isOurs ? error.code : 'internal_error';
  // Another delivery of the event may have ended the job meanwhile, or an admin deleted it: then
  // its documents are gone, and what this run met is not the job's outcome.
  const current = await loadJob(platform.kv, jobId);
  if (current === undefined || isOver(current)) {
    platform.log('indexing_run_overtaken', { jobId, code });
    return;
  }
  platform.log('indexing_failed', { jobId, code, isLastRun });
  const mayPass = !isOurs || error.retryable;
  if (mayPass && !isLastRun) {
    await saveJob(platform.kv, jobId, { ...job, phase: 'waiting', updatedAt: platform.clock() });
    throw new GroundworkError({
      code,
      message: `job ${jobId}: will be run again`,
      retryable: true,
    });
  }
  const message = isOurs ? error.message : 'an unexpected error; start the job again';
  await finish(platform, jobId, job, {
    state: 'failed',
    phase: 'failed',
    error: { code, message },
  });
}

async function finish(
  platform: Platform,
  jobId: string,
  job: IndexingJob,
  outcome: Partial<IndexingJob>,
): Promise<void> {
  // The documents' layout has served, and the outcome may need its room.
  const record = { ...job, ...outcome, documents: [], updatedAt: platform.clock() };
  await saveJob(platform.kv, jobId, record);
  // The outcome stands; what could not be deleted goes with its time to live.
  await unstageDocuments(platform.kv, jobId, job).catch(() =>
    platform.log('documents_not_unstaged', { jobId }),
  );
}

function isOver(job: IndexingJob): boolean {
  return job.state === 'done' || job.state === 'failed';
}

function jobGone(jobId: string): GroundworkError {
  return new GroundworkError({
    code: 'job_gone',
    message: `job ${jobId}: deleted while it ran; nothing was published`,
    facts: { jobId },
  });
}

function neverEnded(jobId: string): GroundworkError {
  return new GroundworkError({
    code: 'indexing_out_of_time',
    message: `job ${jobId}: ${RUNS_MAX} runs were ended by the platform before they were done; give fewer documents at a time`,
    facts: { jobId, runs: RUNS_MAX },
  });
}

/** Writes progress beside the work, one write at a time, and not more often than is read. */
function createProgressWriter(platform: Platform, jobId: string, job: IndexingJob) {
  let lastAt = Number.NEGATIVE_INFINITY;
  let writing: Promise<void> = Promise.resolve();
  let isWriting = false;
  const write = async (progress: IndexProgress) => {
    isWriting = true;
    const { phase, done, total } = progress;
    const record = { ...job, state: 'running' as const, phase, done, total };
    try {
      // Another delivery of the event may have ended the job: its outcome is not to be undone.
      const current = await loadJob(platform.kv, jobId);
      if (current !== undefined && !isOver(current)) {
        await saveJob(platform.kv, jobId, { ...record, updatedAt: platform.clock() });
      }
    } catch {
      // Progress is a courtesy: that it could not be written must not end the job.
      platform.log('progress_not_written', { jobId });
    }
    isWriting = false;
  };
  return {
    report(progress: IndexProgress): void {
      const now = platform.clock();
      if (isWriting || now - lastAt < PROGRESS_INTERVAL_MS) return;
      lastAt = now;
      writing = write(progress);
    },
    settled: () => writing,
  };
}
