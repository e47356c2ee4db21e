/**
 * Golden questions: what an admin expects of a library, kept with it to judge generations and
 * settings by. One value a library, replaced whole; docs/format.md is the norm. Publishing leaves
 * it alone, deleting the library takes it away.
 */

import * as v from 'valibot';
import { GroundworkError } from '../errors';
import type { Platform } from '../platform/ports';
import { type LibraryEntry, loadCatalogue } from './catalogue';
import { corrupt, openValue, PART_BYTES_MAX } from './envelope';
import { type Finding, findingOf } from './findings';
import { GOLDEN_PREFIX, goldenKey } from './keys';
import type { MeteredReader } from './metered-reader';
import { DOCUMENT_NAME_CHARACTERS_MAX } from './prepare-document';
import { deleteKeys } from './read-values';
import { toItem } from './stored-item';

export const QUESTIONS_MAX = 200;
/** UTF-16 units: the text of a Jira item fits. */
export const QUESTION_CHARACTERS_MAX = 4_000;
export const QUOTE_CHARACTERS_MAX = 1_000;

const questionSchema = v.object({
  /** What is searched for. No two questions of a library have the same. */
  text: v.string(),
  /** The document that must be found; null where nothing in the library applies. */
  document: v.nullable(v.string()),
  /** Verbatim part of the passage that must be found; null where any of the document will do. */
  quote: v.nullable(v.string()),
});

export type GoldenQuestion = v.InferOutput<typeof questionSchema>;

/** A question as an admin gives it: it names a document, or says that nothing applies. */
export interface GivenQuestion {
  text: string;
  document?: string | undefined;
  quote?: string | undefined;
  nothingApplies?: boolean | undefined;
}

const bodySchema = v.object({ questions: v.array(questionSchema) });

/**
 * Replaces the questions of a library; none deletes the value. The last writer wins.
 * Errors: `golden_invalid`, with the question's number and what is amiss; `golden_too_large`.
 */
export async function saveGoldenQuestions(
  { kv }: Pick<Platform, 'kv'>,
  libraryId: string,
  given: readonly GivenQuestion[],
): Promise<GoldenQuestion[]> {
  checkQuestions(given);
  const questions = given.map(({ text, document = null, quote = null }) => ({
    ...{ text, document, quote },
  }));
  const key = goldenKey(libraryId);
  const { value, bytes } = toItem('questions', key, JSON.stringify({ questions }));
  if (bytes > PART_BYTES_MAX) throw tooLarge(bytes);
  if (questions.length === 0) await kv.delete(key);
  else await kv.set(key, value);
  return questions;
}

/** None where nothing was ever kept. Errors: `value_corrupt`, `format_newer`. */
export async function loadGoldenQuestions(
  { kv }: Pick<Platform, 'kv'>,
  libraryId: string,
): Promise<GoldenQuestion[]> {
  const key = goldenKey(libraryId);
  const value = await kv.get(key);
  return value === undefined ? [] : parseQuestions(key, openValue('questions', key, value));
}

/** What a verification finds of them: nothing where there are none. Errors: of the store. */
export async function checkGoldenQuestions(
  reader: MeteredReader,
  { id }: Pick<LibraryEntry, 'id'>,
): Promise<Finding[]> {
  const key = goldenKey(id);
  const found = (await reader.read([{ key, bytes: PART_BYTES_MAX }])).get(key);
  if (found === undefined) return [];
  try {
    parseQuestions(key, openValue('questions', key, found.value));
    return [];
  } catch (error) {
    return [findingOf(error, key)];
  }
}

/**
 * Deletes questions whose library is in the catalogue no more: saving and deleting may have
 * crossed. A library is in the catalogue before it can have any. Answers how many were deleted.
 */
export async function sweepGoldenQuestions({
  kv,
  entities,
}: Pick<Platform, 'kv' | 'entities'>): Promise<number> {
  const { results } = await kv.query({ prefix: GOLDEN_PREFIX, limit: 100 });
  const { libraries } = await loadCatalogue(entities);
  const live = new Set(libraries.map(({ id }) => goldenKey(id)));
  const gone = results.map(({ key }) => key).filter((key) => !live.has(key));
  await deleteKeys(kv, gone);
  return gone.length;
}

function parseQuestions(key: string, body: string): GoldenQuestion[] {
  const result = v.safeParse(bodySchema, jsonOf(body));
  if (result.success) return result.output.questions;
  throw corrupt(key, `no list of questions: ${v.getDotPath(result.issues[0]) ?? 'no JSON'}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checkQuestions(questions: readonly GivenQuestion[]): void {
  if (questions.length > QUESTIONS_MAX) {
    throw invalid(`${questions.length} questions`, `at most ${QUESTIONS_MAX} are kept`);
  }
  const seen = new Map<string, number>();
  for (const [i, question] of questions.entries()) {
    const number = i + 1;
    const amiss = whatIsAmiss(question);
    if (amiss !== undefined) throw invalid(`question ${number}`, amiss);
    const same = seen.get(question.text);
    if (same !== undefined) throw invalid(`question ${number}`, `it is the text of ${same} again`);
    seen.set(question.text, number);
  }
}

function whatIsAmiss(question: GivenQuestion): string | undefined {
  const { text, document, quote, nothingApplies = false } = question;
  if (text.trim() === '') return 'it has no text';
  const fields: [string, string | undefined, number][] = [
    ['text', text, QUESTION_CHARACTERS_MAX],
    ['document', document, DOCUMENT_NAME_CHARACTERS_MAX],
    ['quote', quote, QUOTE_CHARACTERS_MAX],
  ];
  for (const [name, value, max] of fields) {
    if (value === undefined) continue;
    if (value.trim() === '') return `its ${name} is empty; leave it out instead`;
    if (value.length > max) return `its ${name} has ${value.length} characters, at most ${max}`;
    if (!value.isWellFormed()) return `its ${name} has half a surrogate pair`;
  }
  if (document === undefined && quote !== undefined) return 'it has a quote and no document';
  if (nothingApplies === (document === undefined)) return undefined;
  return 'it must either name a document or say that nothing applies';
}

function invalid(where: string, what: string): GroundworkError {
  return new GroundworkError({
    code: 'golden_invalid',
    message: `golden questions, ${where}: ${what}; nothing was changed, correct it and save again`,
    facts: { where },
  });
}

function tooLarge(bytes: number): GroundworkError {
  return new GroundworkError({
    code: 'golden_too_large',
    message: `golden questions: ${bytes} bytes, at most ${PART_BYTES_MAX} are kept with a library; nothing was changed. Keep fewer or shorter ones`,
    facts: { bytes, bytesMax: PART_BYTES_MAX },
  });
}
