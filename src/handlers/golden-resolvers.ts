/** The calls for golden questions: what an admin expects of a library, kept and put to it. */

import { type GoldenRun, runGoldenQuestions } from '../evaluation/golden-run';
import * as golden from '../evaluation/keep-golden';
import { SETTINGS } from '../evaluation/settings';
import type { GoldenQuestion } from '../index/golden-questions';
import type { Platform } from '../platform/ports';
import { requireAdmin } from './authorize';
import { goldenQuestionsSchema, goldenRunSchema } from './golden-payload';
import { librarySchema, parsePayload } from './payload';

/** Replaces the questions of a library; what they expect in vain is said. */
export async function setGoldenQuestions(
  platform: Platform,
  payload: unknown,
): Promise<golden.KeptQuestions> {
  await requireAdmin(platform.jira);
  const { library, questions } = parsePayload(goldenQuestionsSchema, payload);
  return golden.keepGoldenQuestions(platform, library, questions);
}

/** As `setGoldenQuestions` takes them again. */
export async function listGoldenQuestions(
  platform: Platform,
  payload: unknown,
): Promise<{ questions: GoldenQuestion[] }> {
  await requireAdmin(platform.jira);
  const { library } = parsePayload(librarySchema, payload);
  return { questions: await golden.listGoldenQuestions(platform, library) };
}

/** Also where they are too damaged to be listed. */
export async function deleteGoldenQuestions(platform: Platform, payload: unknown): Promise<object> {
  await requireAdmin(platform.jira);
  const { library } = parsePayload(librarySchema, payload);
  await golden.deleteGoldenQuestions(platform, library);
  return {};
}

/** One call of a run; its page calls again from `next`, with the generation of the answer. */
export async function runGolden(platform: Platform, payload: unknown): Promise<GoldenRun> {
  await requireAdmin(platform.jira);
  const { setting, ...request } = parsePayload(goldenRunSchema, payload);
  return runGoldenQuestions(platform, { ...request, knobs: SETTINGS[setting] });
}
