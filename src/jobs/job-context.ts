/** What a run of a job works with, and when it has to make room for the next. */

import type { EmbeddingProvider } from '../embedding/provider';
import { GroundworkError } from '../errors';
import type { Fingerprint, LibraryEntry } from '../index/catalogue';
import type { EmbedderWish } from '../index/choose-provider';
import type { Platform, QueuedEvent } from '../platform/ports';
import type { JobState, RefusedDocument } from './job';

export interface Units {
  read: number;
  write: number;
}

export interface JobContext {
  /** Its store keeps to the job's share of the quota and counts what it uses. */
  platform: Platform;
  /** Units used by this run so far. */
  used: () => Units;
  /** Provider of a library with these wishes. Errors: those of `createProvider`. */
  providerFor: (library: LibraryEntry | undefined, wish: EmbedderWish) => EmbeddingProvider;
  /** The event being handled, and which try of it this is: 0 is the first. */
  event: { id: string; attempt: number };
  /** The provider that makes vectors as this fingerprint says. Errors: the same. */
  providerOf: (fingerprint: Fingerprint) => EmbeddingProvider;
  /** Texts that a lane embeds and stores at once; as many as a call takes, unless it says less. */
  textsPerBatchMax?: number;
  /** Pushes events of the job: through the queue, or to whoever drives it in this process. */
  push: (events: readonly QueuedEvent[]) => Promise<void>;
  /** Told of what happens, by whoever drives the job in this process. */
  observe?: JobObserver;
}

export interface JobObserver {
  saved: (state: JobState) => void;
  /** The error that ends a run, as it was; where runs are told of, its message must not go. */
  failed: (error: unknown) => void;
  refused: (documents: readonly RefusedDocument[]) => void;
  /** Chunks that have got their vectors. */
  embedded: (chunks: number) => void;
}

/** A function stops so long before its end: what it has begun must still be stored. */
export const HANDOVER_MS = 60_000;

/** Throws `time_is_up` when no further step fits: the caller hands over and returns. */
export function expectTime(context: JobContext, neededMs = HANDOVER_MS): void {
  if (context.platform.remainingTimeMs() > neededMs) return;
  throw timeIsUp();
}

/** True for the error that only says that the work goes on in the next event. */
export function isTimeUp(error: unknown): boolean {
  return GroundworkError.isInstance(error) && error.code === TIME_IS_UP;
}

const TIME_IS_UP = 'time_is_up';

function timeIsUp(): GroundworkError {
  return new GroundworkError({
    code: TIME_IS_UP,
    message: 'the function is near its end; the job goes on in the next event',
    retryable: true,
  });
}
