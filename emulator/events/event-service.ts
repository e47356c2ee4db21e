/**
 * The queues of the local platform: takes pushes and delivers them to consumers, at least once and
 * in no promised order. Time is the clock's: nothing is delivered until somebody asks for it.
 *
 * Not provided: statistics, cancelling, concurrency keys, retention.
 */
import { EVENTS_PER_MINUTE_MAX } from '../../src/platform/limits';
import type { ConsumerDeclaration } from '../app-manifest';
import type { LocalClock, VirtualClock } from '../clock';
import type { InvocationOrigin } from '../runtime/invocation';
import { errorResponse, jsonResponse, notProvided } from '../runtime/responses';
import { CYCLIC_PUSHES_MAX, RATE_WINDOW_MS } from './event-limits';
import { judgePush } from './push-request';
import { afterFailure, afterReturn, type NextStep, type RetryContext } from './retry';

/** How deliveries may differ from the plain case; all off by default. */
export interface DeliveryOptions {
  /** Share of the events that are delivered a second time, 0 to 1. */
  duplicateRate?: number;
  /** Whether events due together are delivered in random order. */
  shuffle?: boolean;
  /** Consumers that run side by side, 1 by default. */
  parallel?: number;
}

/** What a consumer gets as its one argument (`AsyncEvent` of `@forge/events` 3.0.8). */
export interface DeliveredEvent {
  body: Record<string, unknown>;
  queueName: string;
  jobId: string;
  eventId: string;
  delayInSeconds?: number;
  retryContext?: RetryContext;
}

export interface PendingEvent {
  installation: string;
  consumer: ConsumerDeclaration;
  dueAt: number;
  retries: number;
  event: DeliveredEvent;
  origin: InvocationOrigin;
}

/** How one delivery ended. A dropped event is never delivered again. */
export interface Delivery {
  installation: string;
  event: DeliveredEvent;
  outcome: 'done' | 'retried' | 'dropped';
  /** What the consumer threw, if it did. */
  error?: unknown;
}

export interface PushingInvocation {
  installation: string;
  origin: InvocationOrigin;
  body: string;
}

export interface EventServiceOptions extends DeliveryOptions {
  consumers: readonly ConsumerDeclaration[];
  clock: LocalClock;
  random: () => number;
  newId: () => string;
  /** Runs the consumer's function. */
  deliver: (pending: PendingEvent) => Promise<unknown>;
}

export class EventService {
  readonly #options: EventServiceOptions;
  #pending: PendingEvent[] = [];
  /** Times of the events an installation pushed within the last minute. */
  #pushedAt = new Map<string, number[]>();
  #dropped: Delivery[] = [];

  constructor(options: EventServiceOptions) {
    this.#options = options;
  }

