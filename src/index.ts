/** The Forge entry: wires the adapters and re-exports the functions that manifest.yml names. */

import { makeResolver } from '@forge/resolver';
import { consumeIndexingEvent } from './handlers/indexing-consumer';
import { resolverDefinitions } from './handlers/resolver';
import { codeCachesOf } from './handlers/warm-cache-setting';
import { createForgePlatform } from './platform/forge-platform';

export const resolver = makeResolver(
  resolverDefinitions(createForgePlatform, codeCachesOf(process.env)),
);

export const indexDocumentsConsumer = (event: unknown) =>
  consumeIndexingEvent(createForgePlatform(), event);
