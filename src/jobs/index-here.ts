/**
 * A job driven within the calling process, by the same steps that Forge's queue drives: for the
 * command line, for measurements, and for whoever has all documents and all the time at hand.
 */

import type { EmbeddingProvider } from '../embedding/provider';
import { GroundworkError } from '../errors';
import type { Projects } from '../index/catalogue';
import type { GivenDocument } from '../index/prepare-document';
import { meterEntities, meterStore } from '../platform/metered-store';
import type { Platform, QueuedEvent } from '../platform/ports';
import { cleanUpJob } from './clean-up-job';
import { cancelJob, openJob, reopenJob, stageDocuments, startJob } from './control-job';
import { coordinate } from './coordinate';
import { embedLane } from './embed-lane';
import { parseEvent } from './events';
import { isOver, type JobRequest, type JobState, type RefusedDocument } from './job';
import type { JobContext, JobObserver } from './job-context';
import { findJob, forgetJob, listJobIds, loadJob } from './job-store';
import { leaveLibrary } from './library-lease';

export interface IndexRequest {
  library: string;
  /** Undefined keeps the library's assignment; a new library is then for all projects. */
  projects: Projects | undefined;
  documents: readonly GivenDocument[];
  /** Also delete the library's documents that are not among those given. */
  sync: boolean;
  /** Allow another fingerprint than the live one. */
  rebuild?: boolean;
  provider: EmbeddingProvider;
  /**
   * A run that ends early leaves what it has embedded, and the next one into the same library goes
   * on with it. Only for a caller that has the store to itself: an unfinished job counts as dead.
   */
  keepsEmbedded?: boolean;
  onProgress?: (progress: IndexProgress) => void;
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

/** Bytes of documents staged by one call; a multiple of three, so that base64 joins. */
const BYTES_PER_CALL = 3_000_000;

/**
 * Indexes documents into a library. A document that cannot be taken is refused by name and the
 * others go on; what concerns the whole run throws, publishes nothing and leaves nothing.
 * Errors: those of planning, embedding and publishing; README lists the codes.
 */
export async function indexDocuments(
  platform: Platform,
  request: IndexRequest,
): Promise<IndexReport> {
  const jobId = await openOrReopen(platform, request);
  const seen = createObserver(request.onProgress ?? (() => undefined));
  const driver = createDriver(platform, request, seen.observer);
  const cleanUp = (cleaning: Promise<void>) =>
    cleaning.catch(() => platform.log('cleanup_failed', { jobId }));
  try {
    const calls = await stageAll(driver.platform, jobId, request.documents);
    await startJob(driver.platform, jobId, { calls, confirm: false });
    await driver.run(jobId);
    const { state } = await findJob(platform.entities, jobId);
    expectDone(jobId, state);
    await cleanUp(forgetJob(platform, jobId));
    return reportOf(state, seen.refused());
  } catch (error) {
    const published = await loadPublished(platform, jobId);
    // Should this fail too, the error of the job is still the one to report.
    await cleanUp(leave(driver, jobId, request));
    if (published !== undefined) return reportOf(published, seen.refused());
    throw seen.failure() ?? error;
  }
}

/** A new job, or the one that an interrupted run has left of the same library. */
async function openOrReopen(platform: Platform, request: IndexRequest): Promise<string> {
  const { provider } = request;
  const wish: JobRequest = {
    kind: 'index',
    library: request.library,
    projects: request.projects ?? null,
    embedder: provider.provider,
    dimensions: provider.dimensions,
    sync: request.sync,
    rebuild: request.rebuild ?? false,
  };
  if (request.keepsEmbedded !== true) return openJob(platform, wish);
  for (const jobId of await listJobIds(platform.kv)) {
    const { state } = (await loadJob(platform.entities, jobId)) ?? {};
    if (state?.request.library !== wish.library) continue;
    if (state.generation === 0 && (!isOver(state) || state.state === 'failed')) {
      await reopenJob(platform, jobId, wish);
      return jobId;
    }
    await clearAway(platform, jobId, state);
  }
  return openJob(platform, wish);
}

/** A queue in memory, whose events are handled one after the other. */
function createDriver(platform: Platform, request: IndexRequest, observe: JobObserver) {
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
          { request, observe },
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
  { request, observe }: { request: IndexRequest; observe: JobObserver },
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
    providerFor: () => request.provider,
    providerOf: () => request.provider,
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
  const observer: JobObserver = {
    saved({ phase, planned, documents, chunks }) {
      if (phase === 'plan' && planned > 0) {
        onProgress({ phase: 'read', done: planned, total: documents.total });
      }
      if (phase === 'plan') embedded = 0;
      toEmbed = chunks.toEmbed;
      if (phase === 'publish')
        onProgress({ phase: 'write', done: chunks.total, total: chunks.total });
      if (phase === 'done') onProgress({ phase: 'publish', done: 1, total: 1 });
    },
    failed(error) {
      failure = error;
    },
    refused(documents) {
      for (const one of documents) refused.set(`${one.document}\n${one.code}`, one);
    },
    embedded(chunks) {
      embedded += chunks;
      onProgress({ phase: 'embed', done: Math.min(embedded, toEmbed), total: toEmbed });
    },
  };
  return { observer, refused: () => [...refused.values()], failure: () => failure };
}

async function stageAll(
  platform: Platform,
  jobId: string,
  documents: readonly GivenDocument[],
): Promise<number> {
  let calls = 0;
  let bytes = 0;
  let pieces: { name: string; part: number; parts: number; content: string }[] = [];
  const flush = async () => {
    if (pieces.length === 0) return;
    await stageDocuments(platform, jobId, calls, pieces);
    calls += 1;
    bytes = 0;
    pieces = [];
  };
  for (const document of documents) {
    if (bytes + document.bytes.length > BYTES_PER_CALL) await flush();
    const content = Buffer.from(document.bytes).toString('base64');
    pieces.push({ name: document.name, part: 0, parts: 1, content });
    bytes += document.bytes.length;
  }
  await flush();
  return calls;
}

/** Errors: that of a job that failed. */
function expectDone(jobId: string, { state, error }: JobState): void {
  if (state === 'done') return;
  const fallback = { code: 'job_state', message: `job ${jobId}: ended as ${state}` };
  throw new GroundworkError(error ?? fallback);
}

/** The state of a job that has published, whatever became of it then; undefined of any other. */
async function loadPublished(
  { entities }: Pick<Platform, 'entities'>,
  jobId: string,
): Promise<JobState | undefined> {
  const job = await loadJob(entities, jobId).catch(() => undefined);
  return job !== undefined && job.state.generation > 0 ? job.state : undefined;
}

/** What the job did. */
function reportOf(state: JobState, refused: RefusedDocument[]): IndexReport {
  const { documents, chunks, tokens } = state;
  return {
    library: state.request.library,
    generation: state.generation,
    indexed: documents.indexed,
    unchanged: documents.unchanged,
    deleted: documents.deleted,
    refused,
    chunks: state.chunksLive,
    embedded: chunks.embedded,
    tokens: tokens.count,
    tokensMeasured: tokens.measured,
  };
}

/**
 * Leaves a job that did not come to its end: with what it has embedded, where the caller will come
 * back to it, otherwise with nothing at all.
 */
async function leave(
  driver: ReturnType<typeof createDriver>,
  jobId: string,
  { keepsEmbedded = false }: IndexRequest,
): Promise<void> {
  const { platform } = driver;
  const { state } = await findJob(platform.entities, jobId);
  if (state.generation > 0) {
    await clearAway(platform, jobId, state);
    return;
  }
  if (keepsEmbedded && state.plans.some(({ toEmbed }) => toEmbed > 0)) return;
  await cancelJob(platform, jobId);
  await driver.run(jobId);
  await forgetJob(platform, jobId);
}

/** Deletes what is left of a job that has nothing more to publish. */
async function clearAway(platform: Platform, jobId: string, state: JobState): Promise<void> {
  await leaveLibrary(platform, jobId, state.request.library);
  await cleanUpJob(platform, jobId, state);
  await forgetJob(platform, jobId);
}
