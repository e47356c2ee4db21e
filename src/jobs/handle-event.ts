/** An event of the indexing queue: what it may use, and who takes it. */

import { GroundworkError } from '../errors';
import { PROVIDERS, type Providers } from '../index/choose-provider';
import type { Platform } from '../platform/ports';
import { beginDelivery } from './claims';
import { deleteUnlisted } from './clean-up-job';
import { coordinate } from './coordinate';
import { embedLane } from './embed-lane';
import { eraseOn } from './erase-on';
import { isChainEnd, parseEvent, type ReceivedEvent, type Step } from './events';
import { isOver } from './job';
import type { JobContext } from './job-context';
import { loadJob } from './job-store';
import { pacePlatform } from './paced-platform';
import { COORDINATOR_SHARE, LANE_SHARE } from './shares';

/**
 * Takes one event. Throws only what the platform's own retry may mend, and of an error that is not
 * ours nothing but its name: it may carry anything, and the platform logs what a function throws.
 */
export async function handleJobEvent(
  platform: Platform,
  event: unknown,
  providers: Providers = PROVIDERS,
): Promise<void> {
  try {
    await takeEvent(platform, event, providers);
  } catch (error) {
    if (isChainEnd(error)) {
      platform.log('job_chain_ended', {});
      return;
    }
    if (GroundworkError.isInstance(error)) throw error;
    platform.log('job_event_failed', { kind: error instanceof Error ? error.name : 'unknown' });
    throw new GroundworkError({
      code: 'internal_error',
      message: 'an event of a job met an unexpected error; the platform will try it again',
      retryable: true,
    });
  }
}

async function takeEvent(platform: Platform, event: unknown, providers: Providers): Promise<void> {
  const received = parseEvent(event);
  if (received === undefined) {
    platform.log('job_event_invalid', {});
    return;
  }
  const { step } = received;
  if (step.step === 'erase') {
    await eraseOn(contextOf(platform, received, providers));
    return;
  }
  if (await isStale(platform, step.jobId)) {
    platform.log('job_event_stale', { jobId: step.jobId });
    // The try before may have been ended between writing records and finding its job gone.
    if (step.step === 'embed' && received.attempt > 0) await deleteUnlisted(platform, step.library);
    return;
  }
  const context = contextOf(platform, received, providers);
  if (step.step === 'coordinate') {
    await coordinate(context, step.jobId, step.lookAt);
    return;
  }
  if (await beginDelivery(context.platform.kv, step.jobId, received))
    await embedLane(context, step);
  else platform.log('job_event_repeated', { jobId: step.jobId });
}

/** Whether there is nothing left to do for the job, nor a place to write that it was asked. */
async function isStale(platform: Platform, jobId: string): Promise<boolean> {
  try {
    const job = await loadJob(platform.entities, jobId);
    return job === undefined || (isOver(job.state) && job.state.isClean);
  } catch (error) {
    // The coordinator says in the job itself that its state is of another version.
    if (GroundworkError.isInstance(error) && error.code === 'job_outdated') return false;
    throw error;
  }
}

function contextOf(
  platform: Platform,
  { id, attempt, step }: ReceivedEvent,
  providers: Providers,
): JobContext {
  const { platform: paced, used } = pacePlatform(platform, shareOf(step));
  return {
    platform: paced,
    used,
    providerFor: (library, wish) => providers.choose(paced, library, wish),
    providerOf: (fingerprint) => providers.of(paced, fingerprint),
    ...(providers.textsPerBatchMax && { textsPerBatchMax: providers.textsPerBatchMax }),
    event: { id, attempt },
    push: (events) => platform.queue.pushAll(events),
  };
}

function shareOf({ step }: Step): typeof LANE_SHARE {
  return step === 'embed' ? LANE_SHARE : COORDINATOR_SHARE;
}
