/**
 * Faults on purpose, and the numbering of platform calls they refer to. Nothing here keeps keys,
 * values or bodies: a call is known by its kind and path.
 */

export type CallKind = 'kvs' | 'events' | 'jira' | 'fetch';

/** One call that reached the platform. */
export interface PlatformCall {
  /** 1 for the first call of the platform, whatever its kind. */
  number: number;
  kind: CallKind;
  /** Path of a platform call; origin and path, without the query, of a fetch. */
  path: string;
  installation: string;
  caller: string;
}

export type FaultAction =
  /** Answered with an error; the service never sees the request. */
  | { type: 'fail'; status: number; code: string; headers?: Record<string, string> }
  /** No answer arrives. The request took effect unless `applied` is false. */
  | { type: 'timeout'; applied?: boolean }
  /** The function's process dies instead of making the call. */
  | { type: 'crash-before' }
  /** The request takes effect and the process dies before it reads the answer. */
  | { type: 'crash-after' };

export interface FaultRule {
  match: ((call: PlatformCall) => boolean) | { kind: CallKind; path?: string };
  /** The nth matching call, 1 for the first; every matching call when absent. */
  nth?: number;
  action: FaultAction;
}

export type FaultPlan = readonly FaultRule[];

/** The most calls that the log keeps; the oldest go first. */
const CALL_LOG_MAX = 10_000;

/** Numbers and logs the calls, and picks the fault that one of them meets. */
export class CallBook {
  #rules: { rule: FaultRule; matches: number }[] = [];
  #log: PlatformCall[] = [];
  #count = 0;

  constructor(plan: FaultPlan) {
    this.setFaults(plan);
  }

  /** Replaces the rules; each starts counting at this point. */
  setFaults(plan: FaultPlan): void {
    this.#rules = plan.map((rule) => ({ rule, matches: 0 }));
  }

  get count(): number {
    return this.#count;
  }

  /** The latest calls, oldest first. */
  get log(): readonly PlatformCall[] {
    return this.#log;
  }

  clear(): void {
    this.#log = [];
    this.#count = 0;
  }

  /** Enters one call; the first rule that applies decides, every matching rule counts it. */
  enter(call: Omit<PlatformCall, 'number'>): FaultAction | undefined {
    this.#count += 1;
    const entered: PlatformCall = { number: this.#count, ...call };
    this.#log.push(entered);
    if (this.#log.length > CALL_LOG_MAX) this.#log.shift();
    let action: FaultAction | undefined;
    for (const entry of this.#rules) {
      if (!matches(entry.rule.match, entered)) continue;
      entry.matches += 1;
      const applies = entry.rule.nth === undefined || entry.rule.nth === entry.matches;
      if (applies) action ??= entry.rule.action;
    }
    return action;
  }
}

function matches(match: FaultRule['match'], call: PlatformCall): boolean {
  if (typeof match === 'function') return match(call);
  return match.kind === call.kind && (match.path === undefined || match.path === call.path);
}
