/** The vectors of a query: one for each model among the libraries searched. */

import { estimateTokens } from '../chunking/estimate-tokens';
import { embedMany } from '../embedding/embed-many';
import type { EmbeddingProvider } from '../embedding/provider';
import { GroundworkError } from '../errors';
import type { LibraryEntry } from '../index/catalogue';
import { PROVIDERS, type Providers } from '../index/choose-provider';
import type { Platform } from '../platform/ports';
import { settleAll } from '../settle-all';

export interface EmbeddedQuery {
  /** By model id; a library without vectors has none. */
  vectors: ReadonlyMap<string, Float32Array>;
  /** Why a model gave none, by model id. */
  failures: ReadonlyMap<string, GroundworkError>;
}

/**
 * Embeds the text once per model. A provider that fails leaves the words to go by; that a library
 * was indexed with what this version does not have is an error.
 * Errors: `fingerprint_mismatch`, `embedder_unknown`, `embedder_model_unknown`.
 */
export async function embedQuery(
  platform: Platform,
  libraries: readonly LibraryEntry[],
  text: string,
  providerOf: Providers['of'] = PROVIDERS.of,
): Promise<EmbeddedQuery> {
  const vectors = new Map<string, Float32Array>();
  const failures = new Map<string, GroundworkError>();
  const byModel = new Map(
    libraries
      .filter(({ fingerprint }) => fingerprint.dimensions > 0)
      .map((library) => [library.fingerprint.modelId, library]),
  );
  await settleAll(
    [...byModel].map(async ([modelId, library]) => {
      const provider = providerOf(platform, library.fingerprint);
      expectSameModel(library, provider);
      try {
        vectors.set(modelId, await embedOne(platform, provider, text));
      } catch (error) {
        if (!isOfProvider(error)) throw error;
        failures.set(modelId, error);
      }
    }),
  );
  return { vectors, failures };
}

async function embedOne(
  platform: Platform,
  provider: EmbeddingProvider,
  text: string,
): Promise<Float32Array> {
  const { vectors } = await embedMany({
    provider,
    texts: [text],
    purpose: 'query',
    sleep: platform.sleep,
    random: platform.random,
    estimateTokens,
    remainingTimeMs: platform.remainingTimeMs,
  });
  return vectors[0] as Float32Array;
}

/** Whether an error says that the provider is down, refuses, or has no key to be asked with. */
function isOfProvider(error: unknown): error is GroundworkError {
  if (!GroundworkError.isInstance(error)) return false;
  return error.code.startsWith('provider_') || error.code === 'builtin_model_unavailable';
}

function expectSameModel(library: LibraryEntry, provider: EmbeddingProvider): void {
  const { modelId, dimensions } = library.fingerprint;
  if (provider.modelId === modelId && provider.dimensions === dimensions) return;
  throw new GroundworkError({
    code: 'fingerprint_mismatch',
    message: `library "${library.name}": indexed with ${modelId} (${dimensions} dimensions), this version embeds with ${provider.modelId} (${provider.dimensions}); delete the library and index it again`,
    facts: { library: library.name, found: provider.modelId, expected: modelId },
  });
}
