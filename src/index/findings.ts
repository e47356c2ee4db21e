/** What a verification finds amiss, as data: a repair is planned from it, and people read it. */

import { GroundworkError } from '../errors';

export interface Finding {
  /** Of the error that a reader would meet, or one of those below. */
  code: string;
  /** The value's key; of a mismatch among several values, the beginning that their keys share. */
  key: string;
  /** What was found, and what was expected. */
  what: string;
  /** The document that cannot be trusted any more, where it is one. */
  document?: string;
}

/** Catalogue and index manifest do not say the same. */
export const MANIFEST_MISMATCH = 'manifest_mismatch';
/** A value has another size than its segment's descriptor says. */
export const SIZE_MISMATCH = 'size_mismatch';
/** The values of a segment hold other numbers of things than its descriptor says. */
export const COUNT_MISMATCH = 'count_mismatch';
/** Rows of posting lists and chunks of the document table are not the same, one for one. */
export const ROWS_MISMATCH = 'rows_mismatch';
/** A record is not of the chunk that refers to it. */
export const RECORD_MISMATCH = 'record_mismatch';

export function missingFinding(key: string, document?: string): Finding {
  const what = 'the index names this value and the store does not have it';
  return { code: 'value_missing', key, what, ...(document === undefined ? {} : { document }) };
}

/** What an error of a decoder says; whatever else a damaged value makes of one is damage too. */
export function findingOf(error: unknown, key: string, document?: string): Finding {
  const ofDocument = document === undefined ? {} : { document };
  if (!GroundworkError.isInstance(error)) {
    const what = 'it is not what was written';
    return { code: 'value_corrupt', key, what, ...ofDocument };
  }
  const { found } = error.facts;
  const what = error.code === 'format_newer' ? `stored in format ${found}` : found;
  return { code: error.code, key, what: String(what ?? error.message), ...ofDocument };
}
