/**
 * Numbers and names of the storage service that `src/platform/limits.ts` does not hold, because
 * the app never needs them. Pages are under developer.atlassian.com/platform/forge/.
 *
 * "Probe 2026-10-09" below means a public record of 24 cases that were run against real Forge
 * with @forge/kvs 2.0.7 on that day; status, code and message are as the platform answered.
 */

/** Results of a query page that names no limit. Source: CHANGE-1916. */
export const QUERY_LIMIT_DEFAULT = 10;

/**
 * What batches and transactions were once capped at by mistake, instead of 4 MB. Whether it is
 * mended is unconfirmed. Source: FRGE-1916 on the limits page, late 2025.
 */
export const BATCH_BUG_BYTES_MAX = 1_000_000;

/** UTF-8 bytes of a range attribute. Source: limits page, late 2025. */
export const RANGE_VALUE_BYTES_MAX = 900;
/** UTF-8 bytes of all partition attributes of one index. Source: limits page, late 2025. */
export const PARTITION_BYTES_MAX = 1_700;

/** An `integer` attribute is 32-bit signed. Source: storage-api-custom-entities, read 2026-11. */
export const INTEGER_MIN = -2_147_483_648;
export const INTEGER_MAX = 2_147_483_647;

/** The index over keys that every entity has undeclared. Source: storage-api-query-complex. */
export const KEY_INDEX = 'by-key';

/**
 * Windows of the quotas. The pages give rates ("1000 RPS", "per min", "MB/s") and not how they are
 * measured. A sliding window is modelled: no span of that length may hold more than the rate.
 * It is the strictest reading: a fixed window or a refilled bucket would admit as much or more.
 */
export const REQUEST_WINDOW_MS = 1_000;
export const UNIT_WINDOW_MS = 60_000;
export const THROUGHPUT_WINDOW_MS = 1_000;

/** Milliseconds of each TTL unit. Source: @forge/kvs 1.6.5, interfaces/types.d.ts. */
export const TTL_UNIT_MS: Readonly<Record<string, number>> = {
  SECONDS: 1_000,
  MINUTES: 60_000,
  HOURS: 3_600_000,
  DAYS: 86_400_000,
};
