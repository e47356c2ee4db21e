/**
 * A lane of the fan-out: an event that embeds every so manyeth batch of a plan, as long as its
 * function has time, and then pushes itself on. It writes nothing but what is its own: claims,
 * records, results, and why it stopped.
 */

import * as v from 'valibot';
import { GroundworkError } from '../errors';
import type { Fingerprint } from '../index/catalogue';
import { openValue } from '../index/envelope';
import { toItem } from '../index/stored-item';
import { type Claim, type ClaimRequest, claimBatch, releaseClaim } from './claims';
import { type BatchWork, discardBatch, embedBatch, storeBatch } from './embed-batch';
import { loadResults, readPresent } from './embedded-records';
import { messageOf } from './error-message';
import { coordinateEvent, type Lane, laneEvent } from './events';
import type { JobPlan } from './job';
import { expectTime, isTimeUp, type JobContext } from './job-context';
import { laneKey } from './job-keys';
import { loadJob } from './job-store';

/** Time a batch may need: a provider's slow answer, its repeats, and storing the records. */
const BATCH_MS = 120_000;
/** A provider that failed so often in a row is not coming back while the job waits. */
const DEFERRALS_MAX = 40;
/** Wait of a lane whose provider did not say how long. */
const DEFER_SECONDS_MIN = 30;
const DEFER_SECONDS_MAX = 900;

const stopSchema = v.object({
  code: v.string(),
  message: v.string(),
  /** When the lane goes on by itself; null when it does not. */
  againAt: v.nullable(v.number()),
});

/** Why a lane does not go on for now, or at all. */
export type LaneStop = v.InferOutput<typeof stopSchema>;

/** Works on the lane's batches until they are done, its time is up, or the job wants it no more. */
export async function embedLane(context: JobContext, lane: Lane): Promise<void> {
  let { deferred } = lane;
  try {
    const job = await activeJob(context, lane);
    if (job === undefined) return;
    for (const batch of await openBatches(context, lane, job)) {
      expectTime(context, BATCH_MS);
      if ((await activeJob(context, lane)) === undefined) return;
      if (await embedUnclaimed(context, lane, job, batch)) deferred = 0;
    }
  } catch (error) {
    if (isTimeUp(error)) await context.push([laneEvent({ ...lane, deferred })]);
    else await stop(context, { ...lane, deferred }, error);
    return;
  }
  await context.push([coordinateEvent(lane.jobId)]);
}

interface ActiveJob {
  libraryName: string;
  plan: JobPlan;
  fingerprint: Fingerprint;
  resumed: number;
}

/** The job while it still wants this lane: the round is the fence that a newer one has moved. */
async function activeJob(
  { platform }: JobContext,
  { jobId, plan: number, round }: Lane,
): Promise<ActiveJob | undefined> {
  const job = await loadJob(platform.entities, jobId);
  const state = job?.state;
  if (state?.state !== 'running' || state.phase !== 'embed' || state.round !== round) return;
  const plan = state.plans[number];
  if (plan === undefined || number !== state.plans.length - 1) return;
  if (state.fingerprint === null) return;
  const { fingerprint, resumed } = state;
  return { libraryName: state.request.library, plan, fingerprint, resumed };
}

/** Batches of the lane that have no result yet. */
async function openBatches(
  { platform }: JobContext,
  lane: Lane,
  { plan }: ActiveJob,
): Promise<number[]> {
  const own = [...plan.batches.keys()].filter((batch) => batch % lane.lanes === lane.lane);
  // One that is missed here is claimed already.
  const results = await loadResults(platform.kv, lane.jobId, lane.plan, own, 0);
  return own.filter((batch) => !results.has(batch));
}

/**
 * What becomes of what is embedded for a job. Nobody wants it any more of one that is gone,
 * cancelled or failed for good; of one that is done, the generation that it published has it.
 */
async function fateOf(
  { platform }: JobContext,
  jobId: string,
): Promise<'wanted' | 'published' | 'discarded'> {
  const job = await loadJob(platform.entities, jobId);
  if (job === undefined) return 'discarded';
  const { state, isClean } = job.state;
  if (state === 'done') return 'published';
  return state === 'cancelled' || (state === 'failed' && isClean) ? 'discarded' : 'wanted';
}

