/** Asks for a job's progress until it is over, at a pace that costs little. */
import { asCallError, type CallError } from '../calls/call-error';
import type { JobState, JobView } from '../calls/contract';

const BUSY_MS = 1000;
const BUSY_LONG_MS = 3000;
const IDLE_MS = 10_000;
const FAILED_MS_MAX = 30_000;

/** A job younger than this is asked for often: most are over by then. */
const YOUNG_MS = 60_000;

const OVER: readonly JobState[] = ['done', 'failed', 'cancelled'];
const IDLE: readonly JobState[] = ['planned', 'paused', 'staging'];

/** Whether nothing more happens to the job unless somebody asks for it. */
export function isOver(state: JobState): boolean {
  return OVER.includes(state);
}

/** How long to wait before the next question; failures make it slower, up to half a minute. */
export function pollDelayMs(
  view: Pick<JobView, 'state' | 'createdAt' | 'updatedAt'> | undefined,
  failures: number,
): number {
  if (failures > 0) return Math.min(FAILED_MS_MAX, BUSY_MS * 2 ** failures);
  if (view === undefined) return BUSY_MS;
  if (IDLE.includes(view.state)) return IDLE_MS;
  return view.updatedAt - view.createdAt < YOUNG_MS ? BUSY_MS : BUSY_LONG_MS;
}

export interface Watch {
  read(): Promise<JobView>;
  /** Waits; it settles early when the watch is no longer wanted. */
  wait(ms: number): Promise<void>;
  isWanted(): boolean;
  onView(view: JobView): void;
  /** What went wrong with one question; the next follows all the same if that may help. */
  onFailure(error: CallError): void;
}

/** Reports the job's views until it is over, or until asking again cannot help. */
export async function watchJob({ read, wait, isWanted, onView, onFailure }: Watch): Promise<void> {
  let view: JobView | undefined;
  let failures = 0;
  while (isWanted()) {
    try {
      view = await read();
      failures = 0;
      if (!isWanted()) return;
      onView(view);
      if (isOver(view.state)) return;
    } catch (thrown) {
      if (!isWanted()) return;
      const error = asCallError(thrown);
      onFailure(error);
      if (!error.retryable) return;
      failures += 1;
    }
    await wait(pollDelayMs(view, failures));
  }
}
