/** Options every command has. */

import type { SiteOptions } from './local-site';
import { fromCaller } from './paths';

export interface CommonOptions {
  store: string;
  installation: string;
  json: boolean;
}

/** The site that the common options name. */
export function siteOf(options: CommonOptions): SiteOptions {
  return { store: fromCaller(options.store), installation: options.installation };
}
