/**
 * A job driven within the calling process, by the same steps that Forge's queue drives: for the
 * command line, for measurements, and for whoever has all documents and all the time at hand.
 */

import { GroundworkError } from '../errors';
import type { GivenDocument } from '../index/prepare-document';
import { meterEntities, meterStore } from '../platform/metered-store';
import type { Platform, QueuedEvent } from '../platform/ports';
import { cleanUpJob } from './clean-up-job';
import { cancelJob, openJob, reopenJob, startJob } from './control-job';
import { coordinate } from './coordinate';
import { embedLane } from './embed-lane';
import { parseEvent } from './events';
import { isOver, type JobRequest, type JobState, type RefusedDocument } from './job';
import type { JobContext, JobObserver } from './job-context';
import { findJob, forgetJob, listJobIds, loadJob } from './job-store';
import { type JobView, viewOf } from './job-view';
import { leaveLibrary } from './library-lease';
import { stageHere } from './stage-here';

/** A job to be driven to its end. */
export interface DrivenJob extends Pick<JobContext, 'providerFor' | 'providerOf'> {
  wish: JobRequest;
  documents: readonly GivenDocument[];
  /**
   * A run that ends early leaves what it has embedded, and the next one into the same library goes
   * on with it. Only for a caller that has the store to itself: an unfinished job counts as dead.
   */
  keepsEmbedded: boolean;
  onProgress: (progress: IndexProgress) => void;
}

export interface IndexProgress {
  phase: 'read' | 'embed' | 'write' | 'publish';
  done: number;
  total: number;
}

export interface IndexReport {
  library: string;
  generation: number;
  indexed: number;
  unchanged: number;
  deleted: number;
  refused: RefusedDocument[];
  /** Chunks of the whole library after this job. */
  chunks: number;
  /** Chunks embedded by this job. */
  embedded: number;
  tokens: number;
  /** Whether the provider counted the tokens, or they are an estimate. */
  tokensMeasured: boolean;
}

/**
 * Drives a job to its end, and forgets it. What fails after the publish is no failure of the job.
 * Errors: those of the job; README lists the codes.
 */
export async function driveJob(platform: Platform, job: DrivenJob): Promise<IndexReport> {
  const jobId = await openOrReopen(platform, job);
  const seen = createObserver(job.onProgress);
  const driver = createDriver(platform, job, seen.observer);
  let published: JobState | undefined;
  try {
    const calls = await stageHere(driver.platform, jobId, job.documents);
    await startJob(driver.platform, jobId, { calls, confirm: false });
    await driver.run(jobId);
    published = await loadDone(platform, jobId);
  } catch (error) {
    published = await loadPublished(platform, jobId);
    if (published === undefined) throw seen.failure() ?? error;
  } finally {
    await leave(driver.platform, jobId, job.keepsEmbedded);
  }
  return reportOf(published, seen.refused());
}

/**
 * Plans a job and says what it would cost; nothing is embedded, and nothing of it stays.
 * Errors: those of planning.
 */
export async function planHere(platform: Platform, job: DrivenJob): Promise<JobView> {
  const jobId = await openJob(platform, job.wish);
  const seen = createObserver(job.onProgress);
  const driver = createDriver(platform, job, seen.observer);
  try {
    const calls = await stageHere(driver.platform, jobId, job.documents);
    await startJob(driver.platform, jobId, { calls, confirm: true });
    await driver.run(jobId);
    const { state } = await findJob(platform.entities, jobId);
    if (state.error !== null) throw new GroundworkError(state.error);
    const { fingerprint } = state;
    const limits = fingerprint === null ? null : job.providerOf(fingerprint);
    return viewOf(jobId, state, { now: platform.clock(), limits });
  } catch (error) {
    throw seen.failure() ?? error;
  } finally {
    await leave(driver.platform, jobId, false);
  }
}

/** A new job, or the one that an interrupted run has left of the same library. */
async function openOrReopen(
  platform: Platform,
  { wish, keepsEmbedded }: DrivenJob,
): Promise<string> {
  if (!keepsEmbedded) return openJob(platform, wish);
  for (const jobId of await listJobIds(platform.kv)) {
    const state = (await loadJob(platform.entities, jobId))?.state;
    if (state?.request.library !== wish.library) continue;
    if (state.generation === 0 && (!isOver(state) || state.state === 'failed')) {
      await reopenJob(platform, jobId, wish);
      return jobId;
    }
    // What it published is live, and must not be taken for what it has only embedded.
    await clearAway(platform, jobId, state);
  }
  return openJob(platform, wish);
}

/** A queue in memory, whose events are handled one after the other. */
function createDriver(platform: Platform, job: DrivenJob, observe: JobObserver) {
  const events: { event: QueuedEvent; dueAt: number }[] = [];
  const pushAll = async (pushed: readonly QueuedEvent[]) => {
    for (const event of pushed) {
      events.push({ event, dueAt: platform.clock() + (event.delaySeconds ?? 0) * 1_000 });
    }
  };
  const queue = {
    push: (body: QueuedEvent['body'], options?: Omit<QueuedEvent, 'body'>) =>
      pushAll([{ body, ...options }]),
    pushAll,
  };
  const own = { ...platform, queue };
  return {
    platform: own,
    async run(jobId: string): Promise<void> {
      for (let number = 0; events.length > 0; number += 1) {
        events.sort((a, b) => a.dueAt - b.dueAt);
        const next = events.shift() as (typeof events)[number];
        const waitMs = next.dueAt - platform.clock();
        if (waitMs > 0) await platform.sleep(waitMs);
        await handle(
          own,
          { job, observe },
          { body: next.event.body, eventId: `${jobId}-${number}` },
        );
        const { state } = await findJob(platform.entities, jobId);
        if (isOver(state) && (state.isClean || state.state === 'failed')) return;
      }
    },
  };
}

