/** Counts the deliveries under way by concurrency key. */
import type { Concurrency, PendingEvent } from './event';
import { BACKOFF_SECONDS_MAX, THROTTLE_FACTOR, THROTTLE_SECONDS_FIRST } from './event-limits';

type Keyed = Pick<PendingEvent, 'installation' | 'event'>;

export class ConcurrencyGate {
  #running = new Map<string, number>();

  constructor(private readonly isHonoured: boolean) {}

  /** Counts a delivery in, unless as many run with its key as its limit says. */
  enter(delivery: Keyed): boolean {
    const { concurrency } = delivery.event;
    if (concurrency === undefined) return true;
    const name = nameOf(delivery.installation, concurrency);
    const running = this.#running.get(name) ?? 0;
    if (this.isHonoured && running >= concurrency.limit) return false;
    this.#running.set(name, running + 1);
    return true;
  }

  /** Counts a delivery out that was counted in. */
  leave(delivery: Keyed): void {
    const { concurrency } = delivery.event;
    if (concurrency === undefined) return;
    const name = nameOf(delivery.installation, concurrency);
    const running = (this.#running.get(name) ?? 0) - 1;
    if (running > 0) this.#running.set(name, running);
    else this.#running.delete(name);
  }
}

/** How long an event waits that did not get in, after so many times before. */
export function throttleSeconds(throttles: number): number {
  return Math.min(THROTTLE_SECONDS_FIRST * THROTTLE_FACTOR ** throttles, BACKOFF_SECONDS_MAX);
}

function nameOf(installation: string, { key }: Concurrency): string {
  return JSON.stringify([installation, key]);
}
