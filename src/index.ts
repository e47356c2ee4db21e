/** The Forge entry: wires the adapters and re-exports the functions that manifest.yml names. */

import Resolver from '@forge/resolver';
import { consumeIndexingEvent } from './handlers/indexing-consumer';
import { resolverDefinitions } from './handlers/resolver';
import { codeCachesOf } from './handlers/warm-cache-setting';
import { createForgePlatform } from './platform/forge-platform';

const definitions = new Resolver();
for (const [name, definition] of Object.entries(
  resolverDefinitions(createForgePlatform, codeCachesOf(process.env)),
)) {
  definitions.define(name, definition);
}

export const resolver = definitions.getDefinitions();

export const indexDocumentsConsumer = (event: unknown) =>
  consumeIndexingEvent(createForgePlatform(), event);
