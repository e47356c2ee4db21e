/** The Forge entry: wires the adapters and exports the functions that manifest.yml names. */

import { appFunctions } from './handlers/functions';
import { codeCachesOf } from './handlers/warm-cache-setting';
import { createForgePlatform } from './platform/forge-platform';

export const { resolver, indexDocumentsConsumer, pushOnTrigger, clearAwayTrigger } = appFunctions(
  createForgePlatform,
  { caches: codeCachesOf(process.env) },
);
