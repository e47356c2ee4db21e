/** The one setting of the warm cache: a variable of the app's environment, absent by default. */

import { type CodeCaches, createCodeCaches } from '../index/code-cache';

/** Megabytes of codes that a function instance may keep; 1 to 200. */
const VARIABLE = 'GROUNDWORK_WARM_CACHE_MB';
const MEGABYTES_MAX = 200;
const BYTES_PER_MEGABYTE = 1_000_000;
/** An instance that idles holds codes no longer than this. */
const AGE_MS_MAX = 10 * 60 * 1_000;

/** Caches as the environment asks for them; undefined, and so none, for anything else. */
export function codeCachesOf(
  environment: Readonly<Record<string, string | undefined>>,
): CodeCaches | undefined {
  const megabytes = Number(environment[VARIABLE] ?? 0);
  if (!Number.isFinite(megabytes) || megabytes < 1) return undefined;
  const bytesMax = Math.min(megabytes, MEGABYTES_MAX) * BYTES_PER_MEGABYTE;
  return createCodeCaches({ bytesMax, ageMsMax: AGE_MS_MAX, now: () => performance.now() });
}