async function handle(
  platform: Platform,
  { job, observe }: { job: DrivenJob; observe: JobObserver },
  event: object,
): Promise<void> {
  const received = parseEvent(event);
  if (received === undefined) return;
  const { step, id, attempt } = received;
  const store = meterStore(platform.kv);
  const metered = meterEntities(platform.entities);
  const context: JobContext = {
    platform: { ...platform, kv: store.kv, entities: metered.entities },
    used: () => ({
      read: store.used().readUnits + metered.used().readUnits,
      write: store.used().writeUnits + metered.used().writeUnits,
    }),
    providerFor: job.providerFor,
    providerOf: job.providerOf,
    event: { id, attempt },
    push: (events) => platform.queue.pushAll(events),
    observe,
  };
  if (step.step === 'coordinate') await coordinate(context, step.jobId, step.lookAt);
  if (step.step === 'embed') await embedLane(context, step);
}

/** Gathers what the job's state has no room for or must not hold, and tells of progress. */
function createObserver(onProgress: (progress: IndexProgress) => void) {
  const refused = new Map<string, RefusedDocument>();
  let failure: unknown;
  let embedded = 0;
  let toEmbed = 0;
  // What is left to do after a failure is no progress of the job.
  const tell = (progress: IndexProgress) => {
    if (failure === undefined) onProgress(progress);
  };
  const observer: JobObserver = {
    saved({ phase, planned, documents, chunks }) {
      if (phase === 'plan' && planned > 0) {
        tell({ phase: 'read', done: planned, total: documents.total });
      }
      if (phase === 'plan') embedded = 0;
      toEmbed = chunks.toEmbed;
      if (phase === 'publish') tell({ phase: 'write', done: chunks.total, total: chunks.total });
      if (phase === 'done') tell({ phase: 'publish', done: 1, total: 1 });
    },
    failed(error) {
      failure = error;
    },
    refused(documents) {
      for (const one of documents) refused.set(`${one.document}\n${one.code}`, one);
    },
    embedded(chunks) {
      embedded += chunks;
      tell({ phase: 'embed', done: Math.min(embedded, toEmbed), total: toEmbed });
    },
  };
  return { observer, refused: () => [...refused.values()], failure: () => failure };
}

/** The state of a job that is done. Errors: that of a job that failed. */
async function loadDone({ entities }: Platform, jobId: string): Promise<JobState> {
  const { state } = await findJob(entities, jobId);
  if (state.state === 'done') return state;
  const fallback = { code: 'job_state', message: `job ${jobId}: ended as ${state.state}` };
  throw new GroundworkError(state.error ?? fallback);
}

/** The state of a job that has published, whatever became of it then; undefined of any other. */
async function loadPublished({ entities }: Platform, jobId: string): Promise<JobState | undefined> {
  const job = await loadJob(entities, jobId).catch(() => undefined);
  return job !== undefined && job.state.generation > 0 ? job.state : undefined;
}

/** What the job did. */
function reportOf(state: JobState, refused: RefusedDocument[]): IndexReport {
  const { documents, tokens } = state;
  return {
    library: state.request.library,
    generation: state.generation,
    indexed: documents.indexed,
    unchanged: documents.unchanged,
    deleted: documents.deleted,
    refused,
    chunks: state.chunksLive,
    embedded: state.chunksCharged,
    tokens: tokens.count,
    tokensMeasured: tokens.measured,
  };
}

/**
 * Leaves a job: one that did not come to its end with what it has embedded, where the caller will
 * come back to it, any other with nothing of its own. What fails is tried once more, as a store
 * that refused one request takes the next; then the outcome of the job is the one to report.
 */
async function leave(platform: Platform, jobId: string, keepsEmbedded: boolean): Promise<void> {
  const tryTo = () => leaveOnce(platform, jobId, keepsEmbedded);
  await tryTo()
    .catch(tryTo)
    .catch(() => platform.log('cleanup_failed', { jobId }));
}

async function leaveOnce(platform: Platform, jobId: string, keepsEmbedded: boolean): Promise<void> {
  const state = (await loadJob(platform.entities, jobId))?.state;
  if (state === undefined) {
    await forgetJob(platform, jobId);
    return;
  }
  const hasPublished = state.state === 'done' || state.generation > 0;
  if (!hasPublished && keepsEmbedded && state.chunks.embedded > 0) return;
  if (!hasPublished && state.state !== 'cancelled') await cancelJob(platform, jobId);
  await clearAway(platform, jobId, state);
}

/** Deletes what is left of a job that has nothing more to publish. */
async function clearAway(platform: Platform, jobId: string, state: JobState): Promise<void> {
  if (!state.isClean) {
    await leaveLibrary(platform, jobId, state.request.library);
    await cleanUpJob(platform, jobId, state);
  }
  await forgetJob(platform, jobId);
}