/** Embeds a batch unless somebody else has it. */
async function embedUnclaimed(
  context: JobContext,
  lane: Lane,
  { libraryName, plan: current, fingerprint, resumed }: ActiveJob,
  batch: number,
): Promise<boolean> {
  const { platform, event } = context;
  const { jobId, plan } = lane;
  const now = platform.clock();
  const until = now + platform.remainingTimeMs();
  const request = { jobId, plan, batch, event, now, until, resumed };
  const claim = await claimBatch(platform.kv, request);
  if (claim === undefined) return false;
  // Whoever claimed it before may have come to its end after all.
  const isDone =
    claim.number > 0 && (await loadResults(platform.kv, jobId, plan, [batch])).size > 0;
  if (isDone) return true;
  const provider = context.providerOf(fingerprint);
  const work = { jobId, plan, batch, libraryName, current, claim, provider };
  await embedClaimed(context, work, request);
  return true;
}

/** Embeds and stores a batch. Where the lane will say why it stops, others may take the batch. */
async function embedClaimed(
  context: JobContext,
  work: BatchWork,
  request: ClaimRequest,
): Promise<void> {
  const { jobId, claim } = work;
  let isEmpty = true;
  try {
    const embedded = await embedBatch(context, work);
    // Who deletes everything meanwhile must find nothing of it again. But what was paid is not
    // lost for that this cannot be told: it is looked at again when it is stored.
    const fate = await fateOf(context, jobId).catch(() => 'wanted');
    if (fate !== 'wanted') return;
    isEmpty = false;
    await storeBatch(context, work, embedded);
    if ((await fateOf(context, jobId)) === 'discarded') {
      await discardBatch(context, work, embedded);
    }
    context.observe?.embedded(embedded.result.claims.length);
  } catch (error) {
    const isHandedOver = isTimeUp(error) || isStop(error);
    if (isHandedOver) await letGo(context, request, { ...claim, isEmpty });
    throw error;
  }
}

async function letGo(
  context: JobContext,
  request: ClaimRequest,
  claim: Claim & { isEmpty: boolean },
): Promise<void> {
  if ((await fateOf(context, request.jobId)) !== 'wanted') return;
  await releaseClaim(context.platform.kv, request, claim);
}

/** Whether an error stops the lane; any other the platform's own retry may mend. */
function isStop(error: unknown): error is GroundworkError {
  if (!GroundworkError.isInstance(error)) return false;
  return error.code.startsWith('provider_') || !error.retryable;
}

/** Leaves word why the lane stops, and comes back later where waiting may help. */
async function stop(context: JobContext, lane: Lane, error: unknown): Promise<void> {
  if (!isStop(error)) throw error;
  if ((await fateOf(context, lane.jobId)) !== 'wanted') return;
  const mayPass = error.retryable && lane.deferred < DEFERRALS_MAX;
  const seconds = secondsUntilNext(error, lane.deferred);
  const againAt = mayPass ? context.platform.clock() + seconds * 1_000 : null;
  const { code } = error;
  const message = messageOf(error, lane.jobId);
  const key = laneKey(lane.jobId, lane.round, lane.lane);
  const body = JSON.stringify({ code, message, againAt } satisfies LaneStop);
  await context.platform.kv.set(key, toItem('work', key, body).value);
  const again = laneEvent({ ...lane, deferred: lane.deferred + 1 }, seconds);
  await context.push(
    mayPass ? [again, coordinateEvent(lane.jobId)] : [coordinateEvent(lane.jobId)],
  );
}

function secondsUntilNext(error: GroundworkError, deferred: number): number {
  const asked = (error.retryAfterMs ?? 0) / 1_000;
  const own = DEFER_SECONDS_MIN * 2 ** Math.min(deferred, 5);
  return Math.min(DEFER_SECONDS_MAX, Math.ceil(Math.max(asked, own)));
}

/** What lanes of a round have left word of. */
export async function loadLaneStops(
  { platform }: JobContext,
  jobId: string,
  round: number,
  lanes: number,
): Promise<LaneStop[]> {
  const keys = Array.from({ length: lanes }, (_, lane) => laneKey(jobId, round, lane));
  const values = await readPresent(
    platform.kv,
    keys.map((key) => ({ key, bytes: 1_000 })),
  );
  return keys.flatMap((key) => {
    const value = values.get(key);
    return value === undefined
      ? []
      : [v.parse(stopSchema, JSON.parse(openValue('work', key, value)))];
  });
}
