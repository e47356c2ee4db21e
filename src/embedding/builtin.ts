/**
 * Provider `builtin`: an English sentence model inside the app. No key, no egress, no cost per
 * token; weaker than the providers' models and knows no other language.
 */
import type { BuiltinFiles } from './builtin-files';
import {
  BUILTIN_DIMENSIONS,
  BUILTIN_MODEL_TOKENS_MAX,
  type BuiltinModel,
  loadBuiltinModel,
} from './builtin-model';
import { cutWindows, encodeWords, groupWindows, type Window } from './builtin-windows';
import type { EmbeddingProvider } from './provider';

/** The provider's name for its one model: Universal Sentence Encoder Lite, English. */
export const BUILTIN_MODEL = 'use-lite-en';

/**
 * All that the model takes. Windows of 64 and 32 found no more (ADR 0003; measured again by
 * `npm run bench -- builtin-windows`) and cost as much.
 */
export const WINDOW_TOKENS_DEFAULT = BUILTIN_MODEL_TOKENS_MAX;
/**
 * Padded tokens of one run. 256 to 2,048 are equally fast within the noise (about 2,000 tokens a
 * second), but wasm memory grows with the run and never shrinks (ADR 0003).
 */
const TOKENS_PER_RUN_MAX = 512;
/** About three seconds of work a call, so that progress and the time left are looked at between. */
const TEXTS_PER_CALL_MAX = 16;

/**
 * A text longer than a window is embedded window by window; its embedding is the mean of the
 * windows' vectors, each weighted by its tokens, so nothing of a text is dropped unseen. A text
 * without any word gets a zero vector, which embedMany refuses by the text's position.
 *
 * Units: the tokens it reports are its own (8,000-piece vocabulary, 3.6 characters each in English
 * instructions), not those of the estimate.
 * Errors: `builtin_model_unavailable` at the first call.
 */
export function createBuiltinProvider(
  files: Partial<BuiltinFiles> = {},
  windowTokensMax = WINDOW_TOKENS_DEFAULT,
): EmbeddingProvider {
  return {
    provider: 'builtin',
    model: BUILTIN_MODEL,
    // The window belongs to the id: vectors of other windows are other vectors.
    modelId: `builtin:${BUILTIN_MODEL}-w${windowTokensMax}:${BUILTIN_DIMENSIONS}`,
    dimensions: BUILTIN_DIMENSIONS,
    textsPerCallMax: TEXTS_PER_CALL_MAX,
    tokensPerCallMax: 8_192,
    tokensPerTextMax: Number.MAX_SAFE_INTEGER,
    parallelCallsMax: 1,
    queryConvention: 'same',
    normalized: false,
    doEmbed: async (texts) => embedTexts(await loadBuiltinModel(files), texts, windowTokensMax),
  };
}

async function embedTexts(model: BuiltinModel, texts: readonly string[], windowTokensMax: number) {
  const cache = new Map<string, readonly number[]>();
  const windows: Window[] = texts.flatMap((text, textIndex) => {
    const words = encodeWords(text, model.encodeWord, cache);
    return cutWindows(words, windowTokensMax).map((ids) => ({ textIndex, ids }));
  });
  const embeddings = texts.map(() => new Float64Array(BUILTIN_DIMENSIONS));
  let tokens = 0;
  for (const group of groupWindows(windows, TOKENS_PER_RUN_MAX)) {
    const rows = await model.run(group.map((window) => window.ids));
    for (const [row, window] of group.entries()) {
      const start = row * BUILTIN_DIMENSIONS;
      const vector = rows.subarray(start, start + BUILTIN_DIMENSIONS);
      addScaled(embeddings[window.textIndex], vector, window.ids.length);
      tokens += window.ids.length;
    }
  }
  return { embeddings, tokens };
}

/** Adds into `sum`, which is the caller's. */
function addScaled(sum: Float64Array | undefined, vector: Float32Array, factor: number): void {
  if (sum === undefined) return;
  for (const [dimension, value] of vector.entries()) {
    sum[dimension] = (sum[dimension] ?? 0) + value * factor;
  }
}
