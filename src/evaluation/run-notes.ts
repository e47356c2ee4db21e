/** What the readers of a run's figures must know, and whether two runs can be compared at all. */

import { GroundworkError } from '../errors';
import type { SearchKnobs } from '../retrieval/knobs';
import type { SearchResult } from '../retrieval/search';

export type RunNote = SearchResult['notes'][number];

/** The notes of many searches with these knobs, each kind once for a library. */
export function notesOfRun(
  searches: readonly Pick<SearchResult, 'notes'>[],
  { signals }: Pick<SearchKnobs, 'signals'>,
): RunNote[] {
  const notes = searches
    .flatMap((search) => search.notes)
    // Nobody needs to be told what the setting asked for.
    .filter(({ kind }) => !(signals === 'words' && kind === 'words_only'));
  return eachOnce(notes);
}

/** Each kind once for a library, the first of them. */
export function eachOnce(notes: readonly RunNote[]): RunNote[] {
  const first = new Map<string, RunNote>();
  for (const note of notes) {
    const key = `${note.kind} ${note.library}`;
    if (!first.has(key)) first.set(key, note);
  }
  return [...first.values()];
}

/**
 * Refuses a run whose provider failed as a side of a comparison: its figures are not of its
 * setting. Errors: `run_incomparable`.
 */
export function expectComparable(name: string, notes: readonly RunNote[]): void {
  const failed = notes.find(({ kind }) => kind === 'provider_failed');
  if (failed === undefined) return;
  throw new GroundworkError({
    code: 'run_incomparable',
    message: `comparison: the run of ${name} is not of its setting. ${failed.message}. Nothing was compared; run both again when the provider answers, or compare with the setting words`,
    facts: { run: name, library: failed.library },
  });
}
