/**
 * The way of every platform call: checked against the state of its function, metered, numbered,
 * put through the fault plan, and handed to the service it names.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { LocalClock } from '../clock';
import { FunctionCrashed } from '../errors';
import type { EventService } from '../events/event-service';
import type { CallBook, CallKind, FaultAction } from '../faults';
import type { FetchInput, ServiceDescriptor } from '../globals';
import type { JiraService } from '../jira/jira-service';
import type { Meter, Usage } from '../meter';
import type { KvsService } from '../types';
import { type Egress, requestUrl } from './egress';
import type { CallRouter, Invocation } from './invocation';
import { errorResponse, jsonResponse, notProvided } from './responses';

/** How long storage takes: `requestMs` and the time its bytes need. Both off when absent. */
export interface LatencyModel {
  /** Milliseconds from issuing a request to the first byte of its answer. */
  requestMs: number;
  /** Bytes of keys and values carried in one millisecond, either way. */
  bytesPerMs: number;
}

export interface CallServices {
  kvs: KvsService;
  events: EventService;
  jira: JiraService;
  egress: Egress;
  scopes: readonly string[];
  clock: LocalClock;
  meter: Meter;
  calls: CallBook;
  latency: LatencyModel | undefined;
}

interface Answer {
  response: Response;
  usage?: Usage;
}

interface Call {
  kind: CallKind;
  path: string;
  /** Carries the call out. */
  work: () => Promise<Answer>;
}

/** Creates the router that all invocations of a platform share. */
export function createCallRouter(services: CallServices): CallRouter {
  return {
    async forgeFetch(invocation, service, path, init) {
      invocation.assertRunning();
      const call = platformCall(services, invocation, { service, path, init });
      return call === undefined
        ? notProvided(`${service.type} ${service.remote ?? ''} ${path}`)
        : perform(services, invocation, call);
    },
    async fetch(invocation, input, init) {
      return outboundCall(services, invocation, input, init);
    },
  };
}

function platformCall(
  services: CallServices,
  invocation: Invocation,
  request: { service: ServiceDescriptor; path: string; init: RequestInit },
): Call | undefined {
  const { service, path, init } = request;
  const pathname = path.split('?')[0] ?? path;
  const body = typeof init.body === 'string' ? init.body : '';
  if (service.type === 'kvs') {
    return {
      kind: 'kvs',
      path: pathname,
      work: () => callStorage(services, invocation, { path: pathname, body }),
    };
  }
  if (service.type === 'fpp' && service.remote === 'jira') {
    const caller = { provider: service.provider ?? 'none', onBehalfOf: service.accountId };
    const method = (init.method ?? 'GET').toUpperCase();
    return {
      kind: 'jira',
      path: pathname,
      work: async () => ({
        response: services.jira.handle({ ...caller, ...invocation.facts, method, path }),
      }),
    };
  }
  const queue = /^\/webhook\/queue\/(publish|stats|cancel)\//.exec(path)?.[1];
  if (service.type === 'fpp' && service.remote === 'stargate' && queue !== undefined) {
    return {
      kind: 'events',
      path: `/webhook/queue/${queue}`,
      work: async () => ({
        response: services.events.handle(queue, { body, ...invocation.facts }),
      }),
    };
  }
  return undefined;
}

async function callStorage(
  services: CallServices,
  invocation: Invocation,
  request: { path: string; body: string },
): Promise<Answer> {
  if (!services.scopes.includes('storage:app')) {
    return { response: errorResponse(403, 'FORBIDDEN', 'the app lacks the scope storage:app') };
  }
  const { clock, latency } = services;
  if (latency !== undefined) await clock.sleep(latency.requestMs / 2);
  const { installation } = invocation.facts;
  const answer = await clock.during(services.kvs.handle({ installation, ...request }));
  if (latency !== undefined) {
    const bytes = answer.bytesRead + answer.bytesWritten;
    await clock.sleep(latency.requestMs / 2 + bytes / latency.bytesPerMs);
  }
  return { response: jsonResponse(answer.status, answer.body), usage: answer };
}

async function outboundCall(
  services: CallServices,
  invocation: Invocation,
  input: FetchInput,
  init: RequestInit,
): Promise<Response> {
  invocation.assertRunning();
  const url = requestUrl(input);
  const refusal = await services.egress.refusal(url);
  if (refusal !== undefined) throw refusal;
  const { origin, pathname } = new URL(url);
  const given = init.signal ?? (input instanceof Request ? input.signal : undefined);
  const signal = AbortSignal.any([invocation.signal, ...(given == null ? [] : [given])]);
  return perform(services, invocation, {
    kind: 'fetch',
    path: origin + pathname,
    work: async () => ({ response: await services.egress.send(input, { ...init, signal }) }),
  });
}

async function perform(
  services: CallServices,
  invocation: Invocation,
  call: Call,
): Promise<Response> {
  const mark = services.meter.issue(call.kind === 'kvs' ? 'storage' : 'other');
  let usage: Usage | undefined;
  try {
    const { kind, path } = call;
    const { installation, caller } = invocation.facts;
    const fault = services.calls.enter({ kind, path, installation, caller });
    const answer = await withFault(invocation, call, fault);
    usage = answer.usage;
    // A request side by side with this one must be issued before this one completes, however many
    // promises lie between; otherwise the meter would see two round trips where there is one.
    await services.clock.during(turn());
    invocation.assertNotAborted();
    return answer.response;
  } catch (error) {
    invocation.assertNotAborted();
    throw error;
  } finally {
    mark.complete(usage);
  }
}

async function withFault(
  invocation: Invocation,
  call: Call,
  fault: FaultAction | undefined,
): Promise<Answer> {
  switch (fault?.type) {
    case undefined:
      return call.work();
    case 'fail': {
      const message = `${call.path} was made to fail`;
      return { response: errorResponse(fault.status, fault.code, message, fault.headers) };
    }
    case 'timeout':
      if (fault.applied ?? true) await call.work();
      throw noAnswer(call.path);
    case 'crash-before':
      throw crash(invocation, new FunctionCrashed(call.path, 'before'));
    case 'crash-after':
      await call.work();
      throw crash(invocation, new FunctionCrashed(call.path, 'after'));
  }
}

function crash(invocation: Invocation, reason: FunctionCrashed): FunctionCrashed {
  invocation.abort(reason);
  return reason;
}

/** What `fetch` of Node.js rejects with when no answer comes. */
function noAnswer(path: string): TypeError {
  const cause = Object.assign(new Error(`no answer from ${path}`), {
    code: 'UND_ERR_HEADERS_TIMEOUT',
  });
  return new TypeError('fetch failed', { cause });
}
