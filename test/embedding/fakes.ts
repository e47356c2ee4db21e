/** What the embedding tests share: a provider object without a network, and the parts it needs. */
import type { EmbedManyOptions } from '../../src/embedding/embed-many';
import type { EmbeddingCallResult, EmbeddingProvider } from '../../src/embedding/provider';
import { GroundworkError } from '../../src/errors';
import type { SecretStore } from '../../src/platform/ports';

export const KEY = 'sk-proj-Zx9SecretOfTheCustomer';

/** A provider whose answers a function gives; four dimensions, small limits. */
export function fakeProvider(
  answer: (texts: readonly string[]) => Promise<EmbeddingCallResult>,
  limits: Partial<EmbeddingProvider> = {},
): EmbeddingProvider {
  return {
    provider: 'fake',
    model: 'words',
    modelId: 'fake:words:4',
    dimensions: 4,
    textsPerCallMax: 3,
    tokensPerCallMax: 1000,
    tokensPerTextMax: 1000,
    parallelCallsMax: 1,
    queryConvention: 'same',
    normalized: false,
    ...limits,
    doEmbed: answer,
  };
}

/** A vector that tells its text: the number in `text 7` in the first dimension. */
export function numbered(texts: readonly string[]): EmbeddingCallResult {
  const embeddings = texts.map((text) => [Number(text.split(' ')[1]), 1, 0, 0]);
  return { embeddings, tokens: texts.length };
}

export function texts(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `text ${i}`);
}

/** Options with a sleep that only writes down how long it was asked for. */
export function options(
  provider: EmbeddingProvider,
  list: readonly string[],
  more: Partial<EmbedManyOptions> = {},
): EmbedManyOptions & { waits: number[] } {
  const waits: number[] = [];
  return {
    provider,
    texts: list,
    purpose: 'document',
    sleep: async (ms) => {
      waits.push(ms);
    },
    random: () => 0.5,
    estimateTokens: (text) => text.length,
    ...more,
    waits,
  };
}

export async function errorOf(promise: Promise<unknown>): Promise<GroundworkError> {
  try {
    await promise;
  } catch (error) {
    if (GroundworkError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('expected an error, and there was none');
}

/** Everything a log could print of an error: message, stack, facts, and its causes. */
export function printed(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? '';
  const own = Object.fromEntries(
    Object.getOwnPropertyNames(error).map((name) => [name, (error as never)[name]]),
  );
  return `${error} ${error.stack} ${JSON.stringify(own)} ${printed(error.cause)}`;
}

export function secretsWith(key: string | undefined): SecretStore & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    get: async (name) => {
      asked.push(name);
      return key;
    },
    set: async () => {},
    delete: async () => {},
  };
}
