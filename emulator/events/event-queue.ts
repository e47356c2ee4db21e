/** The events that wait for delivery, whatever their queue and installation. */
import type { DeliveryOptions, PendingEvent } from './event';

export interface EventQueueOptions extends DeliveryOptions {
  random: () => number;
}

export class EventQueue {
  readonly #options: EventQueueOptions;
  #pending: PendingEvent[] = [];

  constructor(options: EventQueueOptions) {
    this.#options = options;
  }

  get pending(): readonly PendingEvent[] {
    return this.#pending;
  }

  /** Takes a pushed event, twice at times and later than asked at times. */
  push(pending: PendingEvent): void {
    const { duplicateRate = 0, random } = this.#options;
    this.putBack(this.#jittered(pending));
    if (duplicateRate > 0 && random() < duplicateRate) this.putBack(this.#jittered(pending));
  }

  /** Takes an event that was taken out before. */
  putBack(pending: PendingEvent): void {
    this.#pending.push(pending);
  }

  /** When the next event is due, in milliseconds since the epoch. */
  nextDueAt(): number | undefined {
    return this.#soonest()?.dueAt;
  }

  /** Takes out one event that is due: the soonest, or any when the order is shuffled. */
  takeDue(now: number): PendingEvent | undefined {
    const taken = this.#options.shuffle === true ? this.#anyDue(now) : this.#soonest();
    if (taken === undefined || taken.dueAt > now) return undefined;
    this.#pending.splice(this.#pending.indexOf(taken), 1);
    return taken;
  }

  /** Takes out every event that is wanted. */
  remove(wanted: (pending: PendingEvent) => boolean): PendingEvent[] {
    const removed = this.#pending.filter(wanted);
    this.#pending = this.#pending.filter((pending) => !wanted(pending));
    return removed;
  }

  #jittered(pending: PendingEvent): PendingEvent {
    const { delayJitterMs = 0, random } = this.#options;
    const extraMs = delayJitterMs > 0 ? Math.floor(random() * (delayJitterMs + 1)) : 0;
    return { ...pending, dueAt: pending.dueAt + extraMs };
  }

  #soonest(): PendingEvent | undefined {
    let soonest: PendingEvent | undefined;
    for (const pending of this.#pending) {
      if (soonest === undefined || pending.dueAt < soonest.dueAt) soonest = pending;
    }
    return soonest;
  }

  #anyDue(now: number): PendingEvent | undefined {
    const due = this.#pending.filter(({ dueAt }) => dueAt <= now);
    return due[Math.floor(this.#options.random() * due.length)];
  }
}
