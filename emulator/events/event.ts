/** The events of the local platform on their way from a push to a consumer, and how they end. */
import type { ConsumerDeclaration } from '../app-manifest';
import type { InvocationOrigin } from '../runtime/invocation';

/** At most `limit` events with the same `key` run at once, in all queues of an installation. */
export interface Concurrency {
  key: string;
  limit: number;
}

/** What the consumer learns of earlier attempts (`@forge/events` 3.0.8). */
export interface RetryContext {
  /** 1 for the first retry. */
  retryCount: number;
  retryReason: string;
  retryData?: unknown;
  /** How long the event may still be retried; the form of `startTime` is modelled. */
  retentionWindow?: { startTime: string; remainingTimeMs: number };
}

/** What a consumer gets as its one argument (`AsyncEvent` of `@forge/events` 3.0.8). */
export interface DeliveredEvent {
  body: Record<string, unknown>;
  queueName: string;
  jobId: string;
  eventId: string;
  delayInSeconds?: number;
  concurrency?: Concurrency;
  retryContext?: RetryContext;
}

export interface PendingEvent {
  installation: string;
  consumer: ConsumerDeclaration;
  pushedAt: number;
  dueAt: number;
  retries: number;
  /** Deliveries put off one after another because the concurrency key was in use. */
  throttles: number;
  event: DeliveredEvent;
  origin: InvocationOrigin;
}

export type DropReason = 'retries_used' | 'retry_data_too_large' | 'expired' | 'cancelled';

/** How one delivery ended. A dropped event is never delivered again. */
export interface Delivery {
  installation: string;
  event: DeliveredEvent;
  outcome: 'done' | 'retried' | 'dropped';
  /** Why it was dropped; an event that expired while it waited was not delivered again. */
  reason?: DropReason;
  /** What the consumer threw, if it did. */
  error?: unknown;
}

/** How deliveries may differ from the plain case; all off by default. */
export interface DeliveryOptions {
  /** Share of the events that are delivered a second time, 0 to 1. */
  duplicateRate?: number;
  /** Whether events due together are delivered in random order. */
  shuffle?: boolean;
  /** Longest random wait added to each pushed event, which lets later ones overtake it. */
  delayJitterMs?: number;
  /** Consumers that run side by side, 1 by default. */
  parallel?: number;
  /** Retries after which an event is dropped, EVENT_RETRIES_MAX by default. */
  retriesMax?: number;
  /** Whether concurrency keys count, true by default: nothing that must hold may depend on them. */
  honoursConcurrency?: boolean;
}
