/**
 * The local Forge platform: runs functions of the app with the genuine `@forge/*` packages against
 * storage, queues, Jira and egress of this process. Several installations run side by side, each
 * with its own data.
 */
import {
  CONSUMER_TIMEOUT_SECONDS_DEFAULT,
  CONSUMER_TIMEOUT_SECONDS_MAX,
  RESOLVER_TIMEOUT_SECONDS,
} from '../src/platform/limits';
import type { AppManifest, FunctionDeclaration } from './app-manifest';
import type { LocalClock, VirtualClock } from './clock';
import { type DeliveryOptions, EventService, type PendingEvent } from './events/event-service';
import { CallBook, type FaultPlan } from './faults';
import { JiraService } from './jira/jira-service';
import type { JiraSeed } from './jira/jira-site';
import { createMeter, type Meter, type MeterReading } from './meter';
import { createCallRouter, type LatencyModel } from './runtime/calls';
import { createEgress, type Hosts } from './runtime/egress';
import { forgeRuntime } from './runtime/forge-runtime';
import { type CallRouter, Invocation, type InvocationOrigin } from './runtime/invocation';
import {
  carriedAnswer,
  carriedRequest,
  type FunctionKind,
  invocationContext,
} from './runtime/payloads';
import { type RunReport, type Serving, type ServingOptions, startServing } from './serving';
import { type TriggerRun, TriggerSchedule } from './triggers';
import type { KvsService } from './types';

export interface LocalPlatformOptions {
  kvs: KvsService;
  manifest: AppManifest;
  clock: LocalClock;
  /** Uniform in [0, 1); seed it and the platform repeats itself. */
  random: () => number;
  /** What answers for an origin as the app knows it; others go to the real network. */
  hosts?: Hosts;
  latency?: LatencyModel;
  faults?: FaultPlan;
  events?: DeliveryOptions;
  /** What the Jira site of every installation starts with. */
  jira?: JiraSeed;
}

export interface InvocationOptions {
  installation: string;
  /** The user on whose behalf the function runs; none in a consumer. */
  accountId?: string;
  /** Key of a function of the manifest, which sets the time limit unless given. */
  function?: string;
  /** Infinity for none. */
  timeLimitMs?: number;
  /** Label of the meter; the function's key by default. */
  caller?: string;
}

export interface InvokeOptions extends Omit<InvocationOptions, 'function'> {
  /**
   * By default `consumer` when the manifest gives the function a queue, `other` when it gives it a
   * scheduled trigger, else `front-end`.
   */
  kind?: FunctionKind;
}

export type Handler = (event: never, context: never) => unknown;

/** Creates a platform; `close` it to close its storage. */
export async function createLocalPlatform(options: LocalPlatformOptions): Promise<LocalPlatform> {
  return new LocalPlatform(options);
}

export class LocalPlatform {
  readonly meter: Meter = createMeter();
  readonly calls: CallBook;
  readonly events: EventService;
  readonly jira: JiraService;
  readonly #options: LocalPlatformOptions;
  readonly #router: CallRouter;
  readonly #schedule: TriggerSchedule;
  #handlers = new Map<string, Handler>();

