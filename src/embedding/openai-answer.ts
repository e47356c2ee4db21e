/** Reads the body of an embeddings answer, which so far is only said to be JSON. */
import { GroundworkError } from '../errors';
import type { EmbeddingCallResult } from './provider';

/**
 * Puts the embeddings in the order of their `index` and decodes them: base64 of little-endian
 * float32, or numbers where a server ignored the wish for base64. Count and dimensions are not
 * judged here.
 *
 * Errors: `provider_answer_invalid`, naming the part, never its content.
 */
export function readOpenAiAnswer(body: unknown, model: string): EmbeddingCallResult {
  if (!isRecord(body)) throw invalid(model, 'the body is not a JSON object');
  if (!Array.isArray(body['data'])) throw invalid(model, '`data` is not a list');
  const answeredBy = body['model'];
  if (typeof answeredBy === 'string' && !answeredBy.startsWith(model)) {
    throw invalid(model, 'the answer comes from another model');
  }
  const items = body['data'].map((item: unknown, position) => readItem(item, position, model));
  items.sort((left, right) => left.index - right.index);
  for (const [position, item] of items.entries()) {
    if (item.index === items[position + 1]?.index) {
      throw invalid(model, `\`index\` ${item.index} occurs twice`);
    }
  }
  return { embeddings: items.map((item) => item.embedding), tokens: readTokens(body['usage']) };
}

function readItem(
  item: unknown,
  position: number,
  model: string,
): { index: number; embedding: ArrayLike<number> } {
  const index = isRecord(item) ? item['index'] : undefined;
  if (!isRecord(item) || typeof index !== 'number' || !Number.isInteger(index) || index < 0) {
    throw invalid(model, `\`data[${position}].index\` is not a position`);
  }
  const embedding = item['embedding'];
  if (typeof embedding === 'string') {
    const decoded = decodeFloat32(embedding);
    if (decoded !== undefined) return { index, embedding: decoded };
  } else if (Array.isArray(embedding) && embedding.every((value) => typeof value === 'number')) {
    return { index, embedding };
  }
  throw invalid(model, `\`data[${position}].embedding\` is neither base64 float32 nor numbers`);
}

/** Undefined unless the text is base64 of whole float32 numbers. */
function decodeFloat32(text: string): Float32Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length % 4 !== 0 || bytes.toString('base64') !== text) return undefined;
  const values = new Float32Array(bytes.length / 4);
  for (let i = 0; i < values.length; i += 1) values[i] = bytes.readFloatLE(i * 4);
  return values;
}

function readTokens(usage: unknown): number | undefined {
  const tokens = isRecord(usage) ? usage['prompt_tokens'] : undefined;
  return typeof tokens === 'number' && Number.isFinite(tokens) ? tokens : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(model: string, found: string): GroundworkError {
  return new GroundworkError({
    code: 'provider_answer_invalid',
    message:
      `openai ${model}: ${found}. Nothing was stored; repeat, and if it stays so, check what ` +
      'answers in place of the provider.',
    facts: { model },
  });
}
