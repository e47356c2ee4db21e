/** The Forge entry: wires the adapters and exports the functions that manifest.yml names. */

import Resolver from '@forge/resolver';
import { appFunctions } from './handlers/functions';
import { codeCachesOf } from './handlers/warm-cache-setting';
import { createForgePlatform } from './platform/forge-platform';

const functions = appFunctions(createForgePlatform, { caches: codeCachesOf(process.env) });
const definitions = new Resolver();
for (const [name, definition] of Object.entries(functions.definitions)) {
  definitions.define(name, definition);
}

export const resolver = definitions.getDefinitions();
export const { indexDocumentsConsumer, pushOnTrigger, clearAwayTrigger } = functions;
