/** Golden questions from a file, one JSON object a line. */

import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { GroundworkError } from '../src/errors';
import { goldenQuestionSchema } from '../src/handlers/golden-payload';
import type { GivenQuestion } from '../src/index/golden-questions';
import { jsonLines } from './json-lines';
import { fromCaller } from './paths';

/** Errors: `path_unknown`; `golden_invalid`, with the line's number and the field. */
export async function readGoldenFile(path: string): Promise<GivenQuestion[]> {
  const text = await readFile(fromCaller(path), 'utf8').catch((cause) => {
    throw new GroundworkError({
      code: 'path_unknown',
      message: `${path}: no such file; give a file of golden questions, one JSON object a line`,
      cause,
    });
  });
  return jsonLines(text).map(({ number, json }) => {
    const result = v.safeParse(goldenQuestionSchema, json);
    if (result.success) return result.output;
    const field = v.getDotPath(result.issues[0]) ?? 'the whole';
    throw new GroundworkError({
      code: 'golden_invalid',
      message: `${path}, line ${number}: ${field} is not as expected; lines are {"text", "document", "quote"?} or {"text", "nothingApplies": true}. Nothing was changed`,
    });
  });
}
