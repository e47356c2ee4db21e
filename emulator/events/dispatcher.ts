/**
 * Runs consumers: an event starts as soon as it is due and a lane is free, also while others run.
 * Runs of the dispatcher may follow or overlap each other; lanes and what is under way are shared.
 */
import type { LocalClock } from '../clock';
import { ConcurrencyGate, throttleSeconds } from './concurrency';
import type { DeliveredEvent, Delivery, DeliveryOptions, PendingEvent } from './event';
import { EVENT_RETENTION_MS, EVENT_RETRIES_MAX } from './event-limits';
import type { EventQueue } from './event-queue';
import { afterFailure, afterReturn, type NextStep } from './retry';

/** When a run is over; a run that is stopped leaves the deliveries under way to the next. */
export type Goal = 'nothing-due' | 'nothing-left' | { stopped: AbortSignal };

export interface DispatcherOptions extends DeliveryOptions {
  queue: EventQueue;
  clock: LocalClock;
  /** Runs the consumer's function. */
  deliver: (pending: PendingEvent) => Promise<unknown>;
  isCancelled: (pending: PendingEvent) => boolean;
  /** Learns of every end of a delivery, before the run's report. */
  ended: (pending: PendingEvent, delivery: Delivery) => void;
}

type Report = (delivery: Delivery) => void;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #gate: ConcurrencyGate;
  #running = 0;
  #reports = new Set<Report>();
  /** Deliveries that ended while no run was there to report them. */
  #unreported: Delivery[] = [];
  #wakers = new Set<() => void>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#gate = new ConcurrencyGate(options.honoursConcurrency ?? true);
  }

  /** Delivers until the goal is met. */
  async run(goal: Goal, report: Report): Promise<void> {
    for (const delivery of this.#unreported.splice(0)) report(delivery);
    const wake = () => this.wake();
    if (typeof goal === 'object') goal.stopped.addEventListener('abort', wake, { once: true });
    this.#reports.add(report);
    try {
      while (!isStopped(goal)) {
        this.#startDue();
        if (this.#isMet(goal)) return;
        await this.#change();
      }
    } finally {
      this.#reports.delete(report);
    }
  }

  /** Waits until no delivery is under way, and begins none. */
  async settled(report: Report): Promise<void> {
    this.#reports.add(report);
    while (this.#running > 0) {
      await new Promise<void>((resolve) => this.#wakers.add(resolve));
    }
    this.#reports.delete(report);
  }

  /** Has the runs look again at what is due. */
  wake(): void {
    const wakers = [...this.#wakers];
    this.#wakers.clear();
    for (const waker of wakers) waker();
  }

  get #hasFreeLane(): boolean {
    return this.#running < (this.#options.parallel ?? 1);
  }

  #isMet(goal: Goal): boolean {
    if (this.#running > 0 || typeof goal === 'object') return false;
    return goal === 'nothing-due' || this.#options.queue.pending.length === 0;
  }

  /** Settles at the next push or end of a delivery, or when an event is due for a free lane. */
  #change(): Promise<void> {
    const { queue, clock } = this.#options;
    const dueAt = this.#hasFreeLane ? queue.nextDueAt() : undefined;
    return new Promise((resolve) => {
      let cancel = (): unknown => undefined;
      const wake = () => {
        cancel();
        this.#wakers.delete(wake);
        resolve();
      };
      this.#wakers.add(wake);
      if (dueAt === undefined) return;
      // While a consumer runs the clock waits for that one: its work may take no virtual time.
      const deadline = this.#running > 0;
      cancel = clock.after(dueAt - clock.now(), wake, { deadline });
    });
  }

  #startDue(): void {
    const { queue, clock } = this.#options;
    while (this.#hasFreeLane) {
      const pending = queue.takeDue(clock.now());
      if (pending === undefined) return;
      if (clock.now() >= expiresAt(pending)) {
        this.#end(pending, { type: 'dropped', reason: 'expired' });
      } else if (this.#gate.enter(pending)) {
        this.#running += 1;
        void this.#deliver(pending);
      } else {
        const { throttles } = pending;
        this.#putBack({ ...pending, throttles: throttles + 1 }, throttleSeconds(throttles));
      }
    }
  }

  async #deliver(pending: PendingEvent): Promise<void> {
    const { clock, deliver, retriesMax = EVENT_RETRIES_MAX } = this.#options;
    const attempt = { retries: pending.retries, retriesMax };
    const event = asDelivered(pending, clock.now());
    const delivered = { ...pending, event };
    let next: NextStep;
    let thrown: { error: unknown } | undefined;
    try {
      next = afterReturn(await clock.attend(() => deliver(delivered)), attempt);
    } catch (error) {
      thrown = { error };
      next = afterFailure(error, attempt);
    }
    this.#gate.leave(pending);
    this.#running -= 1;
    if (next.type === 'retry' && this.#options.isCancelled(pending)) {
      next = { type: 'dropped', reason: 'cancelled' };
    }
    if (next.type === 'retry' && clock.now() >= expiresAt(pending)) {
      next = { type: 'dropped', reason: 'expired' };
    }
    this.#end(delivered, next, thrown);
    this.wake();
  }

  #end(pending: PendingEvent, next: NextStep, thrown?: { error: unknown }): void {
    const { installation, event, retries } = pending;
    if (next.type === 'retry') {
      const retried = { ...event, retryContext: next.context };
      const again = { ...pending, retries: retries + 1, throttles: 0, event: retried };
      this.#putBack(again, next.afterSeconds);
    }
    const outcome = next.type === 'retry' ? 'retried' : next.type;
    const reason = next.type === 'dropped' ? { reason: next.reason } : {};
    const delivery: Delivery = { installation, event, outcome, ...reason, ...thrown };
    this.#options.ended(pending, delivery);
    if (this.#reports.size === 0) this.#unreported.push(delivery);
    for (const report of this.#reports) report(delivery);
  }

  /** An event that would come again too late comes at the end of its time, to be dropped. */
  #putBack(pending: PendingEvent, afterSeconds: number): void {
    const dueAt = this.#options.clock.now() + afterSeconds * 1000;
    this.#options.queue.putBack({ ...pending, dueAt: Math.min(dueAt, expiresAt(pending)) });
  }
}

function isStopped(goal: Goal): boolean {
  return typeof goal === 'object' && goal.stopped.aborted;
}

function expiresAt({ pushedAt }: PendingEvent): number {
  return pushedAt + EVENT_RETENTION_MS;
}

/** The event with what is left of its time, which a retry learns. */
function asDelivered(pending: PendingEvent, now: number): DeliveredEvent {
  const { event, pushedAt } = pending;
  if (event.retryContext === undefined) return event;
  const startTime = new Date(pushedAt).toISOString();
  const retentionWindow = { startTime, remainingTimeMs: expiresAt(pending) - now };
  return { ...event, retryContext: { ...event.retryContext, retentionWindow } };
}
