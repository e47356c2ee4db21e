/**
 * The provider of libraries that are searched by words alone: its vectors have no dimensions, and
 * nobody is asked for one. What such a library costs is storage.
 */

import { assertInvariant } from '../errors';
import type { EmbeddingProvider } from './provider';

export const LEXICAL = 'lexical';
/** Chunks whose records are stored by one step of a job. */
const CHUNKS_PER_BATCH = 256;

export function createLexicalProvider(): EmbeddingProvider {
  return {
    provider: LEXICAL,
    model: LEXICAL,
    modelId: LEXICAL,
    dimensions: 0,
    textsPerCallMax: CHUNKS_PER_BATCH,
    tokensPerCallMax: Number.MAX_SAFE_INTEGER,
    tokensPerTextMax: Number.MAX_SAFE_INTEGER,
    parallelCallsMax: 1,
    queryConvention: 'same',
    normalized: true,
    async doEmbed(texts) {
      assertInvariant(false, `lexical: ${texts.length} texts to embed, and there are no vectors`);
    },
  };
}

/** Whether a library of these dimensions has vectors, and so somebody to ask for them. */
export function hasVectors({ dimensions }: { dimensions: number }): boolean {
  return dimensions > 0;
}
