/** Which embedding provider a library is searched and indexed with. */

import { createProvider } from '../embedding/create-provider';
import type { EmbeddingProvider } from '../embedding/provider';
import { GroundworkError } from '../errors';
import type { Platform } from '../platform/ports';
import type { Fingerprint, LibraryEntry } from './catalogue';

/** What a library without documents is indexed with when nobody says otherwise. */
const EMBEDDER_DEFAULT = 'builtin';

/** What an admin asked for; what is left open is the library's own. */
export interface EmbedderWish {
  embedder: string | undefined;
  dimensions: number | undefined;
}

/** The provider that makes vectors as this fingerprint says. Errors: as `createProvider`. */
export function providerOf(platform: Platform, fingerprint: Fingerprint): EmbeddingProvider {
  const { embedder, model, dimensions } = fingerprint;
  return createProvider({ embedder, model, dimensions, platform });
}

/** The same; undefined for a fingerprint that this version of the app cannot make. */
export function providerIfKnown(
  platform: Platform,
  fingerprint: Fingerprint,
): EmbeddingProvider | undefined {
  try {
    return providerOf(platform, fingerprint);
  } catch (error) {
    if (GroundworkError.isInstance(error) && error.code.startsWith('embedder_')) return undefined;
    throw error;
  }
}

/**
 * The provider for indexing into a library. Whether it fits what the library holds is checked by
 * the job itself. Errors: as `createProvider`.
 */
export function chooseProvider(
  platform: Platform,
  library: LibraryEntry | undefined,
  wish: EmbedderWish,
): EmbeddingProvider {
  const current = library?.fingerprint;
  const embedder = wish.embedder ?? current?.embedder ?? EMBEDDER_DEFAULT;
  const own = current?.embedder === embedder ? current : undefined;
  const dimensions = wish.dimensions ?? own?.dimensions;
  return createProvider({
    embedder,
    platform,
    ...(own === undefined ? {} : { model: own.model }),
    ...(dimensions === undefined ? {} : { dimensions }),
  });
}

/** The two ways to a provider: from a library with a wish, and from a fingerprint. */
export interface Providers {
  choose: typeof chooseProvider;
  of: typeof providerOf;
}

export const PROVIDERS: Providers = { choose: chooseProvider, of: providerOf };
