/**
 * What Groundwork needs from the platform it runs on. The adapters beside this file give it by
 * means of `@forge/*`; the index, retrieval and handlers know these interfaces only.
 */

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

export interface TimeToLive {
  value: number;
  unit: 'SECONDS' | 'MINUTES' | 'HOURS' | 'DAYS';
}

/** Plain key-value storage of one installation. `get` is strongly consistent, `query` lags. */
export interface KeyValueStore {
  get(key: string): Promise<JsonValue | undefined>;
  set(key: string, value: JsonValue, options?: { ttl?: TimeToLive }): Promise<void>;
  /**
   * Writes only where nothing stands; false when the key was taken. A value whose time to live is
   * over still takes its key until the platform sweeps it, and a call whose answer was lost may
   * have written.
   */
  create(key: string, value: JsonValue, options?: { ttl?: TimeToLive }): Promise<boolean>;
  delete(key: string): Promise<void>;
  /**
   * At most 25 keys, each once. A key that is absent, or that the platform failed to read, is
   * missing from the answer: who needs it reads it again by `get`.
   */
  batchGet(keys: readonly string[]): Promise<Map<string, JsonValue>>;
  /** At most 25 keys and 4 MB. Every item is stored when the promise resolves; otherwise throws. */
  batchSet(items: readonly { key: string; value: JsonValue; ttl?: TimeToLive }[]): Promise<void>;
  /** At most 25 keys. Every item is gone when the promise resolves; otherwise throws. */
  batchDelete(keys: readonly string[]): Promise<void>;
  /** Keys with the prefix, in lexicographic order, eventually consistent. `limit` at most 100. */
  query(options: {
    prefix: string;
    limit: number;
    cursor?: string;
  }): Promise<{ results: { key: string; value: JsonValue }[]; cursor?: string }>;
}

/** One write of a transaction that happens only while an integer attribute has this value. */
export interface ConditionalSet {
  entity: string;
  key: string;
  value: { readonly [attribute: string]: JsonValue };
  condition: { attribute: string; equals: number };
}

/** Custom entities of one installation: the only values the platform can compare and set. */
export interface EntityStore {
  get(entity: string, key: string): Promise<{ [attribute: string]: JsonValue } | undefined>;
  /** Writes only where nothing stands; false when the key was taken. */
  create(
    entity: string,
    key: string,
    value: { readonly [attribute: string]: JsonValue },
  ): Promise<boolean>;
  /** All or nothing; false when a condition did not hold. At most 25 operations. */
  transact(sets: readonly ConditionalSet[]): Promise<boolean>;
  delete(entity: string, key: string): Promise<void>;
}

/** The platform's encrypted space for keys of providers: not queryable, never listed. */
export interface SecretStore {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
}

export interface EventOptions {
  /** 0 to 900. */
  delaySeconds?: number;
  /** At most `limit` events of this key run side by side, over all queues of the installation. */
  concurrency?: { key: string; limit: number };
}

export type EventBody = { readonly [key: string]: JsonValue };

export interface QueuedEvent extends EventOptions {
  body: EventBody;
}

/** Pushes events to the app's own consumers. Delivery is at least once and unordered. */
export interface EventQueue {
  push(body: EventBody, options?: EventOptions): Promise<void>;
  /**
   * Any number of events, in as few pushes as the platform allows, one after the other. When it
   * throws, events may have been taken already: pushing all of them again delivers those twice.
   */
  pushAll(events: readonly QueuedEvent[]): Promise<void>;
}

export interface JiraIssue {
  key: string;
  project: string;
  type: string;
  summary: string;
  /** Plain text, or Atlassian Document Format as Jira's REST API v3 gives it. */
  description: JsonValue;
  labels: string[];
  components: string[];
}

/** Jira as the calling user sees it. */
export interface JiraClient {
  /** Undefined when the issue is not there or the user may not see it. */
  issue(key: string): Promise<JiraIssue | undefined>;
  /** Whether the calling user holds a permission, in a project or globally. */
  holds(permission: 'ADMINISTER' | 'BROWSE_PROJECTS', projectKey?: string): Promise<boolean>;
}

/** Outbound HTTP, to the hosts of the app manifest only. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** Milliseconds since the epoch. */
export type Clock = () => number;

/** Fresh identifiers of [a-z0-9], never given twice. */
export type NewId = () => string;

/** One line of log: an event's name and numbers. Never text of a customer, never a secret. */
export type Log = (
  event: string,
  facts: Readonly<Record<string, string | number | boolean>>,
) => void;

export interface Platform {
  kv: KeyValueStore;
  entities: EntityStore;
  secrets: SecretStore;
  queue: EventQueue;
  jira: JiraClient;
  fetch: Fetch;
  clock: Clock;
  newId: NewId;
  /** Uniform in [0, 1): jitter of retries. */
  random: () => number;
  log: Log;
  /** Id of the installation that the running function works for. */
  installation: () => string;
  /** Milliseconds until the running function is ended by the platform. */
  remainingTimeMs: () => number;
  /** Resolves after so many milliseconds. */
  sleep: (ms: number) => Promise<void>;
}
