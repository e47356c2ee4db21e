/**
 * One run of a function. It is running, then over: returned, or aborted by its time limit or a
 * crash. Aborted code cannot be stopped inside one process; instead its run rejects at once and
 * each later platform call fails, so that nothing it still does takes effect.
 */

import type { LocalClock } from '../clock';
import { FunctionEnded, FunctionTimeout } from '../errors';
import type { FetchInput, InvocationPort, ServiceDescriptor } from '../globals';
import { runInvocation } from '../globals';
import type { ForgeRuntime } from './forge-runtime';

/** Pushes counted over every function that descends from one first invocation. */
export interface InvocationOrigin {
  pushes: number;
}

export interface InvocationFacts {
  installation: string;
  functionName: string;
  accountId: string | undefined;
  caller: string;
  /** Infinity for none. */
  timeLimitMs: number;
  origin: InvocationOrigin;
}

/** What carries out the calls of an invocation. */
export interface CallRouter {
  forgeFetch(
    invocation: Invocation,
    service: ServiceDescriptor,
    path: string,
    init: RequestInit,
  ): Promise<Response>;
  fetch(invocation: Invocation, input: FetchInput, init: RequestInit): Promise<Response>;
}

export class Invocation implements InvocationPort {
  readonly facts: InvocationFacts;
  readonly runtime: ForgeRuntime;
  readonly #router: CallRouter;
  readonly #clock: LocalClock;
  readonly #endsAt: number;
  readonly #controller = new AbortController();
  readonly #aborted: Promise<never>;
  #returned = false;

  constructor(options: {
    facts: InvocationFacts;
    router: CallRouter;
    clock: LocalClock;
    runtime: (remainingTimeMs: () => number) => ForgeRuntime;
  }) {
    this.facts = options.facts;
    this.#router = options.router;
    this.#clock = options.clock;
    this.#endsAt = options.clock.now() + options.facts.timeLimitMs;
    this.runtime = options.runtime(() => this.remainingTimeMs());
    this.#aborted = new Promise((_, reject) => {
      this.signal.addEventListener('abort', () => reject(this.signal.reason), { once: true });
    });
    this.#aborted.catch(() => undefined);
  }

  /** Aborts when the function is ended before it returned; its reason is the error. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  remainingTimeMs(): number {
    if (this.#endsAt === Number.POSITIVE_INFINITY) return Number.MAX_SAFE_INTEGER;
    return Math.max(0, this.#endsAt - this.#clock.now());
  }

  /** Runs the function's code; rejects with the reason when it is ended before it returned. */
  async run<T>(fn: () => Promise<T>): Promise<T> {
    const cancel = this.#startTimeLimit();
    try {
      const work = runInvocation(this, async () => fn());
      return await Promise.race([work, this.#aborted]);
    } finally {
      cancel();
      this.#returned = true;
    }
  }

  /** Ends the function as if its process were gone. */
  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** Throws when the function may no longer issue calls. */
  assertRunning(): void {
    this.assertNotAborted();
    if (this.#returned) throw new FunctionEnded(this.facts.functionName);
  }

  /** Throws when the function can no longer receive answers. */
  assertNotAborted(): void {
    this.signal.throwIfAborted();
  }

  async forgeFetch(
    service: ServiceDescriptor,
    path: string,
    init: RequestInit = {},
  ): Promise<Response> {
    return this.#router.forgeFetch(this, service, path, init);
  }

  async fetch(input: FetchInput, init: RequestInit = {}): Promise<Response> {
    return this.#router.fetch(this, input, init);
  }

  #startTimeLimit(): () => void {
    const { functionName, timeLimitMs } = this.facts;
    if (timeLimitMs === Number.POSITIVE_INFINITY) return () => undefined;
    const end = () => this.abort(new FunctionTimeout(functionName, timeLimitMs));
    return this.#clock.after(timeLimitMs, end, { deadline: true });
  }
}
