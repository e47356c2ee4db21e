/** Loading jobs and changing them, each change conditioned on the token it was read with. */

import { GroundworkError } from '../errors';
import { JOB_PREFIX, jobKey } from '../index/keys';
import { deletePrefix } from '../index/read-values';
import type {
  ConditionalSet,
  EntityStore,
  JsonValue,
  KeyValueStore,
  Platform,
} from '../platform/ports';
import { deleteUnlisted } from './clean-up-job';
import { type JobState, newJobState, parseJobState } from './job';
import { JOB_ENTITY, jobPrefix } from './job-keys';

/** A change that loses to others so often has found a fault, not a busy job. */
const ATTEMPTS_MAX = 8;
const LIBRARY_ID = /^[0-9a-f]{16}$/;

export interface StoredJob {
  jobId: string;
  /** Condition of the next write. */
  token: number;
  state: JobState;
}

/**
 * The job, or undefined when there is none.
 * Errors: `job_outdated` for one that another version of the app has written.
 */
export async function loadJob(
  entities: EntityStore,
  jobId: string,
): Promise<StoredJob | undefined> {
  const stored = await entities.get(JOB_ENTITY, jobId);
  if (stored === undefined) return undefined;
  const token = stored['token'];
  const state = parseJobState(stored['body']);
  if (typeof token === 'number' && state !== undefined) return { jobId, token, state };
  throw outdated(jobId);
}

/** Errors: `job_unknown`, `job_outdated`. */
export async function findJob(entities: EntityStore, jobId: string): Promise<StoredJob> {
  const job = await loadJob(entities, jobId);
  if (job !== undefined) return job;
  throw new GroundworkError({
    code: 'job_unknown',
    message: `job ${jobId}: not found; jobs are kept for seven days`,
    facts: { jobId },
  });
}

/** Makes a job. Its name in plain storage comes first, so that every job can be listed. */
export async function createJob(
  platform: Pick<Platform, 'kv' | 'entities'>,
  jobId: string,
  state: JobState,
): Promise<StoredJob> {
  try {
    await platform.kv.set(jobKey(jobId), { createdAt: state.createdAt });
    await platform.entities.create(JOB_ENTITY, jobId, entityValue(1, state));
  } catch (error) {
    // Of either the answer may have been lost. Should this fail too, a scheduled trigger finds it.
    await forgetJob(platform, jobId).catch(() => undefined);
    throw error;
  }
  return { jobId, token: 1, state };
}

/**
 * Writes a state over the one it was made from. False when somebody else has written since: then
 * what the caller knows is out of date and it must not go on.
 */
export async function saveJob(
  entities: EntityStore,
  job: StoredJob,
  state: JobState,
): Promise<StoredJob | undefined> {
  const { jobId } = job;
  const token = job.token + 1;
  try {
    const isWritten = await entities.transact([jobWrite(job, state)]);
    return isWritten ? { jobId, token, state } : undefined;
  } catch (error) {
    // The answer may have been lost after the commit: then what stands there is what was written.
    const stored = await entities.get(JOB_ENTITY, jobId).catch(() => undefined);
    if (stored?.['token'] === token && isSame(stored['body'], state))
      return { jobId, token, state };
    throw error;
  }
}

/** The write of a state over the one it was made from, to be part of a transaction. */
export function jobWrite(job: StoredJob, state: JobState): ConditionalSet {
  return {
    entity: JOB_ENTITY,
    key: job.jobId,
    value: entityValue(job.token + 1, state),
    condition: { attribute: 'token', equals: job.token },
  };
}

/**
 * Changes a job whoever else is writing to it. `change` gives the new state, or undefined to leave
 * it as it is. Errors: `job_unknown`, `job_outdated`, and what `change` throws.
 */
export async function changeJob(
  entities: EntityStore,
  jobId: string,
  change: (state: JobState) => JobState | undefined,
): Promise<StoredJob> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const job = await findJob(entities, jobId);
    const next = change(job.state);
    if (next === undefined) return job;
    const saved = await saveJob(entities, job, next);
    if (saved !== undefined) return saved;
  }
  throw new GroundworkError({
    code: 'job_busy',
    message: `job ${jobId}: changed ${ATTEMPTS_MAX} times meanwhile; try again`,
    facts: { jobId },
    retryable: true,
  });
}

/** Ids of all jobs, whatever state they are in. Listing lags a little. */
export async function listJobIds(kv: KeyValueStore): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await kv.query({
      prefix: JOB_PREFIX,
      limit: 100,
      ...(cursor === undefined ? {} : { cursor }),
    });
    ids.push(...page.results.map(({ key }) => key.slice(JOB_PREFIX.length)));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return ids;
}

/** Forgets a job. What it wrote for itself is the caller's to delete, before. */
export async function forgetJob(
  platform: Pick<Platform, 'kv' | 'entities'>,
  jobId: string,
): Promise<void> {
  await platform.entities.delete(JOB_ENTITY, jobId);
  // The name last: as long as it stands, an interrupted deletion can be repeated.
  await platform.kv.delete(jobKey(jobId));
}

function entityValue(token: number, state: JobState): { [attribute: string]: JsonValue } {
  return { token, body: state as unknown as JsonValue };
}

function isSame(body: JsonValue | undefined, state: JobState): boolean {
  return JSON.stringify(body) === JSON.stringify(state);
}

function outdated(jobId: string): GroundworkError {
  return new GroundworkError({
    code: 'job_outdated',
    message: `job ${jobId}: its state is of another version of the app; what it embedded is not used. Start it again`,
    facts: { jobId },
  });
}

/**
 * Ends a job whose state another version of the app has written, so that its page says so, and
 * deletes what it wrote for itself: nobody can go on from there. Nothing of the old state is relied
 * upon but the library's name, if it has one.
 */
export async function failOutdatedJob(
  { kv, entities, clock }: Pick<Platform, 'kv' | 'entities' | 'clock'>,
  jobId: string,
  error: GroundworkError,
): Promise<void> {
  const stored = await entities.get(JOB_ENTITY, jobId);
  const token = stored?.['token'];
  if (typeof token !== 'number') return;
  const { code, message } = error;
  const state = newJobState(
    {
      kind: 'index',
      library: libraryNameIn(stored?.['body']),
      projects: null,
      embedder: null,
      dimensions: null,
      sync: false,
      rebuild: false,
    },
    clock(),
  );
  const job = { jobId, token, state };
  const failed = { ...state, state: 'failed' as const, error: { code, message }, isClean: true };
  await saveJob(entities, job, failed);
  await deletePrefix(kv, jobPrefix(jobId));
  // Of a first job: nothing else names what it has embedded, nor the library that it made for it.
  for (const library of libraryIdsIn(stored?.['body'])) {
    await deleteUnlisted({ kv, entities }, library);
  }
}

/** Ids of the libraries that a state of another version has planned for, as far as it says so. */
function libraryIdsIn(body: JsonValue | undefined): string[] {
  const plans = (body as { plans?: unknown } | undefined)?.plans;
  if (!Array.isArray(plans)) return [];
  const ids = plans.map((plan: { library?: unknown } | null) => plan?.library);
  return ids.filter((id): id is string => typeof id === 'string' && LIBRARY_ID.test(id));
}

function libraryNameIn(body: JsonValue | undefined): string {
  const name = (body as { request?: { library?: unknown } } | undefined)?.request?.library;
  return typeof name === 'string' ? name : '';
}
