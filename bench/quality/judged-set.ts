/** A judged set: documents, and queries with the passages that must be found. */

import type { GivenDocument } from '../../src/index/prepare-document';

export interface JudgedLine {
  id: string;
  /** One of the two, as `groundwork eval` reads them. */
  issue?: object;
  query?: string;
  relevant: { file: string; quote?: string; grade?: 1 | 2 }[];
  /** What slices of the set are made of. */
  difficulty?: string;
}

export interface JudgedSet {
  name: string;
  documents: GivenDocument[];
  queries: JudgedLine[];
  /** False for a language that the built-in model does not know: then words alone are measured. */
  hasVectors: boolean;
}

/** The queries as lines of a file for `groundwork eval`. */
export function linesOf(queries: readonly JudgedLine[]): string {
  return queries.map((query) => `${JSON.stringify(query)}\n`).join('');
}

/** The set with every n-th query only, so that at most so many are left. */
export function sampleOf(set: JudgedSet, queriesMax: number): JudgedSet {
  const step = Math.max(1, Math.ceil(set.queries.length / queriesMax));
  return { ...set, queries: set.queries.filter((_, i) => i % step === 0) };
}
