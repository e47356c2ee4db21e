/**
 * Builds the object that `@forge/api` 8.3.0 reads as `__forge_runtime__`. Identifiers that the real
 * platform would assign are derived from the installation's name, so that they are stable.
 */
import type { ForgeRuntime as PackageRuntime } from '@forge/api/out/api/runtime';

type PackageAppContext = PackageRuntime['appContext'];

/** Permissions are plain data here; `getAppContext` wraps them in the package's own class. */
export type ForgeRuntime = Omit<PackageRuntime, 'appContext'> & {
  appContext: Omit<PackageAppContext, 'permissions'> & {
    permissions: { scopes: string[]; external: { fetch: { backend: string[] } } };
  };
};

export interface RuntimeFacts {
  appId: string;
  invocationId: string;
  traceId: string;
  installation: string;
  functionName: string;
  accountId: string | undefined;
  scopes: readonly string[];
  egress: readonly string[];
  remainingTimeMs: () => number;
}

/** The environment every local installation runs in. */
const ENVIRONMENT_ID = 'local';
const APP_VERSION = '1.0.0';

/** The site an installation stands on, as Atlassian resource identifier. */
export function siteAri(installation: string): string {
  return `ari:cloud:jira::site/${installation}`;
}

/** Builds the runtime object of one invocation. */
export function forgeRuntime(facts: RuntimeFacts): ForgeRuntime {
  const { installation } = facts;
  const installationAri = `ari:cloud:ecosystem::installation/${installation}`;
  return {
    proxy: { token: '', url: '' },
    contextAri: siteAri(installation),
    container: { runtime: 'local', handler: facts.functionName },
    appContext: {
      appId: facts.appId,
      appVersion: APP_VERSION,
      environmentId: ENVIRONMENT_ID,
      environmentType: 'DEVELOPMENT',
      invocationId: facts.invocationId,
      installationId: installation,
      functionKey: facts.functionName,
      moduleType: 'core:function',
      moduleKey: facts.functionName,
      installation: {
        ari: {
          installationId: installation,
          toString: () => installationAri,
          toJSON: () => installationAri,
        },
        contexts: [{ cloudId: installation, toString: () => siteAri(installation) }],
      },
      permissions: {
        scopes: [...facts.scopes],
        external: { fetch: { backend: [...facts.egress] } },
      },
    },
    ...(facts.accountId === undefined ? {} : { aaid: facts.accountId }),
    lambdaContext: {
      awsRequestId: facts.invocationId,
      getRemainingTimeInMillis: facts.remainingTimeMs,
    },
    tracing: { traceId: facts.traceId, spanId: facts.traceId.slice(0, 16) },
    realtime: {},
    metrics: silentMetrics(),
    featureFlags: () => false,
  };
}

/** The packages count and time their own calls; nobody reads these figures locally. */
function silentMetrics(): ForgeRuntime['metrics'] {
  const ignore = (): void => undefined;
  return {
    counter: () => ({ incr: ignore, incrBy: ignore, decr: ignore, decrBy: ignore }),
    timing: () => ({ measure: () => ({ stop: ignore }) }),
    gauge: () => ({ set: ignore }),
  };
}
