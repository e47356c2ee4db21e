/**
 * What the queues of the local platform do beyond the limits in `src/platform/limits`. A constant
 * that says "modelled" stands for behaviour that Forge documents in words only.
 */

/** Pushes that may descend from one invocation. Source: limits-async-events, 2026-02-26. */
export const CYCLIC_PUSHES_MAX = 1_000;

/** `retryData` of a requested retry. Source: limits-async-events, 2026-02-26. */
export const RETRY_DATA_BYTES_MAX = 4 * 1024;

/** Longest wait an app may ask for before a retry. Source: @forge/events 3.0.8. */
export const RETRY_AFTER_SECONDS_MAX = 900;

/** How long after its push an event may be delivered. Source: async-events-api, read 2026-10. */
export const EVENT_RETENTION_MS = 24 * 60 * 60 * 1000;

/**
 * Retries of one event, after which it is dropped. Modelled: the pages of 2025 name four for
 * retries that an app asks for; for consumers today none is published.
 */
export const EVENT_RETRIES_MAX = 4;

/**
 * Wait before the first retry of a function that failed, in seconds; each further one is four times
 * as long: 10 s, 40 s, 160 s, 640 s, then 900 s. Modelled: documented are exponential growth and
 * gaps of up to about 15 minutes (async-events-api, read 2026-10).
 */
export const BACKOFF_SECONDS_FIRST = 10;
export const BACKOFF_FACTOR = 4;
export const BACKOFF_SECONDS_MAX = 900;

/**
 * Wait of an event whose concurrency key is in use, in seconds; each further one is twice as long,
 * up to BACKOFF_SECONDS_MAX. Modelled: documented is that throttled events come again with a
 * growing wait and may expire (async-events-api, read 2026-10).
 */
export const THROTTLE_SECONDS_FIRST = 1;
export const THROTTLE_FACTOR = 2;

/** How long the statistics of a job are kept after its push. Modelled: the longest retention. */
export const JOB_KEPT_MS = EVENT_RETENTION_MS;

/** The window of EVENTS_PER_MINUTE_MAX, taken as sliding. */
export const RATE_WINDOW_MS = 60_000;

/** The most dropped events that are remembered; the oldest go first. */
export const DROPPED_KEPT_MAX = 1_000;
