/** Which embedding provider a library is searched and indexed with. */

import { createProvider, EMBEDDERS } from '../embedding/create-provider';
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
 * The provider for indexing into a library; the default in the place of one that this version of
 * the app does not have. Whether it fits what the library holds is checked by the job itself.
 * Errors: as `createProvider`.
 */
export function chooseProvider(
  platform: Platform,
  library: LibraryEntry | undefined,
  wish: EmbedderWish,
): EmbeddingProvider {
  const current = library?.fingerprint;
  const currentEmbedder = EMBEDDERS.find((name) => name === current?.embedder);
  const embedder = wish.embedder ?? currentEmbedder ?? EMBEDDER_DEFAULT;
  const isOwn = current?.embedder === embedder && isKnown(platform, current);
  const dimensions = wish.dimensions ?? (isOwn ? current.dimensions : undefined);
  return createProvider({
    embedder,
    platform,
    ...(isOwn ? { model: current.model } : {}),
    ...(dimensions === undefined ? {} : { dimensions }),
  });
}

function isKnown(platform: Platform, fingerprint: Fingerprint): boolean {
  return providerIfKnown(platform, fingerprint) !== undefined;
}

/** The two ways to a provider: from a library with a wish, and from a fingerprint. */
export interface Providers {
  choose: typeof chooseProvider;
  of: typeof providerOf;
  /** Texts of a job's batch, where it is to be less than a call takes. */
  textsPerBatchMax?: number;
}

export const PROVIDERS: Providers = { choose: chooseProvider, of: providerOf };
