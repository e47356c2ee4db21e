/**
 * Limits of the Forge platform as data. Each constant names its page and the date the page showed.
 * Pages are under developer.atlassian.com/platform/forge/.
 */

/**
 * Read and write quota unit. The page says 10 KB; whether that is 10,000 or 10,240 bytes is
 * unconfirmed, so the stricter reading is taken, here and nowhere else.
 * Source: limits-kvs-ce, 2025-12-01.
 */
export const KVS_UNIT_BYTES = 10_000;

/** Source: limits-kvs-ce, 2025-12-01. Per installation. */
export const KVS_READ_UNITS_PER_MINUTE = 4_000;
/** Source: limits-kvs-ce, 2025-12-01. Per installation. */
export const KVS_WRITE_UNITS_PER_MINUTE = 4_000;
/** Source: limits-kvs-ce, 2025-12-01. Per installation. */
export const KVS_REQUESTS_PER_SECOND = 1_000;
/** 240 KiB per value, taken as UTF-8 bytes of its JSON. Source: limits-kvs-ce, 2025-12-01. */
export const KVS_VALUE_BYTES_MAX = 240 * 1024;
/** Source: limits-kvs-ce, 2025-12-01 (the REST specification says 32; the stricter is taken). */
export const KVS_DEPTH_MAX = 31;
/** Source: limits-kvs-ce, 2025-12-01. */
export const KVS_KEY_CHARACTERS_MAX = 500;
/** Source: limits-kvs-ce, 2025-12-01. `\s-#` is a literal quirk of the published pattern. */
export const KVS_KEY_PATTERN = /^(?!\s+$)[a-zA-Z0-9:._\s-#]+$/;
/** Keys of one batch call. Source: storage-reference/entities-batch, read 2026-10. */
export const KVS_BATCH_KEYS_MAX = 25;
/** Bytes of one batchSet or transaction. Source: storage-reference/entities-batch, read 2026-10. */
export const KVS_BATCH_BYTES_MAX = 4_000_000;
/**
 * What this project puts into one batch or transaction: a known bug once capped both at 1 MB
 * (FRGE-1916 on the limits page, late 2025), and whether it is mended is unconfirmed.
 */
export const KVS_BATCH_BYTES_SAFE = 900_000;
/** Operations of one transaction. Source: storage-reference/transactions, 2025-03-03. */
export const KVS_TRANSACTION_OPERATIONS_MAX = 25;
/** Results of one query page. Source: CHANGE-1916; the default is 10. */
export const KVS_QUERY_LIMIT_MAX = 100;
/** Bytes a second that one key may be read with. Source: limits-kvs-ce, 2025-12-01. */
export const KVS_KEY_READ_BYTES_PER_SECOND = 12_000_000;
/** Bytes a second that one key may be written with. Source: limits-kvs-ce, 2025-12-01. */
export const KVS_KEY_WRITE_BYTES_PER_SECOND = 1_000_000;
/** Bytes a second a query may read per index value. Source: limits-kvs-ce, 2025-12-01. */
export const KVS_QUERY_BYTES_PER_SECOND = 24_000_000;
/** Longest TTL, in days. Source: kvs-api, 2026-08-21. */
export const KVS_TTL_DAYS_MAX = 365;

/** Entities an app may declare. Source: limits page, late 2025. */
export const ENTITIES_MAX = 20;
/** Attributes of one entity. Source: limits page, late 2025. */
export const ENTITY_ATTRIBUTES_MAX = 50;
/** Indexes of one entity. Source: limits page, late 2025. */
export const ENTITY_INDEXES_MAX = 7;
/** Conditions of one entity query. Source: limits page, late 2025. */
export const ENTITY_CONDITIONS_MAX = 100;

/** Events of one push. Source: limits-async-events, 2026-02-26; @forge/events 3.0.8. */
export const EVENTS_PER_PUSH_MAX = 50;
/** Bytes of all events of one push, as JSON. Source: limits-async-events, 2026-02-26. */
export const EVENT_PUSH_BYTES_MAX = 200 * 1024;
/** One event for a consumer with timeoutSeconds > 55. Source: limits-async-events, 2026-02-26. */
export const EVENT_LONG_CONSUMER_BYTES_MAX = 100 * 1024;
/** Events a minute per installation. Source: limits-async-events, 2026-02-26. */
export const EVENTS_PER_MINUTE_MAX = 500;
/** Longest delay of an event. Source: @forge/events 3.0.8. */
export const EVENT_DELAY_SECONDS_MAX = 900;

/** A resolver's time. Source: limits-invocation, 2026-09-01. */
export const RESOLVER_TIMEOUT_SECONDS = 25;
/** A consumer's time unless timeoutSeconds says more. Source: limits-invocation, 2026-09-01. */
export const CONSUMER_TIMEOUT_SECONDS_DEFAULT = 55;
/** The most timeoutSeconds may say. Source: limits-invocation, 2026-09-01. */
export const CONSUMER_TIMEOUT_SECONDS_MAX = 900;
/** Body of one front-end invocation. Source: limits page, late 2025. */
export const INVOKE_REQUEST_BYTES_MAX = 500_000;
/** Answer to one front-end invocation. Source: limits page, late 2025. */
export const INVOKE_RESPONSE_BYTES_MAX = 5_000_000;