  /** Answers a request of `@forge/events`. */
  handle(operation: string, request: PushingInvocation): Response {
    if (operation !== 'publish') return notProvided(`the ${operation} request of queues`);
    request.origin.pushes += 1;
    if (request.origin.pushes > CYCLIC_PUSHES_MAX) {
      return errorResponse(405, 'CYCLIC_LIMIT', `more than ${CYCLIC_PUSHES_MAX} pushes descend`);
    }
    const verdict = judgePush(request.body, this.#options.consumers);
    if ('refusal' in verdict) return verdict.refusal;
    const { accepted, refused, consumer, jobId } = verdict;
    if (!this.#withinRate(request.installation, accepted.length)) {
      return errorResponse(429, 'RATE_LIMIT_EXCEEDED', `${EVENTS_PER_MINUTE_MAX} events a minute`);
    }
    for (const { body, delayInSeconds } of accepted) {
      const delayed = delayInSeconds === undefined ? {} : { delayInSeconds };
      const eventId = this.#options.newId();
      this.#enqueue({
        installation: request.installation,
        consumer,
        dueAt: this.#options.clock.now() + (delayInSeconds ?? 0) * 1000,
        retries: 0,
        event: { body, queueName: consumer.queue, jobId, eventId, ...delayed },
        origin: request.origin,
      });
    }
    return refused.length === 0
      ? jsonResponse(201, {})
      : jsonResponse(202, { failedEvents: refused });
  }

  /** When the next event is due, in milliseconds since the epoch. */
  nextDueAt(): number | undefined {
    if (this.#pending.length === 0) return undefined;
    return this.#pending.reduce(
      (soonest, { dueAt }) => Math.min(soonest, dueAt),
      Number.POSITIVE_INFINITY,
    );
  }

  /** Events that wait for delivery. */
  get pending(): readonly PendingEvent[] {
    return this.#pending;
  }

  /** Deliveries that ended with the event dropped, oldest first. */
  get dropped(): readonly Delivery[] {
    return this.#dropped;
  }

  /** Delivers everything due now, including what these deliveries push without delay. */
  async deliverDue(): Promise<Delivery[]> {
    const deliveries: Delivery[] = [];
    for (let due = this.#takeDue(); due.length > 0; due = this.#takeDue()) {
      const lanes = Math.min(this.#options.parallel ?? 1, due.length);
      const waiting = due[Symbol.iterator]();
      const lane = async () => {
        for (const pending of waiting) deliveries.push(await this.#deliver(pending));
      };
      await Promise.all(Array.from({ length: lanes }, lane));
    }
    return deliveries;
  }

  /** Waits by the clock and delivers until no event is left. */
  async drain(): Promise<Delivery[]> {
    const deliveries: Delivery[] = [];
    for (let dueAt = this.nextDueAt(); dueAt !== undefined; dueAt = this.nextDueAt()) {
      const waitMs = dueAt - this.#options.clock.now();
      if (waitMs > 0) await this.#options.clock.sleep(waitMs);
      deliveries.push(...(await this.deliverDue()));
    }
    return deliveries;
  }

  /** `drain` on a virtual clock, which this call moves by itself. */
  async runUntilIdle(): Promise<Delivery[]> {
    const { clock } = this.#options;
    if (!clock.virtual) throw new Error('runUntilIdle needs a virtual clock; use drain');
    return (clock as VirtualClock).drive(this.drain());
  }

  #withinRate(installation: string, count: number): boolean {
    const now = this.#options.clock.now();
    const recent = this.#pushedAt.get(installation) ?? [];
    const within = recent.filter((at) => at > now - RATE_WINDOW_MS);
    if (within.length + count > EVENTS_PER_MINUTE_MAX) return false;
    for (let index = 0; index < count; index++) within.push(now);
    this.#pushedAt.set(installation, within);
    return true;
  }

  #enqueue(pending: PendingEvent): void {
    const { duplicateRate = 0, random } = this.#options;
    this.#pending.push(pending);
    if (duplicateRate > 0 && random() < duplicateRate) this.#pending.push({ ...pending });
  }

  #takeDue(): PendingEvent[] {
    const now = this.#options.clock.now();
    const due = this.#pending.filter(({ dueAt }) => dueAt <= now);
    this.#pending = this.#pending.filter(({ dueAt }) => dueAt > now);
    due.sort((a, b) => a.dueAt - b.dueAt);
    if (this.#options.shuffle === true) shuffleInPlace(due, this.#options.random);
    return due;
  }

  async #deliver(pending: PendingEvent): Promise<Delivery> {
    const { installation, event, retries } = pending;
    let next: NextStep;
    let thrown: { error: unknown } | undefined;
    try {
      next = afterReturn(await this.#options.deliver(pending), retries);
    } catch (error) {
      thrown = { error };
      next = afterFailure(error, retries);
    }
    const outcome = next.type === 'retry' ? 'retried' : next.type;
    if (next.type === 'retry') {
      this.#pending.push({
        ...pending,
        dueAt: this.#options.clock.now() + next.afterSeconds * 1000,
        retries: retries + 1,
        event: { ...event, retryContext: next.context },
      });
    }
    const delivery: Delivery = { installation, event, outcome, ...thrown };
    if (outcome === 'dropped') this.#dropped.push(delivery);
    return delivery;
  }
}

/** Fisher and Yates. */
function shuffleInPlace<T>(items: T[], random: () => number): void {
  for (let last = items.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const a = items[last] as T;
    items[last] = items[other] as T;
    items[other] = a;
  }
}
