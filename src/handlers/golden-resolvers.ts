/** The calls for golden questions: what an admin expects of a library, kept and put to it. */

import { type GoldenRun, runGoldenQuestions, unknownDocuments } from '../evaluation/golden-run';
import { SETTINGS } from '../evaluation/settings';
import { findLibrary, type LibraryEntry, loadCatalogue } from '../index/catalogue';
import {
  type GoldenQuestion,
  loadGoldenQuestions,
  saveGoldenQuestions,
} from '../index/golden-questions';
import type { Platform } from '../platform/ports';
import { requireAdmin } from './authorize';
import { goldenQuestionsSchema, goldenRunSchema } from './golden-payload';
import { librarySchema, parsePayload } from './payload';

/** Replaces the questions of a library; `unknownDocuments` are expected and not there. */
export async function setGoldenQuestions(
  platform: Platform,
  payload: unknown,
): Promise<{ questions: number; unknownDocuments: string[] }> {
  await requireAdmin(platform.jira);
  const { library: name, questions: given } = parsePayload(goldenQuestionsSchema, payload);
  const library = await libraryOf(platform, name);
  const questions = await saveGoldenQuestions(platform, library.id, given);
  const unknown = await unknownDocuments(platform, library, questions);
  return { questions: questions.length, unknownDocuments: unknown };
}

export async function listGoldenQuestions(
  platform: Platform,
  payload: unknown,
): Promise<{ questions: GoldenQuestion[] }> {
  await requireAdmin(platform.jira);
  const { library } = parsePayload(librarySchema, payload);
  const { id } = await libraryOf(platform, library);
  return { questions: await loadGoldenQuestions(platform, id) };
}

/** Also where they are too damaged to be listed. */
export async function deleteGoldenQuestions(platform: Platform, payload: unknown): Promise<object> {
  await requireAdmin(platform.jira);
  const { library } = parsePayload(librarySchema, payload);
  const { id } = await libraryOf(platform, library);
  await saveGoldenQuestions(platform, id, []);
  return {};
}

/** One call of a run; its page calls again from `next`, with the generation of the answer. */
export async function runGolden(platform: Platform, payload: unknown): Promise<GoldenRun> {
  await requireAdmin(platform.jira);
  const { setting, ...request } = parsePayload(goldenRunSchema, payload);
  return runGoldenQuestions(platform, { ...request, knobs: SETTINGS[setting] });
}

async function libraryOf({ entities }: Platform, name: string): Promise<LibraryEntry> {
  return findLibrary((await loadCatalogue(entities)).libraries, name);
}
