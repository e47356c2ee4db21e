/**
 * The local Forge platform: runs functions of the app with the genuine `@forge/*` packages against
 * storage, queues, Jira and egress of this process. Several installations run side by side, each
 * with its own data.
 */
import {
  CONSUMER_TIMEOUT_SECONDS_DEFAULT,
  CONSUMER_TIMEOUT_SECONDS_MAX,
  INVOKE_REQUEST_BYTES_MAX,
  INVOKE_RESPONSE_BYTES_MAX,
  RESOLVER_TIMEOUT_SECONDS,
} from '../src/platform/limits';
import type { AppManifest, FunctionDeclaration } from './app-manifest';
import type { LocalClock } from './clock';
import { PayloadTooLarge } from './errors';
import { type DeliveryOptions, EventService, type PendingEvent } from './events/event-service';
import { CallBook, type FaultPlan } from './faults';
import { JiraService } from './jira/jira-service';
import type { JiraSeed } from './jira/jira-site';
import { createMeter, type Meter, type MeterReading } from './meter';
import { createCallRouter, type LatencyModel } from './runtime/calls';
import { createEgress } from './runtime/egress';
import { forgeRuntime, siteAri } from './runtime/forge-runtime';
import { type CallRouter, Invocation, type InvocationOrigin } from './runtime/invocation';
import type { KvsService } from './types';

export interface LocalPlatformOptions {
  kvs: KvsService;
  manifest: AppManifest;
  clock: LocalClock;
  /** Uniform in [0, 1); seed it and the platform repeats itself. */
  random: () => number;
  /** Origin as the app knows it → origin that answers for it; others go to the real network. */
  hosts?: Record<string, string>;
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

export type FunctionKind = 'front-end' | 'consumer' | 'other';

export interface InvokeOptions extends Omit<InvocationOptions, 'function'> {
  /** By default `consumer` when the manifest gives the function a queue, else `front-end`. */
  kind?: FunctionKind;
}

export type Handler = (event: never, context: never) => unknown;

/** Request of an invocation that is no front end's: 5 MB too. Source: limits page, late 2025. */
const OTHER_PAYLOAD_BYTES_MAX = INVOKE_RESPONSE_BYTES_MAX;

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
    const isFrontEnd = kind === 'front-end';
    const requestMax = isFrontEnd ? INVOKE_REQUEST_BYTES_MAX : OTHER_PAYLOAD_BYTES_MAX;
    const request = carried('request', event, requestMax);
    const timeLimitMs = options.timeLimitMs ?? this.#timeLimitMs(key, kind);
    const context = invocationContext(options);
    const invocation = { ...options, function: key, timeLimitMs };
    return this.#run(invocation, origin, async () => {
      const answer = await handler(request as never, context as never);
      return carried('response', answer, INVOKE_RESPONSE_BYTES_MAX);
    });
  }

  #deliver(pending: PendingEvent): Promise<unknown> {
    const options: InvokeOptions = { installation: pending.installation, kind: 'consumer' };
    return this.#invoke(pending.consumer.function, pending.event, options, pending.origin);
  }

  #kindOf(key: string): FunctionKind {
    const consumes = this.#options.manifest.consumers.some(({ function: name }) => name === key);
    return consumes ? 'consumer' : 'front-end';
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

/** The second argument of a function, as `@forge/resolver` 2.0.1 reads it. */
function invocationContext(options: InvokeOptions): Record<string, unknown> {
  const { installation, accountId } = options;
  return {
    ...(accountId === undefined ? {} : { principal: { accountId } }),
    installContext: siteAri(installation),
    installation: { ari: { installationId: installation } },
  };
}

/** A payload as the other side receives it. */
function carried(part: 'request' | 'response', payload: unknown, bytesMax: number): unknown {
  const text = JSON.stringify(payload);
  if (text === undefined) return undefined;
  const bytes = Buffer.byteLength(text);
  if (bytes > bytesMax) throw new PayloadTooLarge(part, bytes, bytesMax);
  return JSON.parse(text);
}

/** An identifier of the shape of a UUID, drawn from the platform's own randomness. */
function newId(random: () => number): string {
  const digit = () => Math.floor(random() * 16).toString(16);
  return '########-####-4###-8###-############'.replaceAll('#', digit);
}
