/**
 * A key-value store that keeps to a share of the storage quotas, so that a long job leaves the rest
 * to the people who search meanwhile, and that waits out what passes by itself.
 *
 * One bucket for reads and one for writes, filled evenly and holding two seconds' worth. A request
 * begins when its bucket is out of debt, in the order of the calls, and then takes its whole cost:
 * in no minute is more used than the rate, the burst and one request. What a read costs is known
 * only from its answer; until then the most it may cost is taken.
 */

import pLimit from 'p-limit';
import { GroundworkError } from '../errors';
import { createTally, type Tally, type UsedUnits } from './metered-store';
import type { Clock, KeyValueStore } from './ports';
import { type CallFacts, type StoreCall, unitsOf, wrapStore } from './store-calls';

/** Seconds of the rate that a bucket holds when it is full, as it is at the start. */
export const BURST_SECONDS = 2;
/** First wait after a 429. It doubles, since a sliding window frees units all along. */
export const THROTTLED_WAIT_MS_MIN = 2_000;
/** Longest wait after a 429: by then the window has gone round. */
export const THROTTLED_WAIT_MS_MAX = 60_000;
/** Repeats of a call that was not answered, or with a 5xx, or carried out in part. */
export const UNAVAILABLE_REPEATS_MAX = 3;
/** First wait before such a repeat; it doubles. */
export const UNAVAILABLE_WAIT_MS_MIN = 250;

export interface PaceOptions {
  clock: Clock;
  sleep: (ms: number) => Promise<void>;
  /** Milliseconds until the running function is ended. */
  remainingTimeMs: () => number;
  /** What must be left of them after a wait, for the caller to put its work away. */
  marginMs: number;
  readUnitsPerMinute: number;
  writeUnitsPerMinute: number;
  /** Uniform in [0, 1). */
  random: () => number;
}

/**
 * The paced store, and what has been used through it.
 *
 * Errors: those of the store; `time_is_up` (retryable) when a wait does not fit into the time that
 * is left, before the platform has taken anything of the call.
 */
export function paceStore(
  kv: KeyValueStore,
  options: PaceOptions,
): { kv: KeyValueStore; used: () => UsedUnits } {
  const tally = createTally();
  const pacers = {
    read: new Pacer(options, options.readUnitsPerMinute),
    write: new Pacer(options, options.writeUnitsPerMinute),
  };
  const paced = wrapStore(kv, (call) => pacers[call.side].carryOut(call, tally));
  return { kv: paced, used: tally.used };
}

/** One side of the quota. */
class Pacer {
  private readonly unitsPerMs: number;
  private readonly burst: number;
  /** Units that may be used now; negative when more were. */
  private level: number;
  private filledAt: number;
  /** Nothing begins before, because of a 429. */
  private heldUntil = 0;
  /** Requests under way that may yet give units back. */
  private unsettled = 0;
  private onSettled: (() => void) | undefined;
  private readonly inOrder = pLimit(1);

  constructor(
    private readonly options: PaceOptions,
    unitsPerMinute: number,
  ) {
    this.unitsPerMs = unitsPerMinute / 60_000;
    this.burst = (unitsPerMinute / 60) * BURST_SECONDS;
    this.level = this.burst;
    this.filledAt = options.clock();
  }

  async carryOut<T>(call: StoreCall<T>, tally: Tally): Promise<T> {
    let throttles = 0;
    let repeats = 0;
    // Once an attempt may have taken effect, no error may say that nothing was sent.
    let unclear: GroundworkError | undefined;
    for (;;) {
      await this.inOrder(() => this.admit(call, unclear));
      try {
        return await this.attempt(call, tally, throttles);
      } catch (error) {
        if (hasCode(error, ['store_throttled'])) {
          throttles += 1;
          continue;
        }
        const isPassing = hasCode(error, ['store_unavailable', 'store_partial']);
        if (!isPassing || !call.repeatable || repeats >= UNAVAILABLE_REPEATS_MAX) throw error;
        const waitMs = this.jittered(UNAVAILABLE_WAIT_MS_MIN * 2 ** repeats);
        if (!this.fits(waitMs)) throw error;
        await this.options.sleep(waitMs);
        unclear = error;
        repeats += 1;
      }
    }
  }

  /** Waits until the call may begin, and takes the most that it may cost. */
  private async admit(call: CallFacts, unclear: GroundworkError | undefined): Promise<void> {
    for (let waitMs = this.waitMs(); waitMs > 0; waitMs = this.waitMs()) {
      if (this.unsettled > 0) {
        // What is under way most likely costs less than was taken for it.
        await new Promise<void>((resolve) => {
          this.onSettled = resolve;
        });
        continue;
      }
      if (!this.fits(waitMs)) throw unclear ?? timeIsUp(call, waitMs);
      await this.options.sleep(waitMs);
    }
    this.level -= unitsOf(call.bytesMax);
    if (isUnsettled(call)) this.unsettled += 1;
  }

  private async attempt<T>(call: StoreCall<T>, tally: Tally, throttles: number): Promise<T> {
    // Of a call without an answer, what is known to have been asked for.
    let units = unitsOf(call.bytes);
    try {
      const sent = await tally.send(call);
      units = sent.units;
      return sent.answer;
    } catch (error) {
      if (hasCode(error, ['store_throttled'])) {
        units = 0;
        this.hold(this.throttledWaitMs(error, throttles));
      }
      throw error;
    } finally {
      this.level += unitsOf(call.bytesMax) - units;
      if (isUnsettled(call)) this.unsettled -= 1;
      this.onSettled?.();
    }
  }

  /** Milliseconds until the bucket is out of debt and not held. */
  private waitMs(): number {
    const now = this.options.clock();
    const filled = this.level + Math.max(0, now - this.filledAt) * this.unitsPerMs;
    this.level = Math.min(this.burst, filled);
    this.filledAt = now;
    return Math.max(this.heldUntil - now, Math.ceil(-this.level / this.unitsPerMs));
  }

  /** After a 429 nothing is left of the burst either. */
  private hold(waitMs: number): void {
    this.heldUntil = Math.max(this.heldUntil, this.options.clock() + waitMs);
    this.level = Math.min(this.level, 0);
  }

  private throttledWaitMs({ retryAfterMs }: GroundworkError, throttles: number): number {
    const longest = Math.min(THROTTLED_WAIT_MS_MAX, retryAfterMs ?? THROTTLED_WAIT_MS_MAX);
    return Math.min(longest, this.jittered(THROTTLED_WAIT_MS_MIN * 2 ** throttles));
  }

  /** From the wait itself to half as much again, lest jobs side by side return at one instant. */
  private jittered(waitMs: number): number {
    return Math.round(waitMs * (1 + this.options.random() / 2));
  }

  private fits(waitMs: number): boolean {
    return waitMs + this.options.marginMs <= this.options.remainingTimeMs();
  }
}

function isUnsettled({ bytes, bytesMax }: CallFacts): boolean {
  return bytesMax > bytes;
}

function hasCode(error: unknown, codes: readonly string[]): error is GroundworkError {
  return GroundworkError.isInstance(error) && codes.includes(error.code);
}

function timeIsUp({ operation }: CallFacts, waitMs: number): GroundworkError {
  return new GroundworkError({
    code: 'time_is_up',
    message: `storage ${operation}: its turn comes in ${waitMs} ms, after the end of this function; go on in a new one`,
    facts: { operation, waitMs },
    retryable: true,
  });
}
