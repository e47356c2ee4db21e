/** Settings of a search as they are written at a terminal. */

import { GroundworkError } from '../src/errors';
import { SETTING_NAMES, SETTINGS, type SettingName } from '../src/evaluation/settings';
import { DEFAULT_KNOBS, type SearchKnobs } from '../src/retrieval/knobs';

const isSetting = (text: string): text is SettingName => Object.hasOwn(SETTINGS, text);

/**
 * A setting by its name, or knobs that differ from the default: `coverage=0.9,candidatesMax=40`.
 * Errors: `setting_invalid`.
 */
export function parseSetting(text: string): SearchKnobs {
  if (isSetting(text)) return SETTINGS[text];
  const knobs: Record<string, string | number | boolean> = {};
  for (const pair of text.split(',')) {
    const [name = '', value, ...rest] = pair.split('=').map((part) => part.trim());
    const known = Object.hasOwn(DEFAULT_KNOBS, name)
      ? DEFAULT_KNOBS[name as keyof SearchKnobs]
      : undefined;
    if (known === undefined || value === undefined || rest.length > 0) throw invalid(pair);
    knobs[name] = valueLike(known, value) ?? fail(pair);
  }
  return { ...DEFAULT_KNOBS, ...knobs };
}

/** A value of the type that the default has; undefined for anything else. */
function valueLike(known: string | number | boolean, text: string) {
  if (typeof known === 'string') return text;
  if (typeof known === 'boolean') return { true: true, false: false }[text];
  const number = Number(text);
  return text === '' || Number.isNaN(number) || number < 0 ? undefined : number;
}

function fail(pair: string): never {
  throw invalid(pair);
}

function invalid(pair: string): GroundworkError {
  return new GroundworkError({
    code: 'setting_invalid',
    message: `setting "${pair}": expected ${SETTING_NAMES.join(', ')}, or knobs such as coverage=0.9; knobs are ${Object.keys(DEFAULT_KNOBS).join(', ')}`,
  });
}