  constructor(options: LocalPlatformOptions) {
    const { manifest, clock, random } = options;
    this.#options = options;
    this.calls = new CallBook(options.faults ?? []);
    this.jira = new JiraService({ scopes: manifest.scopes, seed: options.jira ?? {} });
    this.events = new EventService({
      ...options.events,
      consumers: manifest.consumers,
      clock,
      random,
      newId: () => newId(random),
      deliver: (pending) => this.#deliver(pending),
    });
    this.#schedule = new TriggerSchedule({
      triggers: manifest.scheduledTriggers,
      clock,
      newToken: () => newId(random),
      invoke: (name, event, installation) =>
        this.#invoke(name, event, { installation, kind: 'other' }, { pushes: 0 }),
    });
    this.#router = createCallRouter({
      kvs: options.kvs,
      events: this.events,
      jira: this.jira,
      egress: createEgress({ allowed: manifest.egress, hosts: options.hosts ?? {}, clock }),
      scopes: manifest.scopes,
      clock,
      meter: this.meter,
      calls: this.calls,
      latency: options.latency,
    });
  }

  /** Names the app's functions; each key must stand in the manifest. */
  registerHandlers(handlers: Record<string, Handler>): void {
    for (const [key, handler] of Object.entries(handlers)) {
      this.#declaration(key);
      this.#handlers.set(key, handler);
    }
  }

  /**
   * Runs code as a function of the app. Without a function and a limit it gets the longest time
   * that Forge gives any.
   *
   * Errors: FunctionTimeout, FunctionCrashed, and whatever `fn` throws.
   */
  run<T>(invocation: InvocationOptions, fn: () => Promise<T>): Promise<T> {
    return this.#run(invocation, { pushes: 0 }, fn);
  }

  /**
   * Invokes a registered function as the platform does: event and answer are carried as JSON and
   * limited in size, and the function gets the time its kind has.
   *
   * Errors: PayloadTooLarge, FunctionTimeout, FunctionCrashed, and whatever the function throws.
   */
  invokeFunction(key: string, event: unknown, options: InvokeOptions): Promise<unknown> {
    return this.#invoke(key, event, options, { pushes: 0 });
  }

  /**
   * Runs the function of a scheduled trigger as when its time has come. What it throws is in the
   * answer: the platform does not run it again.
   */
  fireTrigger(key: string, { installation }: { installation: string }): Promise<TriggerRun> {
    return this.#schedule.fire(key, installation);
  }

  /**
   * Delivers what comes due, and fires the scheduled triggers for these installations, until told
   * to stop. A trigger fires each time its interval has passed since the platform was created.
   */
  startServing(options: ServingOptions): Serving {
    return startServing(options, { events: this.events, schedule: this.#schedule });
  }

  /**
   * Serves for a while of a virtual clock, which this call moves. What is still under way at the
   * end goes on when the clock moves again.
   */
  async runFor(ms: number, options: ServingOptions): Promise<RunReport> {
    const { clock } = this.#options;
    if (!clock.virtual) throw new Error('runFor needs a virtual clock; use startServing');
    const report: RunReport = { deliveries: [], triggerRuns: [] };
    const serving = this.startServing({
      ...options,
      delivered: (delivery) => report.deliveries.push(delivery),
      triggered: (run) => report.triggerRuns.push(run),
    });
    await (clock as VirtualClock).advance(ms);
    serving.halt();
    return report;
  }

  /** Runs `fn` and says what was asked of the platform meanwhile. */
  measure<T>(label: string, fn: () => Promise<T>): Promise<{ result: T; reading: MeterReading }> {
    return this.meter.measure(label, fn);
  }

  async close(): Promise<void> {
    await this.#options.kvs.close();
  }

  async #run<T>(
    options: InvocationOptions,
    origin: InvocationOrigin,
    fn: () => Promise<T>,
  ): Promise<T> {
    const { manifest, clock, random } = this.#options;
    const functionName = options.function ?? 'anonymous';
    const facts = {
      installation: options.installation,
      functionName,
      accountId: options.accountId,
      caller: options.caller ?? functionName,
      timeLimitMs: options.timeLimitMs ?? this.#timeLimitMs(options.function),
      origin,
    };
    const invocation = new Invocation({
      facts,
      router: this.#router,
      clock,
      runtime: (remainingTimeMs) =>
        forgeRuntime({
          ...facts,
          appId: manifest.appId,
          invocationId: newId(random),
          traceId: newId(random).replaceAll('-', ''),
          scopes: manifest.scopes,
          egress: manifest.egress,
          remainingTimeMs,
        }),
    });
    return this.meter.scope(facts.caller, () => invocation.run(fn));
  }

  async #invoke(
    key: string,
    event: unknown,
    options: InvokeOptions,
    origin: InvocationOrigin,
  ): Promise<unknown> {
    const handler = this.#handlers.get(key);
    if (handler === undefined) throw new Error(`no handler is registered for function ${key}`);
    const kind = options.kind ?? this.#kindOf(key);
    const request = carriedRequest(event, kind);
    const timeLimitMs = options.timeLimitMs ?? this.#timeLimitMs(key, kind);
    const context = invocationContext(options);
    const invocation = { ...options, function: key, timeLimitMs };
    return this.#run(invocation, origin, async () => {
      const answer = await handler(request as never, context as never);
      return carriedAnswer(answer);
    });
  }

  #deliver(pending: PendingEvent): Promise<unknown> {
    const options: InvokeOptions = { installation: pending.installation, kind: 'consumer' };
    return this.#invoke(pending.consumer.function, pending.event, options, pending.origin);
  }

  #kindOf(key: string): FunctionKind {
    const { consumers, scheduledTriggers } = this.#options.manifest;
    if (consumers.some(({ function: name }) => name === key)) return 'consumer';
    return scheduledTriggers.some(({ function: name }) => name === key) ? 'other' : 'front-end';
  }

  #timeLimitMs(key: string | undefined, kind?: FunctionKind): number {
    if (key === undefined) return CONSUMER_TIMEOUT_SECONDS_MAX * 1000;
    const declared = this.#declaration(key).timeoutSeconds;
    if ((kind ?? this.#kindOf(key)) === 'front-end') {
      return Math.min(RESOLVER_TIMEOUT_SECONDS, declared ?? RESOLVER_TIMEOUT_SECONDS) * 1000;
    }
    return (declared ?? CONSUMER_TIMEOUT_SECONDS_DEFAULT) * 1000;
  }

  #declaration(key: string): FunctionDeclaration {
    const declared = this.#options.manifest.functions.find((candidate) => candidate.key === key);
    if (declared === undefined) throw new Error(`the app manifest declares no function ${key}`);
    return declared;
  }
}

/** An identifier of the shape of a UUID, drawn from the platform's own randomness. */
function newId(random: () => number): string {
  const digit = () => Math.floor(random() * 16).toString(16);
  return '########-####-4###-8###-############'.replaceAll('#', digit);
}
