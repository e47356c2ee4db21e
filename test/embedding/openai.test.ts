import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Behaviour } from '../../emulator/providers/openai-answers';
import { type OpenAiServer, startOpenAiServer } from '../../emulator/providers/openai-server';
import { createProvider, OPENAI_KEY_NAME } from '../../src/embedding/create-provider';
import { embedMany } from '../../src/embedding/embed-many';
import type { EmbeddingProvider } from '../../src/embedding/provider';
import { errorOf, KEY, options, printed, secretsWith } from './fakes';

let server: OpenAiServer;

beforeAll(async () => {
  server = await startOpenAiServer();
});
afterAll(() => server.close());
beforeEach(() => {
  server.requests.length = 0;
});

/** Our provider as the app makes it, pointed at the local server. */
function provider(
  more: { model?: string; dimensions?: number; timeoutMs?: number; origin?: string } = {},
  key: string | undefined = KEY,
): EmbeddingProvider {
  const platform = { fetch, secrets: secretsWith(key), clock: () => Date.UTC(2026, 10, 22) };
  return createProvider({ embedder: 'openai', platform, origin: server.origin, ...more });
}

const TEXT = 'A release needs a rollback plan.';

describe('openai: what it sends and reads', () => {
  it('asks for base64, full dimensions by leaving them out, and reads the tokens', async () => {
    const answer = await provider().doEmbed([TEXT, 'Lunch is at noon.'], 'document');
    expect(answer.embeddings).toHaveLength(2);
    expect(answer.embeddings[0]).toHaveLength(1536);
    expect(answer.tokens).toBe(8 + 5);
    expect(server.requests).toEqual([
      {
        hasAuthorization: true,
        path: '/v1/embeddings',
        bodyKeys: ['encoding_format', 'input', 'model'],
        model: 'text-embedding-3-small',
        texts: [TEXT, 'Lunch is at noon.'],
        dimensions: undefined,
        encodingFormat: 'base64',
      },
    ]);
  });

  it('asks the API for fewer dimensions', async () => {
    const small = provider({ model: 'text-embedding-3-large', dimensions: 256 });
    expect(small.modelId).toBe('openai:text-embedding-3-large:256');
    const result = await embedMany(options(small, [TEXT]));
    expect(result.vectors[0]).toHaveLength(256);
    expect(server.requests[0]).toMatchObject({ dimensions: 256, model: 'text-embedding-3-large' });
  });

  it('puts embeddings in the order of their index', async () => {
    const list = ['one release', 'two lunches', 'three reviews'];
    const straight = await provider().doEmbed(list, 'document');
    server.script([{ kind: 'reversed' }]);
    const reversed = await provider().doEmbed(list, 'document');
    expect(reversed.embeddings).toEqual(straight.embeddings);
  });

  it('keeps order through parallel calls and finds the near text', async () => {
    const list = Array.from({ length: 600 }, (_, i) => `document ${i} about topic${i % 7}`);
    list[417] = 'Every release needs a rollback plan before it reaches production.';
    server.script([
      { kind: 'slow', delayMs: 60 },
      { kind: 'slow', delayMs: 30 },
    ]);
    const { vectors, calls, tokens } = await embedMany(options(provider(), list));
    expect(calls).toBe(3);
    expect(tokens.measured).toBe(true);
    expect(server.openMax()).toBeGreaterThan(1);
    const query = (await embedMany(options(provider(), ['rollback plan for a release'])))
      .vectors[0];
    const scores = vectors.map((v) => v.reduce((sum, x, i) => sum + x * (query?.[i] ?? 0), 0));
    expect(scores.indexOf(Math.max(...scores))).toBe(417);
  });

  it('reads the key anew for every call, under its name', async () => {
    const secrets = secretsWith(KEY);
    const made = createProvider({
      embedder: 'openai',
      platform: { fetch, secrets },
      origin: server.origin,
    });
    expect(secrets.asked).toEqual([]);
    await made.doEmbed([TEXT], 'query');
    await made.doEmbed([TEXT], 'query');
    expect(secrets.asked).toEqual([OPENAI_KEY_NAME, OPENAI_KEY_NAME]);
    expect(OPENAI_KEY_NAME).toMatch(/^(?!\s+$)[a-zA-Z0-9:._\s\-#]+$/);
  });
});

interface ErrorRow {
  behaviour: Behaviour;
  code: string;
  /** Waits when two of these behaviours stand before a success; empty for a fatal error. */
  waits: number[];
  facts?: Record<string, unknown>;
}

const limited = (headers: Record<string, string>): Behaviour => ({ kind: 'rateLimited', headers });

const ROWS: Record<string, ErrorRow> = {
  'key refused': {
    behaviour: { kind: 'keyRefused' },
    code: 'provider_key_refused',
    waits: [],
    facts: { status: 401, providerCode: 'invalid_api_key' },
  },
  'model unknown': {
    behaviour: { kind: 'modelUnknown' },
    code: 'provider_model_unknown',
    waits: [],
    facts: { status: 404, providerCode: 'model_not_found' },
  },
  'quota exhausted': {
    behaviour: { kind: 'quotaExhausted' },
    code: 'provider_quota_exhausted',
    waits: [],
    facts: { status: 429, providerCode: 'insufficient_quota' },
  },
  'rate limit: retry-after-ms first': {
    behaviour: { kind: 'rateLimited' },
    code: 'provider_rate_limited',
    waits: [1625, 1625],
  },
  'rate limit: retry-after in seconds': {
    behaviour: limited({ 'retry-after': '3' }),
    code: 'provider_rate_limited',
    waits: [3125, 3125],
  },
  'rate limit: retry-after as a date': {
    behaviour: limited({ 'retry-after': 'Sun, 22 Nov 2026 00:00:04 GMT' }),
    code: 'provider_rate_limited',
    waits: [4125, 4125],
  },
  'rate limit: the reset of the limit that is used up': {
    behaviour: limited({
      'x-ratelimit-remaining-requests': '10',
      'x-ratelimit-reset-requests': '40s',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '6s20ms',
    }),
    code: 'provider_rate_limited',
    waits: [6145, 6145],
  },
  'rate limit: without a header': {
    behaviour: limited({}),
    code: 'provider_rate_limited',
    waits: [375, 750],
  },
  'server error': {
    behaviour: { kind: 'serverError' },
    code: 'provider_unavailable',
    waits: [375, 750],
    facts: { status: 500 },
  },
  overloaded: {
    behaviour: { kind: 'serverError', status: 503 },
    code: 'provider_unavailable',
    waits: [375, 750],
    facts: { status: 503 },
  },
  'connection closed': {
    behaviour: { kind: 'hangUp' },
    code: 'provider_unavailable',
    waits: [375, 750],
  },
  'not JSON': { behaviour: { kind: 'malformedJson' }, code: 'provider_answer_invalid', waits: [] },
  'no data': { behaviour: { kind: 'missingData' }, code: 'provider_answer_invalid', waits: [] },
  'wrong count': { behaviour: { kind: 'wrongCount' }, code: 'provider_answer_count', waits: [] },
  'wrong dimensions': {
    behaviour: { kind: 'wrongDimensions' },
    code: 'provider_answer_dimensions',
    waits: [],
  },
  'not a number': {
    behaviour: { kind: 'notFinite' },
    code: 'provider_answer_not_finite',
    waits: [],
  },
  'zero vector': {
    behaviour: { kind: 'zeroVector' },
    code: 'provider_answer_zero_vector',
    waits: [],
  },
  'a refusal of another kind': {
    behaviour: { kind: 'serverError', status: 422 },
    code: 'provider_request_refused',
    waits: [],
    facts: { status: 422 },
  },
};

describe('openai: errors', () => {
  it.each(Object.entries(ROWS))('%s', async (_, row) => {
    server.script([row.behaviour, row.behaviour]);
    const used = options(provider(), [TEXT]);
    if (row.waits.length > 0) {
      const result = await embedMany(used);
      expect(result).toMatchObject({ calls: 3, retries: 2 });
      expect(used.waits).toEqual(row.waits);
      expect(server.requests).toHaveLength(3);
      server.script([row.behaviour]);
    } else {
      expect(server.requests).toHaveLength(0);
    }
    const error = await errorOf(embedMany(options(provider(), [TEXT], { attemptsMax: 1 })));
    expect(error.code).toBe(row.code);
    expect(error.retryable).toBe(row.waits.length > 0);
    expect(error.facts).toMatchObject({ provider: 'openai', firstText: 0, ...row.facts });
    expect(error.message).toContain('openai:text-embedding-3-small:1536, texts 1 to 1 of 1');
    expect(printed(error)).not.toContain(KEY);
    expect(printed(error)).not.toContain('rollback');
    expect(error.cause).toBeUndefined();
    if (row.waits.length === 0) {
      expect(server.requests).toHaveLength(1);
      await errorOf(embedMany(options(provider(), [TEXT])));
      expect(server.requests).toHaveLength(2);
    }
  });

  it('keeps the request id and the code, and nothing else of the answer', async () => {
    server.script([{ kind: 'keyRefused' }]);
    const error = await errorOf(provider().doEmbed([TEXT], 'query'));
    expect(error.facts).toEqual({
      model: 'text-embedding-3-small',
      status: 401,
      providerCode: 'invalid_api_key',
      requestId: 'req_00000001',
    });
  });

  it('halves a call that holds too many tokens', async () => {
    server.script([{ kind: 'callTooLong' }]);
    const list = ['one', 'two', 'three'];
    const result = await embedMany(options(provider(), list));
    expect(server.requests.map((request) => request.texts.length)).toEqual([3, 2, 1]);
    expect(result).toMatchObject({ calls: 3, retries: 0 });
  });

  describe('a text too long for the model', () => {
    const [first, second] = ['A release needs a rollback plan.\n', 'Write it before the release.'];
    const mean = async () => {
      const { vectors } = await embedMany(options(provider(), [first, second]));
      const sum = vectors[0]?.map((value, i) => {
        return first.length * value + second.length * (vectors[1]?.[i] ?? 0);
      });
      const norm = Math.hypot(...(sum ?? []));
      return sum?.map((value) => value / norm);
    };

    it('by the provider is embedded in pieces', async () => {
      const expected = await mean();
      server.requests.length = 0;
      server.script([{ kind: 'inputTooLong' }]);
      const list = [`${first}${second}`];
      const result = await embedMany(options(provider(), list));
      expect(server.requests.map((request) => request.texts)).toEqual([list, [first], [second]]);
      expect(result).toMatchObject({ calls: 3, retries: 0, split: 1 });
      for (const [i, value] of (result.vectors[0] ?? []).entries()) {
        expect(value).toBeCloseTo(expected?.[i] ?? Number.NaN, 6);
      }
    });

    it('by its estimate never reaches the provider whole', async () => {
      const long = `${first}${second}\n`.repeat(800);
      const result = await embedMany(options(provider(), ['One.', long, 'Two.']));
      expect(result.split).toBe(1);
      const sent = server.requests.flatMap((request) => request.texts);
      expect(sent.join('')).toBe(`One.${long}Two.`);
      for (const text of sent) expect(text.length).toBeLessThanOrEqual(8_192);
      for (const vector of result.vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
    });

    it('is refused by name when even a few characters are', async () => {
      server.script(new Array<Behaviour>(2).fill({ kind: 'inputTooLong' }));
      const error = await errorOf(embedMany(options(provider(), [TEXT])));
      expect(error).toMatchObject({ code: 'provider_input_too_large', retryable: false });
      expect(error.facts).toMatchObject({
        provider: 'openai',
        firstText: 0,
        texts: 1,
        status: 400,
      });
      expect(error.message).toContain('openai:text-embedding-3-small:1536, texts 1 to 1 of 1');
      expect(printed(error)).not.toContain('rollback');
      expect(server.requests).toHaveLength(2);
    });
  });

  it.each([
    ['the answer is late', { kind: 'slow', delayMs: 400 }],
    ['the body is late', { kind: 'slowBody', delayMs: 400 }],
  ] as const)('gives up when %s', async (_, behaviour) => {
    server.script([behaviour]);
    const error = await errorOf(provider({ timeoutMs: 100 }).doEmbed([TEXT], 'query'));
    expect(error).toMatchObject({ code: 'provider_unavailable', retryable: true });
    expect(error.message).toContain('no complete answer within 100 ms');
  });

  it('says why there is no connection', async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const unreachable = provider({ origin: `http://127.0.0.1:${port}` });
    const error = await errorOf(unreachable.doEmbed([TEXT], 'query'));
    expect(error).toMatchObject({ code: 'provider_unavailable', retryable: true });
    expect(error.message).toContain('ECONNREFUSED');
  });

  it.each([undefined, '', '   '])('needs a key (%j)', async (key) => {
    const platform = { fetch, secrets: secretsWith(key) };
    const keyless = createProvider({ embedder: 'openai', platform, origin: server.origin });
    const error = await errorOf(keyless.doEmbed([TEXT], 'query'));
    expect(error).toMatchObject({ code: 'provider_key_missing', retryable: false });
    expect(server.requests).toHaveLength(0);
  });

  it('does not quote a key that cannot be sent', async () => {
    const broken = `${KEY}\nX-Injected: 1`;
    const error = await errorOf(provider({}, broken).doEmbed([TEXT], 'query'));
    expect(error.code).toBe('provider_key_refused');
    expect(printed(error)).not.toContain(KEY);
    expect(server.requests).toHaveLength(0);
  });

  it('takes no key from the environment, and writes to no console', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'sk-of-somebody-else');
    vi.stubEnv('OPENAI_LOG', 'debug');
    const written: unknown[] = [];
    const spies = (['log', 'info', 'warn', 'error', 'debug'] as const).map((level) =>
      vi.spyOn(console, level).mockImplementation((...line) => written.push(line)),
    );
    await provider().doEmbed([TEXT], 'query');
    server.script([{ kind: 'keyRefused' }]);
    await errorOf(provider().doEmbed([TEXT], 'query'));
    await errorOf(
      createProvider({
        embedder: 'openai',
        platform: { fetch, secrets: secretsWith(undefined) },
        origin: server.origin,
      }).doEmbed([TEXT], 'query'),
    );
    for (const spy of spies) spy.mockRestore();
    vi.unstubAllEnvs();
    expect(written).toEqual([]);
    expect(server.requests).toHaveLength(2);
  });
});

