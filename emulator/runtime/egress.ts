/**
 * Outbound HTTP of a function. The allow list is the manifest's and the check is the genuine
 * `@forge/egress`, made on the URL as the app wrote it; only then may a request be led to a local
 * server that stands for the host.
 */
import { EgressFilteringService } from '@forge/egress';
import type { LocalClock } from '../clock';
import { type FetchInput, originalFetch } from '../globals';

export interface EgressOptions {
  /** Addresses of the manifest. */
  allowed: readonly string[];
  /** Origin as the app knows it → origin that answers for it. */
  hosts: Readonly<Record<string, string>>;
  clock: LocalClock;
}

export interface Egress {
  /** The genuine error when the manifest does not name the host, else undefined. */
  refusal(url: string): Promise<Error | undefined>;
  /** Sends the request over real HTTP. */
  send(input: FetchInput, init: RequestInit): Promise<Response>;
}

/** Creates the way out of an installation. */
export function createEgress(options: EgressOptions): Egress {
  const filter = new EgressFilteringService([...options.allowed]);
  return {
    async refusal(url) {
      if (filter.isValidUrl(url)) return undefined;
      // Loaded late: `@forge/api` keeps the `fetch` it finds when it is first imported.
      const { ExternalEndpointNotAllowedError } = await import('@forge/api');
      return new ExternalEndpointNotAllowedError(url);
    },
    send: (input, init) => send(options, input, init),
  };
}

/** The URL of a request as its author wrote it. */
export function requestUrl(input: FetchInput): string {
  if (typeof input === 'string') return input;
  return input instanceof URL ? input.href : input.url;
}

async function send(
  options: EgressOptions,
  input: FetchInput,
  init: RequestInit,
): Promise<Response> {
  const target = localTarget(requestUrl(input), options.hosts);
  const request = input instanceof Request ? new Request(target, input) : target;
  const redirect = init.redirect ?? (input instanceof Request ? input.redirect : 'follow');
  const asked = redirect === 'follow' ? 'manual' : redirect;
  const answer = originalFetch()(request, { ...init, redirect: asked });
  const response = await options.clock.during(answer);
  if (redirect === 'follow' && response.status >= 300 && response.headers.has('location')) {
    // Following would leave the allow list unchecked.
    throw new TypeError('redirects are not provided by the local platform');
  }
  if (options.clock.virtual) void options.clock.during(arrival(response));
  return response;
}

/** Settles when the whole body has arrived, without taking it from the app. */
async function arrival(response: Response): Promise<void> {
  try {
    await response.clone().arrayBuffer();
  } catch {
    // The app reads the same body and meets the same error.
  }
}

function localTarget(url: string, hosts: Readonly<Record<string, string>>): string {
  const parsed = new URL(url);
  const origin = hosts[parsed.origin];
  return origin === undefined ? url : new URL(parsed.pathname + parsed.search, origin).href;
}
