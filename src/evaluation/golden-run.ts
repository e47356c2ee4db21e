/**
 * Golden questions put to a generation of their library, the live one or the one before it, with
 * one setting of the search. Nothing is changed. A run goes on call by call, as one call of a page
 * has no time for all questions.
 */

import { GroundworkError } from '../errors';
import {
  type Catalogue,
  findLibrary,
  type LibraryEntry,
  loadCatalogue,
  loadManifest,
} from '../index/catalogue';
import { type GoldenQuestion, loadGoldenQuestions } from '../index/golden-questions';
import { isValueMissing } from '../index/read-values';
import { liveDocuments, loadSegmentDocuments } from '../index/reader';
import type { Platform } from '../platform/ports';
import type { SearchKnobs } from '../retrieval/knobs';
import { type Hit, type SearchResult, searchPassages } from '../retrieval/search';
import { notesOfRun, type RunNote } from './run-notes';
import { firstHit } from './scores';
import { expectRankable } from './settings';

/** Depth to which a passage is looked for. */
export const GOLDEN_DEPTH = 10;
/** Milliseconds that are left when a call takes no further question. */
const MARGIN_MS = 8_000;

/**
 * `found`: among the first ten, and it reaches the threshold; `below_threshold`: among them, and it
 * does not; `missed`: not among them. Where nothing applies: `rightly_empty`, or
 * `wrongly_grounded` when something reached the threshold all the same.
 */
export type Verdict = 'found' | 'below_threshold' | 'missed' | 'rightly_empty' | 'wrongly_grounded';

export interface QuestionOutcome extends GoldenQuestion {
  verdict: Verdict;
  /** Rank of the expected passage, from 1; null when it is not among the first ten. */
  rank: number | null;
  /** Document at rank 1; null when nothing was found. */
  first: string | null;
  /** False when the generation has no such document, so that it could not be found. */
  isDocumentKnown: boolean;
}

export interface GoldenRequest {
  library: string;
  /** The generation that is asked; undefined for the live one. */
  generation?: number | undefined;
  knobs: SearchKnobs;
  /** The first question of this call, from 0, and how many at most. */
  first: number;
  count: number;
}

export interface GoldenRun {
  /** The generation that was asked: name it in the next call, lest another go on. */
  generation: number;
  questions: number;
  outcomes: QuestionOutcome[];
  /** What readers of the outcomes must know, each kind once. */
  notes: RunNote[];
  /** The first question of the next call; null after the last. */
  next: number | null;
}

/**
 * Errors: `library_unknown`; `generation_unknown` for one that is neither live nor the one before;
 * `vectors_missing`; `value_corrupt`, `format_newer`; and those of `searchPassages`.
 */
export async function runGoldenQuestions(
  platform: Platform,
  request: GoldenRequest,
): Promise<GoldenRun> {
  const { library: name, first, count, knobs } = request;
  const library = await loadGeneration(platform, name, request.generation);
  expectRankable({ name, dimensions: library.fingerprint.dimensions }, knobs);
  const questions = await loadGoldenQuestions(platform, library.id);
  const view = (live: Catalogue): Catalogue => ({
    ...live,
    libraries: live.libraries.map((entry) => (entry.id === library.id ? library : entry)),
  });
  const ask = ({ text }: GoldenQuestion) =>
    searchPassages(
      platform,
      { text, scope: { library: name }, k: GOLDEN_DEPTH },
      { knobs, view },
    ).catch(async (error) => {
      // Swept while it was asked: then the error below says so instead.
      if (isValueMissing(error)) await loadGeneration(platform, name, library.generation);
      throw error;
    });
  const asked: { question: GoldenQuestion; found: SearchResult }[] = [];
  for (const question of questions.slice(first, first + count)) {
    if (asked.length > 0 && platform.remainingTimeMs() < MARGIN_MS) break;
    asked.push({ question, found: await ask(question) });
  }
  const outcomes = asked.map(({ question, found }) => judge(question, found.hits));
  const next = first + asked.length;
  return {
    generation: library.generation,
    questions: questions.length,
    outcomes: await withKnownDocuments(platform, library, outcomes),
    notes: notesOfRun(
      asked.map(({ found }) => found),
      knobs,
    ),
    next: next < questions.length ? next : null,
  };
}

/** What hits are worth to a question. */
export function judge(
  question: GoldenQuestion,
  hits: readonly Pick<Hit, 'document' | 'text' | 'applies'>[],
): QuestionOutcome {
  const { document, quote } = question;
  const outcome = { ...question, first: hits[0]?.document ?? null, isDocumentKnown: true };
  if (document === null) {
    const isGrounded = hits.some((hit) => hit.applies);
    return { ...outcome, rank: null, verdict: isGrounded ? 'wrongly_grounded' : 'rightly_empty' };
  }
  const passage = { document, grade: 2 as const, ...(quote === null ? {} : { quote }) };
  const rank = firstHit(hits, [passage]) ?? null;
  const isAbove =
    firstHit(
      hits.filter((hit) => hit.applies),
      [passage],
    ) !== undefined;
  const verdict = rank === null ? 'missed' : isAbove ? 'found' : 'below_threshold';
  return { ...outcome, rank, verdict };
}

/** The library as it is, or was in the generation before. */
async function loadGeneration(
  { entities }: Pick<Platform, 'entities'>,
  name: string,
  generation: number | undefined,
): Promise<LibraryEntry> {
  const library = findLibrary((await loadCatalogue(entities)).libraries, name);
  if (generation === undefined || generation === library.generation) return library;
  const previous = (await loadManifest(entities, library.id))?.previous ?? undefined;
  if (previous?.generation === generation) return { ...library, ...previous };
  const kept = [library.generation, ...(previous === undefined ? [] : [previous.generation])];
  throw new GroundworkError({
    code: 'generation_unknown',
    message: `library "${name}": generation ${generation} is not kept any more, or never was; there are ${kept.join(' and ')}. Ask one of these`,
    facts: { library: name, generation },
  });
}

/**
 * The number of the generation before the live one. Errors: `library_unknown`,
 * `generation_unknown`.
 */
export async function previousGeneration(
  { entities }: Pick<Platform, 'entities'>,
  name: string,
): Promise<number> {
  const library = findLibrary((await loadCatalogue(entities)).libraries, name);
  const previous = (await loadManifest(entities, library.id))?.previous;
  if (previous != null) return previous.generation;
  throw new GroundworkError({
    code: 'generation_unknown',
    message: `library "${name}": no generation before ${library.generation} is kept; there is nothing to compare it with`,
    facts: { library: name, generation: library.generation },
  });
}

/** Looks only where something was missed: what was found is there. */
async function withKnownDocuments(
  { kv }: Pick<Platform, 'kv'>,
  { id, segments }: LibraryEntry,
  outcomes: readonly QuestionOutcome[],
): Promise<QuestionOutcome[]> {
  if (outcomes.every(({ verdict }) => verdict !== 'missed')) return [...outcomes];
  const documents = liveDocuments(await loadSegmentDocuments(kv, id, segments));
  const names = new Set(documents.map(({ name }) => name));
  return outcomes.map((outcome) => {
    const { document } = outcome;
    return { ...outcome, isDocumentKnown: document === null || names.has(document) };
  });
}
