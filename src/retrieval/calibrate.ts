/**
 * Calibrates the threshold of a library: runs the foreign texts through the very query path, over
 * segments that are stored and not yet published.
 */

import { ANALYSIS_VERSION } from '../analysis/terms';
import type { Calibration, Line } from '../index/calibration';
import type { Fingerprint, LibraryEntry } from '../index/catalogue';
import { liveChunks } from '../index/segment';
import { type CodeCache, type Decoded, loadHeads } from '../index/segment-heads';
import type { JsonValue, KeyValueStore } from '../platform/ports';
import { FOREIGN_ITEMS } from './foreign-items';
import { DEFAULT_KNOBS } from './knobs';
import { queryWords, type SearchQuery } from './query';
import { type LibraryRanking, type RankedChunk, rankLibraries } from './rank-libraries';
import { EVIDENCE_DEPTH, EVIDENCE_HITS, type Evidence, fitCalibration } from './threshold';
import { createScorerPool } from './vector-side';

/** Of the texts and the scoring; the analysis has a version of its own. */
const TEXTS_VERSION = 2;
export const CALIBRATION_VERSION = 1_000 * TEXTS_VERSION + ANALYSIS_VERSION;

/** A library that has grown or shrunk by a smaller share keeps its calibration. */
export const CHANGE_SHARE_MIN = 0.2;
/** Texts whose scores are in memory together: what they want of the store is read together. */
const QUERIES_AT_ONCE = 16;
/** Digits kept of each number: a thousandth of a deviation decides nothing. */
const DIGITS = 6;

/** The foreign texts as queries, in the manner of work items: the summary counts twice. */
export function foreignQueries(): SearchQuery[] {
  return FOREIGN_ITEMS.map((text) => {
    const [summary = '', ...rest] = text.split('\n');
    const description = rest.join('\n');
    return {
      text,
      parts: [
        { text: summary, weight: 2 },
        { text: description, weight: 1 },
      ],
    };
  });
}

/** Whether the numbers are of the texts, the analysis and the scoring that this version has. */
export function isCurrent({ version }: Pick<Calibration, 'version'>): boolean {
  return version === CALIBRATION_VERSION;
}

/** Whether a calibration still serves a library of so many chunks. */
export function stillServes(calibration: Calibration | null, chunks: number): boolean {
  if (calibration === null || !isCurrent(calibration)) return false;
  return Math.abs(chunks - calibration.chunks) < CHANGE_SHARE_MIN * calibration.chunks;
}

/** What the calibration is made of. */
export interface CalibratedLibrary extends Pick<LibraryEntry, 'id' | 'segments'> {
  name: string;
  fingerprint: Fingerprint;
}

/**
 * Cost: reads of a query each, but every value once. `vectors` are those of `foreignQueries`, in
 * their order; none for a library without vectors. `betweenQueries` may throw to end it.
 * Errors: `value_missing`, `value_corrupt`, `format_newer`.
 */
export async function calibrate(
  kv: KeyValueStore,
  of: CalibratedLibrary,
  {
    vectors,
    betweenQueries = () => undefined,
  }: { vectors: readonly Float32Array[] | undefined; betweenQueries?: () => void },
): Promise<Calibration> {
  const library: LibraryEntry = { ...of, projects: 'all', generation: 1, calibration: null };
  const once = readingOnce(kv);
  const heads = await loadHeads(once, [library]);
  const scorersOf = createScorerPool();
  const cache = keepingAll();
  const found: Evidence[] = [];
  const foreign = foreignQueries();
  for (let first = 0; first < foreign.length; first += QUERIES_AT_ONCE) {
    betweenQueries();
    const queries = foreign.slice(first, first + QUERIES_AT_ONCE).map((query, i) => {
      return { library, heads, vector: vectors?.[first + i], words: queryWords(query) };
    });
    const asked = { queries, k: EVIDENCE_DEPTH, knobs: DEFAULT_KNOBS, cache, scorersOf };
    const rankings = await rankLibraries(once, asked);
    const evidence = rankings.map((ranking, i) =>
      evidenceOf(ranking, queries[i]?.words.terms.length ?? 0),
    );
    found.push(...evidence);
  }
  const { lexical, cosine, both } = fitCalibration(found);
  return {
    version: CALIBRATION_VERSION,
    chunks: library.segments.reduce((sum, segment) => sum + liveChunks(segment), 0),
    lexical: lexical && short(lexical),
    cosine: cosine && short(cosine),
    both: both && short(both),
  };
}

/** What a query of so many terms found in a library. */
export function evidenceOf(
  { chunks, byWords, byVectors }: LibraryRanking,
  terms: number,
): Evidence {
  const best = (signal: (chunk: RankedChunk) => number) => {
    const first = chunks
      .slice(0, EVIDENCE_DEPTH)
      .map(signal)
      .sort((a, b) => b - a)
      .slice(0, EVIDENCE_HITS);
    return first.reduce((sum, value) => sum + value, 0) / Math.max(1, first.length);
  };
  const words = byWords && best(({ lexical, reread }) => (lexical?.total ?? 0) + reread);
  return {
    terms,
    // Nothing found is no small score: it would stand far off the line that scores lie about.
    lexical: words ? Math.log1p(words) : undefined,
    cosine: byVectors && best(({ cosine }) => cosine ?? 0),
  };
}

/** A store that asks for each value once: the foreign texts meet the same lists and records. */
function readingOnce(kv: KeyValueStore): KeyValueStore {
  const known = new Map<string, JsonValue>();
  return {
    ...kv,
    async batchGet(keys) {
      const missing = keys.filter((key) => !known.has(key));
      const read = missing.length === 0 ? [] : await kv.batchGet(missing);
      for (const [key, value] of read) known.set(key, value);
      return new Map(
        keys.flatMap((key) => (known.has(key) ? [[key, known.get(key) as JsonValue]] : [])),
      );
    },
  };
}

/** Decoded lists and postings of the one library, for as long as it is calibrated. */
function keepingAll(): CodeCache {
  const known = new Map<string, Decoded>();
  return {
    get: (_, key) => known.get(key),
    set: (_, key, decoded) => void known.set(key, decoded),
  };
}

function short({ offset, slope, deviation }: Line): Line {
  const round = (value: number) => Number(value.toPrecision(DIGITS));
  return { offset: round(offset), slope: round(slope), deviation: round(deviation) };
}
