/** Whether a library applies to a query, and what must be said about how that was found out. */

import { hasVectors } from '../embedding/lexical';
import type { LibraryEntry } from '../index/catalogue';
import { evidenceOf, isCurrent } from './calibrate';
import type { LibraryRanking } from './rank-libraries';
import { SIGNIFICANCE_BY_WORDS, significance, significanceLevel } from './threshold';

/** Something about a search that its reader must know. */
export interface SearchNote {
  kind: 'words_only' | 'provider_failed' | 'threshold_missing';
  library: string;
  message: string;
}

export interface Verdict {
  library: LibraryEntry;
  applies: boolean;
  /** Deviations above what foreign texts find; null where the library is not calibrated. */
  significance: number | null;
  /** What it is held against; null where there is nothing to hold it against. */
  level: number | null;
  notes: SearchNote[];
}

/** `failure` is the code of the provider's error, where vectors are missing because of it. */
export function verdictOf(
  ranking: LibraryRanking,
  terms: number,
  failure: string | undefined,
): Verdict {
  const { library, byVectors } = ranking;
  const byWordsOnly = byVectors === undefined;
  const notes: SearchNote[] = byWordsOnly ? [wordsOnly(ranking, failure)] : [];
  const found = isFound(ranking);
  const { calibration } = library;
  const level = byWordsOnly ? SIGNIFICANCE_BY_WORDS : significanceLevel(terms);
  const deviations =
    calibration !== null && isCurrent(calibration)
      ? significance(calibration, evidenceOf(ranking, terms))
      : undefined;
  if (deviations !== undefined) {
    const applies = found && deviations > level;
    return { library, applies, significance: deviations, level, notes };
  }
  if (!byWordsOnly) notes.push(thresholdMissing(library.name));
  return { library, applies: found, significance: null, level: null, notes };
}

/** By words alone, a library in which no word of the query stands has found nothing. */
function isFound({ chunks, byVectors }: LibraryRanking): boolean {
  if (byVectors !== undefined) return chunks.length > 0;
  return chunks.some(({ lexical }) => lexical !== undefined && lexical.chunk > 0);
}

function wordsOnly(
  { library: { name: library, fingerprint }, byWords }: LibraryRanking,
  failure: string | undefined,
): SearchNote {
  if (failure === undefined) {
    const why = hasVectors(fingerprint) ? 'as was asked' : 'as it has no vectors';
    const message = `library "${library}": matched by words only, ${why}, so whether its passages apply is not certain`;
    return { kind: 'words_only', library, message };
  }
  const effect =
    byWords === undefined
      ? 'nothing could be searched, as its words were left out'
      : 'matched by words only; passages may be missing, and whether these apply is not certain';
  const message = `library "${library}": its embedding provider failed (${failure}); ${effect}`;
  return { kind: 'provider_failed', library, message };
}

function thresholdMissing(library: string): SearchNote {
  const message = `library "${library}": its threshold is not calibrated, so all that was found is shown; index it again to have it calibrated`;
  return { kind: 'threshold_missing', library, message };
}
