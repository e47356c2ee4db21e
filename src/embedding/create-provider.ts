/** From the names in the settings to a provider. */
import { GroundworkError } from '../errors';
import type { Clock, Fetch, SecretStore } from '../platform/ports';
import { BUILTIN_MODEL, createBuiltinProvider } from './builtin';
import type { BuiltinFiles } from './builtin-files';
import { BUILTIN_DIMENSIONS } from './builtin-model';
import { createLexicalProvider, LEXICAL } from './lexical';
import { createOpenAiProvider, OPENAI_MODEL_DEFAULT, OPENAI_MODELS } from './openai';
import type { EmbeddingProvider } from './provider';

export const EMBEDDERS = ['builtin', 'openai', LEXICAL] as const;
export type Embedder = (typeof EMBEDDERS)[number];

/** Where the key of `openai` lies in the secret store. */
export const OPENAI_KEY_NAME = 'provider-key:openai';

/** Every name a provider's key may lie under; deleting everything deletes these. */
export const PROVIDER_SECRETS: readonly string[] = [OPENAI_KEY_NAME];

/** Below it the API still answers, but neighbours are no longer the same. */
const DIMENSIONS_MIN = 128;
/** The 1-bit codes of the index fill whole bytes. */
const DIMENSIONS_STEP = 8;

export interface CreateProviderOptions {
  /** One of EMBEDDERS; a plain string, as it comes from settings and command lines. */
  embedder: string;
  model?: string;
  dimensions?: number;
  platform: { fetch: Fetch; secrets: SecretStore; clock?: Clock };
  /** Where the builtin model's files lie, if not below `node_modules`. */
  files?: Partial<BuiltinFiles>;
  /** Another origin than the provider's own, for example the local one of the emulator. */
  origin?: string;
  timeoutMs?: number;
}

/**
 * Makes no call and reads no key: a missing key shows at the first call.
 *
 * Errors: `embedder_unknown`, `embedder_model_unknown`, `embedder_dimensions`.
 */
export function createProvider(options: CreateProviderOptions): EmbeddingProvider {
  switch (options.embedder) {
    case 'builtin':
      return builtin(options);
    case 'openai':
      return openAi(options);
    case LEXICAL:
      return lexical(options);
    default:
      throw new GroundworkError({
        code: 'embedder_unknown',
        message:
          `embedder "${options.embedder}" does not exist; there are ${EMBEDDERS.join(', ')}. ` +
          'Choose one of these.',
        facts: { embedder: options.embedder },
      });
  }
}

function builtin(options: CreateProviderOptions): EmbeddingProvider {
  if (options.model !== undefined && options.model !== BUILTIN_MODEL) {
    throw modelUnknown('builtin', options.model, [BUILTIN_MODEL]);
  }
  const dimensions = options.dimensions ?? BUILTIN_DIMENSIONS;
  if (dimensions !== BUILTIN_DIMENSIONS) {
    throw dimensionsRefused('builtin', dimensions, `${BUILTIN_DIMENSIONS}, and no other`);
  }
  return createBuiltinProvider(options.files);
}

function lexical({ model, dimensions = 0 }: CreateProviderOptions): EmbeddingProvider {
  if (model !== undefined && model !== LEXICAL) throw modelUnknown(LEXICAL, model, [LEXICAL]);
  if (dimensions !== 0) throw dimensionsRefused(LEXICAL, dimensions, '0, as it has no vectors');
  return createLexicalProvider();
}

function openAi(options: CreateProviderOptions): EmbeddingProvider {
  const { platform, origin, timeoutMs } = options;
  const model = options.model ?? OPENAI_MODEL_DEFAULT;
  const known = Object.hasOwn(OPENAI_MODELS, model) ? OPENAI_MODELS[model] : undefined;
  if (known === undefined) throw modelUnknown('openai', model, Object.keys(OPENAI_MODELS));
  const dimensions = options.dimensions ?? known.dimensionsMax;
  const inRange = dimensions >= DIMENSIONS_MIN && dimensions <= known.dimensionsMax;
  if (!inRange || dimensions % DIMENSIONS_STEP !== 0) {
    const offered = `${DIMENSIONS_MIN} to ${known.dimensionsMax} in steps of ${DIMENSIONS_STEP}`;
    throw dimensionsRefused(`openai ${model}`, dimensions, offered);
  }
  return createOpenAiProvider({
    fetch: platform.fetch,
    apiKey: () => platform.secrets.get(OPENAI_KEY_NAME),
    model,
    dimensions,
    ...(origin === undefined ? {} : { origin }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(platform.clock === undefined ? {} : { clock: platform.clock }),
  });
}

function modelUnknown(embedder: string, model: string, models: string[]): GroundworkError {
  return new GroundworkError({
    code: 'embedder_model_unknown',
    message: `${embedder}: model "${model}" is not known; choose ${models.join(' or ')}.`,
    facts: { embedder, model },
  });
}

function dimensionsRefused(where: string, dimensions: number, offered: string): GroundworkError {
  return new GroundworkError({
    code: 'embedder_dimensions',
    message: `${where}: ${dimensions} dimensions were asked for; it offers ${offered}.`,
    facts: { dimensions },
  });
}
