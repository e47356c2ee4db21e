/**
 * Counts what callers ask of the platform. A scope covers everything started inside it; scopes
 * nest, and a request counts for each scope around it.
 *
 * Round trips: a storage request's depth is 1 + the greatest depth among the scope's requests that
 * had completed when it was issued; the scope's round trips are the greatest depth. Requests side
 * by side therefore share one.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export interface MeterReading {
  /** Storage requests. */
  requests: number;
  /** Storage only. Summed over the scopes of a caller, since depth means nothing across them. */
  roundTrips: number;
  bytesRead: number;
  bytesWritten: number;
  readUnits: number;
  writeUnits: number;
  /** Requests to queues, to Jira and to other hosts. */
  otherRequests: number;
  /** Real milliseconds during which at least one request of the scope was under way. */
  fetchMs: number;
}

/** What one storage request used. */
export type Usage = Pick<MeterReading, 'bytesRead' | 'bytesWritten' | 'readUnits' | 'writeUnits'>;

export interface RequestMark {
  /** To be called exactly once, when the answer is handed to the caller. */
  complete(usage?: Usage): void;
}

export interface Meter {
  /** Runs `fn` in a scope of its own and says what was asked of the platform meanwhile. */
  measure<T>(label: string, fn: () => Promise<T>): Promise<{ result: T; reading: MeterReading }>;
  /** Runs `fn` in a scope whose requests are added to the caller's reading. */
  scope<T>(label: string, fn: () => Promise<T>): Promise<T>;
  /** Everything since the start or the last reset, whole and by caller. */
  snapshot(): { total: MeterReading; callers: Record<string, MeterReading> };
  reset(): void;
  /** Marks that a request is issued in the scope in force. */
  issue(kind: 'storage' | 'other'): RequestMark;
}

interface Scope {
  meter: Meter;
  label: string;
  parent: Scope | undefined;
  reading: MeterReading;
  depthCompleted: number;
  active: number;
  activeSince: number;
}

/** Creates a meter that has counted nothing. */
export function createMeter(): Meter {
  return new ScopedMeter();
}

/** One for all meters: each further one would slow down every promise of the process for good. */
const scopeInForce = new AsyncLocalStorage<Scope>();

class ScopedMeter implements Meter {
  #total = emptyReading();
  #callers = new Map<string, MeterReading>();

  async measure<T>(
    label: string,
    fn: () => Promise<T>,
  ): Promise<{ result: T; reading: MeterReading }> {
    const scope = this.#open(label);
    const result = await scopeInForce.run(scope, fn);
    return { result, reading: { ...scope.reading } };
  }

  scope<T>(label: string, fn: () => Promise<T>): Promise<T> {
    return scopeInForce.run(this.#open(label), fn);
  }

  snapshot(): { total: MeterReading; callers: Record<string, MeterReading> } {
    const callers: Record<string, MeterReading> = {};
    for (const [label, reading] of this.#callers) callers[label] = { ...reading };
    return { total: { ...this.#total }, callers };
  }

  reset(): void {
    this.#total = emptyReading();
    this.#callers.clear();
  }

  issue(kind: 'storage' | 'other'): RequestMark {
    const marks = this.#around().map((scope) => this.#begin(scope, kind));
    return {
      complete: (usage) => {
        for (const mark of marks) mark(usage);
      },
    };
  }

  #open(label: string): Scope {
    const parent = this.#current();
    const reading = emptyReading();
    return { meter: this, label, parent, reading, depthCompleted: 0, active: 0, activeSince: 0 };
  }

  #current(): Scope | undefined {
    const scope = scopeInForce.getStore();
    return scope?.meter === this ? scope : undefined;
  }

  /** The scope in force and those around it, innermost first. */
  #around(): Scope[] {
    const scopes: Scope[] = [];
    for (let scope = this.#current(); scope !== undefined; scope = scope.parent) {
      scopes.push(scope);
    }
    return scopes;
  }

  #begin(scope: Scope, kind: 'storage' | 'other'): (usage?: Usage) => void {
    const depth = scope.depthCompleted + 1;
    if (scope.active === 0) scope.activeSince = performance.now();
    scope.active += 1;
    if (kind === 'other') {
      this.#add(scope, { otherRequests: 1 });
    } else {
      const deeper = Math.max(0, depth - scope.reading.roundTrips);
      this.#add(scope, { requests: 1, roundTrips: deeper });
    }
    return (usage) => {
      if (kind === 'storage') scope.depthCompleted = Math.max(scope.depthCompleted, depth);
      scope.active -= 1;
      const fetchMs = scope.active === 0 ? performance.now() - scope.activeSince : 0;
      this.#add(scope, { ...usage, fetchMs });
    };
  }

  /** Adds to the scope, to its caller unless an outer scope has the same one, and to the total. */
  #add(scope: Scope, counts: Partial<MeterReading>): void {
    addTo(scope.reading, counts);
    if (scope.parent === undefined) addTo(this.#total, counts);
    for (let outer = scope.parent; outer !== undefined; outer = outer.parent) {
      if (outer.label === scope.label) return;
    }
    const caller = this.#callers.get(scope.label) ?? emptyReading();
    addTo(caller, counts);
    this.#callers.set(scope.label, caller);
  }
}

function emptyReading(): MeterReading {
  return {
    requests: 0,
    roundTrips: 0,
    bytesRead: 0,
    bytesWritten: 0,
    readUnits: 0,
    writeUnits: 0,
    otherRequests: 0,
    fetchMs: 0,
  };
}

function addTo(reading: MeterReading, counts: Partial<MeterReading>): void {
  for (const name of Object.keys(counts) as (keyof MeterReading)[]) {
    reading[name] += counts[name] ?? 0;
  }
}
