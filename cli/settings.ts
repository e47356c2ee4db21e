/** Settings of a search as they are written at a terminal. */

import { GroundworkError } from '../src/errors';
import { SETTING_NAMES, SETTINGS, type SettingName } from '../src/evaluation/settings';
import { DEFAULT_KNOBS, type SearchKnobs } from '../src/retrieval/knobs';

/** A value of each knob, also of those that have no default of their own. */
const KNOWN: Readonly<Record<string, string | number>> = { ...DEFAULT_KNOBS, vectorWeight: 0 };
/** What knobs may be that are no numbers. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  signals: ['both', 'vectors', 'words'] satisfies SearchKnobs['signals'][],
  duplicates: ['dropped', 'kept'] satisfies SearchKnobs['duplicates'][],
};

const isSetting = (text: string): text is SettingName => Object.hasOwn(SETTINGS, text);

/**
 * A setting by its name, or knobs that differ from the default: `coverage=0.9,candidatesMax=40`.
 * Errors: `setting_invalid`.
 */
export function parseSetting(text: string): SearchKnobs {
  if (isSetting(text)) return SETTINGS[text];
  const knobs = text.split(',').map((pair) => {
    const [name = '', value = '', ...rest] = pair.split('=').map((part) => part.trim());
    const parsed = Object.hasOwn(KNOWN, name) ? parseValue(name, value) : undefined;
    if (parsed === undefined || rest.length > 0) throw invalid(pair);
    return [name, parsed] as const;
  });
  return { ...DEFAULT_KNOBS, ...Object.fromEntries(knobs) };
}

/** Undefined for what the knob cannot be. */
function parseValue(name: string, text: string): string | number | undefined {
  if (typeof KNOWN[name] === 'string') return WORDS[name]?.find((word) => word === text);
  const number = Number(text);
  return text === '' || Number.isNaN(number) || number < 0 ? undefined : number;
}

function invalid(pair: string): GroundworkError {
  return new GroundworkError({
    code: 'setting_invalid',
    message: `setting "${pair}": expected ${SETTING_NAMES.join(', ')}, or knobs such as coverage=0.9; knobs are ${Object.keys(KNOWN).join(', ')}`,
  });
}
