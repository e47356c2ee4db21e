/** Settings of a search that an evaluation can be run with, by name. */

import { hasVectors } from '../embedding/lexical';
import { GroundworkError } from '../errors';
import { DEFAULT_KNOBS, EXHAUSTIVE_KNOBS, type SearchKnobs } from '../retrieval/knobs';

export const SETTING_DEFAULT = 'default';

/** What each half puts forward where nothing is spared; a hundred records are some 40 units. */
const CANDIDATES_EACH_EXHAUSTIVE = 100;

/**
 * `default` is what the product does; others show what a part is worth, or, with the same signals,
 * what it gives up: `exhaustive` reads every list and every posting.
 */
export const SETTINGS = {
  [SETTING_DEFAULT]: DEFAULT_KNOBS,
  words: { ...DEFAULT_KNOBS, signals: 'words' },
  vectors: { ...DEFAULT_KNOBS, signals: 'vectors' },
  exhaustive: {
    ...EXHAUSTIVE_KNOBS,
    signals: 'both',
    coverageBesideWords: 1,
    postingBytesMax: Number.POSITIVE_INFINITY,
    candidatesEach: CANDIDATES_EACH_EXHAUSTIVE,
  },
} as const satisfies Record<string, SearchKnobs>;

export type SettingName = keyof typeof SETTINGS;

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** Errors: `vectors_missing` where vectors alone are to rank, and the library has none. */
export function expectRankable(
  { name, dimensions }: { name: string; dimensions: number },
  { signals }: Pick<SearchKnobs, 'signals'>,
): void {
  if (signals !== 'vectors' || hasVectors({ dimensions })) return;
  throw new GroundworkError({
    code: 'vectors_missing',
    message: `library "${name}": it was indexed by words alone and has no vectors, and this setting ranks by nothing else; choose another setting, or rebuild the library with an embedder`,
    facts: { library: name },
  });
}
