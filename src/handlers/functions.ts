/** The functions that manifest.yml names, made of a way to a platform: one for each invocation. */

import { makeResolver } from '@forge/resolver';
import type { Providers } from '../index/choose-provider';
import type { CodeCaches } from '../index/code-cache';
import { handleJobEvent } from '../jobs/handle-event';
import type { Platform } from '../platform/ports';
import { resolverDefinitions } from './resolver';
import { clearAway, pushOn } from './triggers';

export interface AppOptions {
  /** What a function instance keeps between queries; nothing when absent. */
  caches?: CodeCaches | undefined;
  /** Where jobs get their providers, in place of those of the libraries themselves. */
  providers?: Providers;
}

export function appFunctions(platformOf: () => Platform, { caches, providers }: AppOptions = {}) {
  return {
    // The named export: Node and bundlers take the package's default one for different things.
    resolver: makeResolver(resolverDefinitions(platformOf, caches)),
    indexDocumentsConsumer: (event: unknown) => handleJobEvent(platformOf(), event, providers),
    pushOnTrigger: () => pushOn(platformOf()),
    clearAwayTrigger: () => clearAway(platformOf()),
  };
}
