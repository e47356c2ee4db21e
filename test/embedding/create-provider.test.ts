import { describe, expect, it } from 'vitest';
import { createProvider, EMBEDDERS, PROVIDER_SECRETS } from '../../src/embedding/create-provider';
import { GroundworkError } from '../../src/errors';
import { secretsWith } from './fakes';

const platform = { fetch, secrets: secretsWith(undefined) };

function codeAndMessage(options: { embedder: string; model?: string; dimensions?: number }) {
  try {
    createProvider({ ...options, platform });
  } catch (error) {
    if (GroundworkError.isInstance(error)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error('expected an error, and there was none');
}

describe('createProvider', () => {
  it('knows every embedder it names, without a call or a key', () => {
    const ids = EMBEDDERS.map((embedder) => createProvider({ embedder, platform }).modelId);
    const known = ['builtin:use-lite-en-w128:512', 'openai:text-embedding-3-small:1536', 'lexical'];
    expect(ids).toEqual(known);
    expect(platform.secrets.asked).toEqual([]);
    expect(PROVIDER_SECRETS).toEqual(['provider-key:openai']);
  });

  it('takes back the model that a provider names', () => {
    for (const embedder of EMBEDDERS) {
      const made = createProvider({ embedder, platform });
      const { model, dimensions } = made;
      expect(createProvider({ embedder, model, dimensions, platform }).modelId).toBe(made.modelId);
    }
  });

  it('names what exists for what does not', () => {
    expect(codeAndMessage({ embedder: 'gemini' })).toEqual({
      code: 'embedder_unknown',
      message:
        'embedder "gemini" does not exist; there are builtin, openai, lexical. Choose one of these.',
    });
    for (const [change, code] of [
      [{ model: 'other' }, 'embedder_model_unknown'],
      [{ dimensions: 64 }, 'embedder_dimensions'],
    ] as const) {
      expect(codeAndMessage({ embedder: 'lexical', ...change }).code).toBe(code);
    }
    for (const model of ['text-embedding-ada-002', 'toString']) {
      expect(codeAndMessage({ embedder: 'openai', model })).toMatchObject({
        code: 'embedder_model_unknown',
      });
    }
    expect(codeAndMessage({ embedder: 'builtin', model: 'other' }).code).toBe(
      'embedder_model_unknown',
    );
  });

  it.each([
    { embedder: 'openai', dimensions: 1537 },
    { embedder: 'openai', dimensions: 64 },
    { embedder: 'openai', dimensions: 500 },
    { embedder: 'openai', dimensions: 256.5 },
    { embedder: 'openai', dimensions: Number.NaN },
    { embedder: 'openai', model: 'text-embedding-3-large', dimensions: 3080 },
    { embedder: 'builtin', dimensions: 256 },
  ])('refuses dimensions the model does not offer: %o', (options) => {
    const { code, message } = codeAndMessage(options);
    expect(code).toBe('embedder_dimensions');
    expect(message).toContain(String(options.dimensions));
  });
});
