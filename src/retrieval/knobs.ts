/**
 * What trades quality for read units, and the steps of a query that can be left out. docs/tuning.md
 * says what each does, over which range, and which measurement chose its default.
 */

import type { LexicalKnobs } from './lexical-side';

/** Of the ranking by vectors alone. */
export interface VectorKnobs {
  /** Share of the expected best k that the lists read must hold, 0 to 1; 1 reads every list. */
  coverage: number;
  /** Standard errors a row may lie below the k-th best estimate and still be rescored. */
  errorDeviations: number;
  /** Most candidates that are rescored beyond k; Infinity rescores whatever the errors allow. */
  candidatesMax: number;
}

export interface SearchKnobs extends LexicalKnobs, VectorKnobs {
  /** What ranks: words and vectors, or one of them. What a library lacks is never asked for. */
  signals: 'both' | 'vectors' | 'words';
  /** Weight of a cosine's deviations against the lexical ones; undefined for the provider's own. */
  vectorWeight?: number;
  /** Chunks that words and vectors each put forward, at least as many as hits are wanted. */
  candidatesEach: number;
  /** `coverage` beside words, which make up for what the lists left unread hold. */
  coverageBesideWords: number;
  /** Libraries of at most so many chunks are read whole. */
  wholeChunksMax: number;
  /** What becomes of a chunk whose words all stand in a better hit, in their order. */
  duplicates: 'dropped' | 'kept';
  /** Most hits of one document. */
  documentHitsMax: number;
}

export const DEFAULT_KNOBS: SearchKnobs = {
  signals: 'both',
  candidatesEach: 20,
  coverageBesideWords: 0.9,
  wholeChunksMax: 40,
  postingBytesMax: 50_000,
  frequencyShareMax: 0.3,
  querySaturation: 0.5,
  documentWeight: 0.4,
  presenceWeight: 0.2,
  pairWeight: 0.4,
  coverage: 0.985,
  errorDeviations: 2.5,
  candidatesMax: 150,
  duplicates: 'dropped',
  documentHitsMax: 6,
};

/** Every list read and every row rescored: the int8 ranking, whatever it costs. */
export const EXHAUSTIVE_KNOBS: SearchKnobs = {
  ...DEFAULT_KNOBS,
  signals: 'vectors',
  coverage: 1,
  errorDeviations: Number.POSITIVE_INFINITY,
  candidatesMax: Number.POSITIVE_INFINITY,
};
