/** The Forge entry: wires the adapters and re-exports the functions that manifest.yml names. */

import Resolver from '@forge/resolver';
import { resolverDefinitions } from './handlers/resolver';
import { clearAway, pushOn } from './handlers/triggers';
import { codeCachesOf } from './handlers/warm-cache-setting';
import { handleJobEvent } from './jobs/handle-event';
import { createForgePlatform } from './platform/forge-platform';

const definitions = new Resolver();
for (const [name, definition] of Object.entries(
  resolverDefinitions(createForgePlatform, codeCachesOf(process.env)),
)) {
  definitions.define(name, definition);
}

export const resolver = definitions.getDefinitions();

export const indexDocumentsConsumer = (event: unknown) =>
  handleJobEvent(createForgePlatform(), event);

export const pushOnTrigger = () => pushOn(createForgePlatform());

export const clearAwayTrigger = () => clearAway(createForgePlatform());
