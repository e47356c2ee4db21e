/**
 * Outbound HTTP of a function. The allow list is the manifest's and the check is the genuine
 * `@forge/egress`, made on the URL as the app wrote it; only then may a request be led to a local
 * server that stands for the host.
 */
import { EgressFilteringService } from '@forge/egress';
import type { LocalClock } from '../clock';
import { type FetchInput, originalFetch } from '../globals';

/** Answers for a host within this process. */
export type LocalHost = (request: Request) => Promise<Response>;

/** Origin as the app knows it → what answers for it: another origin, or a function. */
export type Hosts = Readonly<Record<string, string | LocalHost>>;

export interface EgressOptions {
  /** Addresses of the manifest. */
  allowed: readonly string[];
  hosts: Hosts;
  clock: LocalClock;
}

export interface Egress {
  /** The genuine error when the manifest does not name the host, else undefined. */
  refusal(url: string): Promise<Error | undefined>;
  /** Sends the request, over real HTTP unless a function answers for its host. */
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
  const { clock, hosts } = options;
  const url = requestUrl(input);
  const host = hosts[new URL(url).origin];
  if (typeof host === 'function') return clock.during(host(new Request(input, init)));
  const target = host === undefined ? url : originChanged(url, host);
  const request = input instanceof Request ? new Request(target, input) : target;
  const redirect = init.redirect ?? (input instanceof Request ? input.redirect : 'follow');
  const asked = redirect === 'follow' ? 'manual' : redirect;
  const answer = originalFetch()(request, { ...init, redirect: asked });
  const response = await clock.during(answer);
  if (redirect === 'follow' && response.status >= 300 && response.headers.has('location')) {
    // Following would leave the allow list unchecked.
    throw new TypeError('redirects are not provided by the local platform');
  }
  if (clock.virtual) void clock.during(arrival(response));
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

function originChanged(url: string, origin: string): string {
  const { pathname, search } = new URL(url);
  return new URL(pathname + search, origin).href;
}
