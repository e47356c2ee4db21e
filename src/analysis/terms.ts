/**
 * Text → terms of lexical search, for any script. The same function reads chunks and queries, so a
 * change of it is a change of the index: stored postings name the version they were made with.
 *
 * English is stemmed and freed of stop words; of other languages written with spaces, words match
 * as they stand but for case, accents and elided articles. Scripts without spaces give overlapping
 * pairs of characters: a dictionary's cuts differ between versions of ICU, pairs do not.
 */

import { isStopWord, stem } from './english';

/** Version of `analyze`. */
export const ANALYSIS_VERSION = 2;

/** Characters of the longest word that is a term; longer ones are hashes and encoded data. */
const TERM_CHARACTERS_MAX = 40;

const UNSPACED_SCRIPTS = [
  ...['Han', 'Hiragana', 'Katakana', 'Bopomofo', 'Yi'],
  ...['Thai', 'Lao', 'Khmer', 'Myanmar', 'Tai_Le', 'New_Tai_Lue', 'Tai_Tham', 'Javanese'],
];
const UNSPACED_LETTER = UNSPACED_SCRIPTS.map((script) => `\\p{Script=${script}}`).join('');
const UNSPACED = new RegExp(`[${UNSPACED_LETTER}]`, 'u');
/** The long mark ー is of no script; the marks that follow a letter may be of none either. */
const UNSPACED_RUN = new RegExp(`([${UNSPACED_LETTER}][${UNSPACED_LETTER}ー\\p{M}]*)`, 'u');
/** Words, with apostrophes inside them. */
export const WORD = /[\p{L}\p{N}\p{M}]+(?:['’][\p{L}\p{M}]+)*/gu;
const LINK_TARGET = /\]\([^()\s]*(?=[)\s])/g;
/** Of ASCII only: what follows a link in a script without spaces is text. */
const URL = /https?:\/\/[\w\-.~:/?#[\]@!$&'()*+,;=%]+/gi;
const CASE_SEAM = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;
const HAS_CASE_SEAM = /\p{Ll}\p{Lu}|\p{Lu}\p{Lu}\p{Ll}/u;
/** Accents and vowel points that readers leave out; not the vowel signs of Indic scripts. */
const ACCENTS = /[\p{Script=Inherited}\u0591-\u05c7]+/gu;
const ENGLISH_LETTERS = /^[a-z]+$/;
/** Signs inside a word that no reader sees: soft hyphen, zero-width space, word joiner, BOM. */
const UNSEEN = /[\u00ad\u200b\u2060\ufeff]/g;
/** `l'équipe`, `dell'ordine`, `o'clock`: what stands behind, unless it ends an English word. */
const ELISION = /^\p{Script=Latin}{1,4}'(?!(?:ll|re|ve)$)(.{2,})$/u;

/** Terms of a text in order, repeated as they occur. Link targets and URLs are left out. */
export function analyze(text: string): string[] {
  const terms: string[] = [];
  const seen = text.replace(UNSEEN, '').normalize('NFKC');
  const clean = seen.replace(LINK_TARGET, '] ').replace(URL, ' ');
  for (const [word] of clean.matchAll(WORD)) {
    for (const part of splitIdentifier(word)) {
      if (UNSPACED.test(part)) pushUnspaced(part, terms);
      else pushWord(part, terms);
    }
  }
  return terms;
}

function pushWord(word: string, terms: string[]): void {
  const lower = word.toLowerCase().replace(/’/g, "'");
  if (isStopWord(lower)) return;
  const own = lower.replace(/'s$/, '');
  const behind = ELISION.exec(own)?.[1];
  if (behind !== undefined) pushTerm(behind, terms);
  pushTerm(own, terms);
}

/** A word in lower case, its apostrophes left out. */
function pushTerm(word: string, terms: string[]): void {
  const plain = word.replace(/'/g, '').replace(/ß/g, 'ss').normalize('NFD').replace(ACCENTS, '');
  const folded = plain.normalize('NFC');
  const isTerm = folded !== '' && folded.length <= TERM_CHARACTERS_MAX && !isStopWord(folded);
  if (isTerm) terms.push(ENGLISH_LETTERS.test(folded) ? stem(folded) : folded);
}

/** Overlapping pairs of characters; a run of one character is that character. */
function pushUnspaced(word: string, terms: string[]): void {
  for (const run of word.split(UNSPACED_RUN)) {
    if (run === '') continue;
    if (!UNSPACED.test(run)) {
      pushWord(run, terms);
      continue;
    }
    const characters = Array.from(run);
    if (characters.length === 1) terms.push(run);
    for (let i = 0; i + 1 < characters.length; i += 1) {
      terms.push(`${characters[i]}${characters[i + 1]}`);
    }
  }
}

/** `parseHTTPHeader` → parse, HTTP, Header, parseHTTPHeader; a word without seams as it is. */
function splitIdentifier(word: string): string[] {
  if (!HAS_CASE_SEAM.test(word)) return [word];
  const parts = word.split(CASE_SEAM);
  return parts.length > 1 ? [...parts, parts.join('')] : [word];
}