const ITEM = { object: 'embedding', index: 0, embedding: 'AACAPw==' };

describe('openai: answers that are JSON and no answer', () => {
  it.each([
    ['a list', '[]'],
    ['null', 'null'],
    ['text instead of a list', '{"data":"x"}'],
    ['an item without index', JSON.stringify({ data: [{ embedding: 'AACAPw==' }] })],
    ['an index twice', JSON.stringify({ data: [ITEM, ITEM] })],
    ['broken base64', JSON.stringify({ data: [{ ...ITEM, embedding: 'AAC!' }] })],
    ['half a float', JSON.stringify({ data: [{ ...ITEM, embedding: 'AACA' }] })],
    ['numbers as text', JSON.stringify({ data: [{ ...ITEM, embedding: ['1'] }] })],
    ['another model', JSON.stringify({ data: [ITEM], model: 'text-embedding-ada-002' })],
  ])('%s', async (_, body) => {
    const headers = { 'content-type': 'application/json' };
    server.script([{ kind: 'raw', answer: { status: 200, headers, body } }]);
    const error = await errorOf(provider().doEmbed([TEXT], 'query'));
    expect(error).toMatchObject({ code: 'provider_answer_invalid', retryable: false });
  });

  it('a page of HTML from something in between', async () => {
    const answer = { status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' };
    server.script([{ kind: 'raw', answer }]);
    const error = await errorOf(provider().doEmbed([TEXT], 'query'));
    expect(error.code).toBe('provider_answer_invalid');
  });

  it('takes numbers where a server does not know base64', async () => {
    const numbers = Array.from({ length: 1536 }, (_, i) => (i === 0 ? 1 : 0));
    const body = JSON.stringify({ data: [{ ...ITEM, embedding: numbers }] });
    const headers = { 'content-type': 'application/json' };
    server.script([{ kind: 'raw', answer: { status: 200, headers, body } }]);
    const result = await embedMany(options(provider(), [TEXT]));
    expect(result.tokens.measured).toBe(false);
    expect(result.vectors[0]?.[0]).toBe(1);
  });
});
