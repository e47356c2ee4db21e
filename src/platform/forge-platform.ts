/** All of the platform as it is inside a Forge function. */

import { randomBytes } from 'node:crypto';
import { fetch as forgeFetch, getAppContext } from '@forge/api';
import { createForgeJira } from './forge-jira';
import { createForgeQueue } from './forge-queue';
import {
  createForgeEntityStore,
  createForgeKeyValueStore,
  createForgeSecretStore,
} from './forge-store';
import type { Fetch, Platform } from './ports';

/** The queue that manifest.yml declares for indexing. */
export const INDEXING_QUEUE = 'indexing';

/** Bytes of randomness in an id; 16 hexadecimal digits. */
const ID_BYTES = 8;

export function createForgePlatform(): Platform {
  return {
    kv: createForgeKeyValueStore(),
    entities: createForgeEntityStore(),
    secrets: createForgeSecretStore(),
    queue: createForgeQueue(INDEXING_QUEUE),
    jira: createForgeJira(),
    // @forge/api types its fetch by hand; what it returns is the runtime's own Response.
    fetch: forgeFetch as unknown as Fetch,
    clock: Date.now,
    newId: () => randomBytes(ID_BYTES).toString('hex'),
    random: Math.random,
    log: writeLog,
    installation: () => getAppContext().installationAri.installationId,
    remainingTimeMs: () => getAppContext().invocationRemainingTimeInMillis(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}

/** One line of JSON. The port's type keeps texts out: events are literals, facts are short. */
function writeLog(event: string, facts: Readonly<Record<string, string | number | boolean>>): void {
  // biome-ignore lint/suspicious/noConsole: Forge collects an app's log from its console.
  console.log(JSON.stringify({ event, ...facts }));
}
