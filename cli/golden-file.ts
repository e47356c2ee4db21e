/** Golden questions from a file, one JSON object a line. */

import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { GroundworkError } from '../src/errors';
import type { GivenQuestion } from '../src/index/golden-questions';
import { fromCaller } from './paths';

const lineSchema = v.strictObject({
  text: v.string(),
  document: v.optional(v.string()),
  quote: v.optional(v.string()),
  nothingApplies: v.optional(v.boolean()),
});

/** Errors: `path_unknown`; `golden_invalid`, with the line's number and the field. */
export async function readGoldenFile(path: string): Promise<GivenQuestion[]> {
  const text = await readFile(fromCaller(path), 'utf8').catch((cause) => {
    throw new GroundworkError({
      code: 'path_unknown',
      message: `${path}: no such file; give a file of golden questions, one JSON object a line`,
      cause,
    });
  });
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    const result = v.safeParse(lineSchema, jsonOf(line));
    if (result.success) return [result.output];
    const field = v.getDotPath(result.issues[0]) ?? 'the whole';
    throw new GroundworkError({
      code: 'golden_invalid',
      message: `${path}, line ${i + 1}: ${field} is not as expected; lines are {"text", "document", "quote"?} or {"text", "nothingApplies": true}. Nothing was changed`,
    });
  });
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
