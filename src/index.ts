/** The Forge entry: wires the adapters and re-exports the functions that manifest.yml names. */

import { makeResolver } from '@forge/resolver';
import { resolverDefinitions } from './handlers/resolver';
import { clearAway, pushOn } from './handlers/triggers';
import { codeCachesOf } from './handlers/warm-cache-setting';
import { handleJobEvent } from './jobs/handle-event';
import { createForgePlatform } from './platform/forge-platform';

export const resolver = makeResolver(
  resolverDefinitions(createForgePlatform, codeCachesOf(process.env)),
);

export const indexDocumentsConsumer = (event: unknown) =>
  handleJobEvent(createForgePlatform(), event);

export const pushOnTrigger = () => pushOn(createForgePlatform());

export const clearAwayTrigger = () => clearAway(createForgePlatform());
