/**
 * Gives the genuine `@forge/*` packages the globals they run on. Importing this module installs
 * them, and that must happen before `@forge/api` is imported: it keeps the `fetch` it finds then.
 *
 * Each call goes to the invocation in force, found by AsyncLocalStorage, so installations may run
 * side by side. Outside any invocation `fetch` is the one that was there before.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { ForgeRuntime } from './runtime/forge-runtime';

/** How a package names the service it calls (`@forge/api` 8.3.0, `@forge/kvs` 1.6.5). */
export interface ServiceDescriptor {
  type: string;
  provider?: string;
  remote?: string;
  accountId?: string;
}

export type FetchInput = string | URL | Request;

/** What the globals need of an invocation. */
export interface InvocationPort {
  readonly runtime: ForgeRuntime;
  forgeFetch(service: ServiceDescriptor, path: string, init?: RequestInit): Promise<Response>;
  fetch(input: FetchInput, init?: RequestInit): Promise<Response>;
}

interface Installed {
  invocations: AsyncLocalStorage<InvocationPort>;
  originalFetch: typeof fetch;
}

/** On the global object, so that two copies of this module share one installation. */
const INSTALLED = Symbol.for('groundwork.local-platform.globals');

const host = globalThis as typeof globalThis & { [INSTALLED]?: Installed };

/** Installs the globals; a second call changes nothing. */
export function installGlobals(): void {
  if (host[INSTALLED] !== undefined) return;
  const installed: Installed = {
    invocations: new AsyncLocalStorage(),
    originalFetch: globalThis.fetch,
  };
  host[INSTALLED] = installed;
  Object.defineProperty(globalThis, '__forge_runtime__', {
    configurable: true,
    get: () => installed.invocations.getStore()?.runtime,
  });
  Object.defineProperty(globalThis, '__forge_fetch__', {
    configurable: true,
    value: async (service: ServiceDescriptor, path: string, init?: RequestInit) => {
      const invocation = installed.invocations.getStore();
      if (invocation === undefined) {
        throw new Error(`the platform call of ${path} is outside any invocation`);
      }
      return invocation.forgeFetch(service, path, init);
    },
  });
  globalThis.fetch = (input, init) => {
    const invocation = installed.invocations.getStore();
    return invocation === undefined
      ? installed.originalFetch(input, init)
      : invocation.fetch(input, init);
  };
}

/** Runs `fn` with the globals leading to this invocation. */
export function runInvocation<T>(invocation: InvocationPort, fn: () => T): T {
  return installedGlobals().invocations.run(invocation, fn);
}

/** The `fetch` that was there before the platform's. */
export function originalFetch(): typeof fetch {
  return installedGlobals().originalFetch;
}

function installedGlobals(): Installed {
  installGlobals();
  const installed = host[INSTALLED];
  if (installed === undefined) throw new Error('the globals of the local platform are missing');
  return installed;
}

installGlobals();
