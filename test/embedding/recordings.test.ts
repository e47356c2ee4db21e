import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type OpenAiServer, startOpenAiServer } from '../../emulator/providers/openai-server';
import { createProvider } from '../../src/embedding/create-provider';
import { embedMany } from '../../src/embedding/embed-many';
import { createOpenAiProvider } from '../../src/embedding/openai';
import { errorOf, KEY, options, secretsWith } from './fakes';

const data = process.env['GROUNDWORK_DATA'];
if (data === undefined) {
  process.stderr.write('recordings.test.ts skipped: GROUNDWORK_DATA names no data folder\n');
}

interface Recording {
  request: { body: Record<string, unknown>; bodyBytes: number };
  status: number;
  headers: Record<string, string>;
  /** The recorded bytes; the cassette keeps the parsed body, whose layout its length gives back. */
  body: string;
}

const LAYOUTS: Record<string, { spaces: number; keys: string[] }> = {
  success: { spaces: 2, keys: ['object', 'data', 'embedding', 'index', 'model', 'usage'] },
  error: { spaces: 4, keys: ['error', 'message', 'type', 'param', 'code'] },
};

function load(name: string): Recording {
  const path = join(data ?? '', 'provider-recordings', `TestOpenAI.${name}.yaml`);
  const [{ request, response }] = parse(readFileSync(path, 'utf8')).interactions;
  const { spaces, keys } = LAYOUTS[response.parsed_body.error ? 'error' : 'success'] ?? {
    spaces: 0,
    keys: [],
  };
  const headers: Record<string, string> = {};
  for (const [header, values] of Object.entries<string[]>(response.headers)) {
    if (!['connection', 'transfer-encoding'].includes(header)) headers[header] = String(values[0]);
  }
  return {
    request: {
      body: request.parsed_body,
      bodyBytes: Number(request.headers['content-length'][0]),
    },
    status: response.status.code,
    headers,
    body: `${JSON.stringify(ordered(response.parsed_body, keys), null, spaces)}\n`,
  };
}

/** The cassette sorts keys by the alphabet; the API writes them in this order. */
function ordered(value: unknown, keys: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => ordered(item, keys));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(
    ([left], [right]) => keys.indexOf(left) - keys.indexOf(right),
  );
  return Object.fromEntries(entries.map(([key, item]) => [key, ordered(item, keys)]));
}

/** Keys and types, without values: `{a: [1, 2], b: null}` becomes `{a: ['number'], b: 'null'}`. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shapeOf(item)]));
}

async function withServer<T>(work: (server: OpenAiServer) => Promise<T>): Promise<T> {
  const server = await startOpenAiServer();
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

const NAMES = ['test_documents', 'test_query', 'test_instrumentation', 'test_embed_error'];

describe.skipIf(data === undefined)('recorded answers of api.openai.com', () => {
  it.each(NAMES)('%s: the local server answers in the same shape', async (name) => {
    const recording = load(name);
    expect(Buffer.byteLength(recording.body)).toBe(Number(recording.headers['content-length']));
    await withServer(async (server) => {
      const response = await fetch(`${server.origin}/v1/embeddings`, {
        method: 'POST',
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
        body: JSON.stringify(recording.request.body),
      });
      const body = await response.text();
      expect(response.status).toBe(recording.status);
      expect(response.headers.get('content-type')).toBe(recording.headers['content-type']);
      expect(shapeOf(JSON.parse(body))).toEqual(shapeOf(JSON.parse(recording.body)));
      expect(body.length).toBe(recording.body.length + digits(body) - digits(recording.body));
    });
  });

  it.each(NAMES.slice(0, 3))('%s: our provider sends and reads it', async (name) => {
    const recording = load(name);
    const { body } = recording.request;
    await withServer(async (server) => {
      server.script([{ kind: 'raw', answer: recording }]);
      const provider = createProvider({
        embedder: 'openai',
        platform: { fetch, secrets: secretsWith(KEY) },
        origin: server.origin,
        ...(body['dimensions'] === undefined ? {} : { dimensions: Number(body['dimensions']) }),
      });
      const list = body['input'] as string[];
      const answer = await provider.doEmbed(list, 'document');
      expect(server.requests[0]?.bodyKeys).toEqual(Object.keys(body).sort());
      const recorded = JSON.parse(recording.body);
      expect(answer.tokens).toBe(recorded.usage.prompt_tokens);
      for (const [i, embedding] of answer.embeddings.entries()) {
        const bytes = Buffer.from(Float32Array.from(embedding).buffer);
        expect(bytes.toString('base64')).toBe(recorded.data[i].embedding);
      }
      server.script([{ kind: 'raw', answer: recording }]);
      const { vectors } = await embedMany(options(provider, list));
      for (const [i, vector] of vectors.entries()) {
        expect(Math.hypot(...Array.from(answer.embeddings[i] ?? []))).toBeCloseTo(1, 5);
        expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
      }
    });
  });

  it('test_embed_error: our provider names the unknown model', async () => {
    const recording = load('test_embed_error');
    await withServer(async (server) => {
      server.script([{ kind: 'raw', answer: recording }]);
      const provider = createOpenAiProvider({
        fetch,
        apiKey: async () => KEY,
        model: 'nonexistent',
        dimensions: 1536,
        origin: server.origin,
      });
      const error = await errorOf(provider.doEmbed(['Hello, world!'], 'query'));
      expect(error).toMatchObject({ code: 'provider_model_unknown', facts: { status: 404 } });
    });
  });
});

/** Digits of the token counts, the one part of an answer whose length may differ. */
function digits(body: string): number {
  return (body.match(/_tokens": (\d+)/g) ?? []).join('').length;
}
