/** Settings of a search that an evaluation can be run with, by name. */

import { DEFAULT_KNOBS, EXHAUSTIVE_KNOBS, type SearchKnobs } from '../retrieval/knobs';

export const SETTING_DEFAULT = 'default';

/** `default` is what the product does; others show what it gives up, or what a part is worth. */
export const SETTINGS = {
  [SETTING_DEFAULT]: DEFAULT_KNOBS,
  words: { ...DEFAULT_KNOBS, signals: 'words' },
  vectors: { ...DEFAULT_KNOBS, signals: 'vectors' },
  exhaustive: EXHAUSTIVE_KNOBS,
} as const satisfies Record<string, SearchKnobs>;

export type SettingName = keyof typeof SETTINGS;

export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];
