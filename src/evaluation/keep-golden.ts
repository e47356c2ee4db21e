/** Golden questions of a library by its name: kept, listed, deleted. */

import { findLibrary, type LibraryEntry, loadCatalogue } from '../index/catalogue';
import {
  type GivenQuestion,
  type GoldenQuestion,
  loadGoldenQuestions,
  saveGoldenQuestions,
} from '../index/golden-questions';
import { readGeneration } from '../index/reader';
import type { Platform } from '../platform/ports';
import { type AbsentPassages, absentPassages } from './absent-passages';

export interface KeptQuestions extends AbsentPassages {
  questions: number;
}

/**
 * Replaces the questions of a library, and says what they expect in vain: it may be indexed later.
 * Errors: `library_unknown`; as `saveGoldenQuestions` and `absentPassages`.
 */
export async function keepGoldenQuestions(
  platform: Platform,
  library: string,
  given: readonly GivenQuestion[],
): Promise<KeptQuestions> {
  const { id } = await libraryOf(platform, library);
  const questions = await saveGoldenQuestions(platform, id, given);
  const absent = await readGeneration(platform, ({ libraries }) =>
    absentPassages(platform, findLibrary(libraries, library), questions),
  );
  return { questions: questions.length, ...absent };
}

/** Errors: `library_unknown`; as `loadGoldenQuestions`. */
export async function listGoldenQuestions(
  platform: Platform,
  library: string,
): Promise<GoldenQuestion[]> {
  return loadGoldenQuestions(platform, (await libraryOf(platform, library)).id);
}

/** Also where they are too damaged to be listed. Errors: `library_unknown`. */
export async function deleteGoldenQuestions(platform: Platform, library: string): Promise<void> {
  await saveGoldenQuestions(platform, (await libraryOf(platform, library)).id, []);
}

async function libraryOf({ entities }: Platform, name: string): Promise<LibraryEntry> {
  return findLibrary((await loadCatalogue(entities)).libraries, name);
}
