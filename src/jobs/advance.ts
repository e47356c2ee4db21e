/** The phases of a job, one after the other, as far as this run gets. */

import { GroundworkError } from '../errors';
import { RETIRED_GRACE_MS, sweepRetired } from '../index/retire';
import { liveChunks } from '../index/segment';
import { cleanUpJob } from './clean-up-job';
import { loadLaneStops } from './embed-lane';
import { type BatchResult, loadResults } from './embedded-records';
import { LANES_MAX, laneEvent } from './events';
import type { JobPlan, JobState } from './job';
import { expectTime } from './job-context';
import type { JobRun } from './job-run';
import { changesNothing, isSweptMeanwhile, planDocuments } from './plan';
import { publishPlan } from './publish-plan';
import { loadSealed, sealPlan } from './seal';

/** Lanes that brought nothing for so long are dead: longer than a function and its longest wait. */
const LANES_STALE_MS = 20 * 60 * 1_000;
/** Seconds between two looks at lanes: soon for a job that just began, seldom for a long one. */
const LOOK_SECONDS_MIN = 5;
const LOOK_SECONDS_MAX = 30;

/**
 * Takes the job on. Answers undefined when it is over or waits for a person, otherwise the seconds
 * after which to look again. Errors: `time_is_up`, `job_overtaken`, and those of the phases.
 */
export async function advance(run: JobRun): Promise<number | undefined> {
  for (;;) {
    expectTime(run.context);
    switch (run.state.phase) {
      case 'stage':
      case 'plan':
        if (await plan(run)) return undefined;
        break;
      case 'embed': {
        const seconds = await lookAfterLanes(run);
        if (seconds !== undefined) return seconds;
        break;
      }
      case 'seal':
        await seal(run);
        break;
      case 'publish':
        await publish(run);
        break;
      case 'sweep':
      case 'done':
        await sweep(run);
        return undefined;
    }
  }
}

/** True when the job ends here: there is nothing to do, or somebody has to agree to the price. */
async function plan(run: JobRun): Promise<boolean> {
  const outlook = await planDocuments(run);
  if (changesNothing(run.state, outlook.baseline)) {
    const { library } = outlook.baseline;
    const chunksLive = (library?.segments ?? []).reduce((sum, one) => sum + liveChunks(one), 0);
    await run.save({ phase: 'sweep', generation: library?.generation ?? 0, chunksLive });
    return false;
  }
  const asks = run.state.confirm;
  await run.save({
    phase: 'embed',
    round: run.state.round + 1,
    lanesAt: 0,
    embeddedAt: 0,
    embedStartedAt: 0,
    failures: 0,
    waiting: null,
    sealed: [],
    ...(asks ? { state: 'planned' as const, holder: null } : {}),
  });
  return asks;
}

/** Seconds until the next look, or undefined when every batch has its result. */
async function lookAfterLanes(run: JobRun): Promise<number | undefined> {
  const { state, jobId, context, planNumber } = run;
  const { platform } = context;
  const current = state.plans[planNumber] as JobPlan;
  const batches = [...current.batches.keys()];
  const getsMax = state.lanesAt === 0 ? 0 : undefined;
  const results = await loadResults(platform.kv, jobId, planNumber, batches, getsMax);
  const progress = progressOf(state, current, results);
  if (results.size === batches.length) {
    await run.save({ ...progress, phase: 'seal', failures: 0, waiting: null });
    return undefined;
  }
  const lanes = Math.min(LANES_MAX, batches.length);
  const stops = await loadLaneStops(context, jobId, state.round, lanes);
  const final = stops.find(({ againAt }) => againAt === null);
  if (final !== undefined) {
    await run.save(progress);
    throw new GroundworkError({ ...final });
  }
  const now = platform.clock();
  const heartbeat = Math.max(
    state.lanesAt,
    progress.embeddedAt,
    ...stops.map(({ againAt }) => againAt ?? 0),
  );
  const isStale = state.lanesAt > 0 && now - heartbeat > LANES_STALE_MS;
  if (isStale) await run.save({ ...progress, round: state.round + 1, lanesAt: 0 });
  if (run.state.lanesAt === 0) {
    const { round } = run.state;
    const { library } = current;
    const lane = { jobId, library, plan: planNumber, round, lanes, deferred: 0 };
    await context.push(Array.from({ length: lanes }, (_, i) => laneEvent({ ...lane, lane: i })));
    await run.save({ lanesAt: now, embedStartedAt: run.state.embedStartedAt || now });
  }
  const awaited = stops.find(({ againAt }) => (againAt ?? 0) > now);
  const waiting = awaited === undefined ? null : awaited.message;
  await run.save({ ...progress, failures: 0, waiting });
  const age = (now - run.state.lanesAt) / 1_000;
  return Math.round(Math.min(LOOK_SECONDS_MAX, Math.max(LOOK_SECONDS_MIN, age / 4)));
}

/** The counts that results add up to, on top of what earlier plans used. */
function progressOf(
  state: JobState,
  { batches }: JobPlan,
  results: ReadonlyMap<number, BatchResult>,
) {
  const { tokens, units } = state.spentBefore;
  let embedded = 0;
  let chunksCharged = state.spentBefore.chunks;
  let { count, measured } = tokens;
  let { read, write } = units;
  let embeddedAt = 0;
  for (const [batch, result] of results) {
    embedded += batches[batch]?.[0] ?? 0;
    chunksCharged += result.embedded;
    count += result.tokens;
    measured &&= result.tokensMeasured;
    read += result.readUnits;
    write += result.writeUnits;
    embeddedAt = Math.max(embeddedAt, result.endedAt);
  }
  return {
    chunks: { ...state.chunks, embedded },
    chunksCharged,
    tokens: { count, measured },
    laneUnits: { read, write },
    embeddedAt,
  };
}

async function seal(run: JobRun): Promise<void> {
  const outlook = await planDocuments(run);
  // Somebody else has published meanwhile, and a plan from what there is now has been made.
  if (run.state.phase !== 'seal') return;
  try {
    const sealed = await sealPlan(run, outlook);
    await run.save({ phase: 'publish', sealed, failures: 0 });
  } catch (error) {
    if (!(await isSweptMeanwhile(run, error))) throw error;
    await run.save({ phase: 'plan' });
  }
}

async function publish(run: JobRun): Promise<void> {
  const { state, jobId, planNumber, context } = run;
  const sealed = await loadSealed(context.platform.kv, jobId, planNumber, state.sealed);
  try {
    await publishPlan(run, sealed);
  } catch (error) {
    if (!GroundworkError.isInstance(error) || error.code !== 'publish_lost') throw error;
    // Planning again finds out by whom, and takes over what this job has embedded.
    await run.save({ phase: 'plan' });
  }
}

async function sweep(run: JobRun): Promise<void> {
  const { context, state, jobId } = run;
  const { platform } = context;
  const library = state.plans.at(-1)?.library;
  if (library !== undefined && state.generation > 0) await sweepLibrary(run, library);
  await cleanUpJob(platform, jobId, state);
  await run.save({ state: 'done', phase: 'done', isClean: true, holder: null, waiting: null });
}

/** A segment that is too damaged to be swept is no fault of this job, which has published. */
async function sweepLibrary({ context, jobId }: JobRun, library: string): Promise<void> {
  const { platform } = context;
  try {
    const now = platform.clock();
    await sweepRetired(platform, library, { now, graceMs: RETIRED_GRACE_MS });
  } catch (error) {
    if (!GroundworkError.isInstance(error) || error.retryable) throw error;
    platform.log('retired_not_swept', { jobId, code: error.code });
  }
}
