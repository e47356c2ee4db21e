/**
 * What is known of English words: which say nothing on their own, and which belong together. Other
 * languages have neither here; their words are compared as they stand.
 *
 * Source: M. F. Porter, "An algorithm for suffix stripping", 1980 (the original algorithm, not its
 * successor: `dying` → `dy`).
 */

import { stemmer } from '@orama/stemmers/english';
import { stopwords } from '@orama/stopwords/english';

/** What the list lacks: its article, and what an apostrophe or a bracket leaves: `user(s)`. */
const ONE_LETTER = ['a', 's', 't'];
const STOP_WORDS: ReadonlySet<string> = new Set([...stopwords, ...ONE_LETTER]);

/** Whether a word, in lower case and with its apostrophe ('), is one of some 180 function words. */
export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word);
}

/** The stem of a word of the letters a to z, in lower case. */
export function stem(word: string): string {
  return stemmer(word);
}
