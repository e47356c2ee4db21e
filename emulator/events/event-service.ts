/**
 * The queues of the local platform: takes pushes and delivers them to consumers, at least once and
 * in no promised order. Time is the clock's: nothing is delivered until somebody asks for it.
 */
import { EVENTS_PER_MINUTE_MAX } from '../../src/platform/limits';
import type { ConsumerDeclaration } from '../app-manifest';
import type { LocalClock, VirtualClock } from '../clock';
import type { InvocationOrigin } from '../runtime/invocation';
import { errorResponse, jsonResponse, notProvided } from '../runtime/responses';
import { Dispatcher, type Goal } from './dispatcher';
import type { Delivery, DeliveryOptions, PendingEvent } from './event';
import { CYCLIC_PUSHES_MAX, DROPPED_KEPT_MAX, RATE_WINDOW_MS } from './event-limits';
import { EventQueue } from './event-queue';
import { JobBook } from './job-book';
import { judgePush, namedJob, type PushedEvent } from './push-request';

export type { DeliveredEvent, Delivery, DeliveryOptions, PendingEvent } from './event';

export interface QueueRequest {
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
  readonly #queue: EventQueue;
  readonly #dispatcher: Dispatcher;
  readonly #jobs = new JobBook();
  /** Times of the events an installation pushed within the last minute. */
  #pushedAt = new Map<string, number[]>();
  #dropped: Delivery[] = [];

  constructor(options: EventServiceOptions) {
    this.#options = options;
    this.#queue = new EventQueue(options);
    this.#dispatcher = new Dispatcher({
      ...options,
      queue: this.#queue,
      isCancelled: (pending) => this.#jobs.isCancelled(pending),
      ended: (pending, delivery) => this.#ended(pending, delivery),
    });
  }

  /** Answers a request of `@forge/events`. */
  handle(operation: string, request: QueueRequest): Response {
    switch (operation) {
      case 'publish':
        return this.#publish(request);
      case 'stats':
        return this.#stats(request);
      case 'cancel':
        return this.#cancel(request);
      default:
        return notProvided(`the ${operation} request of queues`);
    }
  }

  /** When the next event is due, in milliseconds since the epoch. */
  nextDueAt(): number | undefined {
    return this.#queue.nextDueAt();
  }

  /** Events that wait for delivery. */
  get pending(): readonly PendingEvent[] {
    return this.#queue.pending;
  }

  /** The latest deliveries that ended with the event dropped, oldest first. */
  get dropped(): readonly Delivery[] {
    return this.#dropped;
  }

  /**
   * Delivers everything due now, including what these deliveries push without delay and what comes
   * due while they run.
   */
  deliverDue(): Promise<Delivery[]> {
    return this.#collect('nothing-due');
  }

  /** Waits by the clock and delivers until no event is left. */
  drain(): Promise<Delivery[]> {
    return this.#collect('nothing-left');
  }

  /** `drain` on a virtual clock, which this call moves by itself. */
  async runUntilIdle(): Promise<Delivery[]> {
    const { clock } = this.#options;
    if (!clock.virtual) throw new Error('runUntilIdle needs a virtual clock; use drain');
    return (clock as VirtualClock).drive(this.drain());
  }

  /** Delivers what comes due until told to stop; deliveries under way then go on. */
  serve(stopped: AbortSignal, report: (delivery: Delivery) => void): Promise<void> {
    return this.#dispatcher.run({ stopped }, report);
  }

  /** Waits until no delivery is under way, and begins none. */
  settled(report: (delivery: Delivery) => void): Promise<void> {
    return this.#dispatcher.settled(report);
  }

  async #collect(goal: Goal): Promise<Delivery[]> {
    const deliveries: Delivery[] = [];
    await this.#dispatcher.run(goal, (delivery) => deliveries.push(delivery));
    return deliveries;
  }

  #publish(request: QueueRequest): Response {
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
    for (const pushed of accepted) {
      const pending = this.#newPending(request, consumer, { jobId, ...pushed });
      this.#jobs.open(pending);
      this.#queue.push(pending);
    }
    this.#dispatcher.wake();
    return refused.length === 0
      ? jsonResponse(201, {})
      : jsonResponse(202, { failedEvents: refused });
  }

  #newPending(
    { installation, origin }: QueueRequest,
    consumer: ConsumerDeclaration,
    pushed: PushedEvent & { jobId: string },
  ): PendingEvent {
    const pushedAt = this.#options.clock.now();
    return {
      installation,
      consumer,
      pushedAt,
      dueAt: pushedAt + (pushed.delayInSeconds ?? 0) * 1000,
      retries: 0,
      throttles: 0,
      event: { ...pushed, queueName: consumer.queue, eventId: this.#options.newId() },
      origin,
    };
  }

  #stats({ installation, body }: QueueRequest): Response {
    const job = namedJob(body);
    if (job === undefined) return errorResponse(400, 'INVALID_REQUEST', 'the request names no job');
    const stats = this.#jobs.stats({ installation, ...job });
    return stats === undefined ? jobNotFound(job.jobId) : jsonResponse(200, stats);
  }

  #cancel({ installation, body }: QueueRequest): Response {
    const job = namedJob(body);
    if (job === undefined) return errorResponse(400, 'INVALID_REQUEST', 'the request names no job');
    if (!this.#jobs.cancel({ installation, ...job })) return jobNotFound(job.jobId);
    const ofJob = (pending: PendingEvent) =>
      pending.installation === installation && this.#jobs.isCancelled(pending);
    for (const pending of this.#queue.remove(ofJob)) this.#jobs.close(pending, 'failed');
    this.#dispatcher.wake();
    return jsonResponse(204, undefined);
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

  #ended(pending: PendingEvent, delivery: Delivery): void {
    if (delivery.outcome === 'retried') return;
    this.#jobs.close(pending, delivery.outcome === 'done' ? 'success' : 'failed');
    if (delivery.outcome !== 'dropped') return;
    this.#dropped.push(delivery);
    if (this.#dropped.length > DROPPED_KEPT_MAX) this.#dropped.shift();
  }
}

function jobNotFound(jobId: string): Response {
  return errorResponse(404, 'JOB_NOT_FOUND', `no job ${jobId} was pushed lately`);
}
