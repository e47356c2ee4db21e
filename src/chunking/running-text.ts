/** What becomes of running text that HTML or Atlassian Document Format has. */

import { isBlank, skipSpace, trimEndOffset } from './text-scan';

/** Controls and U+FFFE/FFFF: admission refuses them in a file, an escape may smuggle them in. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g;
/** Where a word may be broken when it is shown; a word that holds one is not found. */
const SOFT_HYPHEN = '\u00ad';
const LONE_SURROGATE = /\p{Surrogate}/gu;

/** Text without what cannot be printed. */
export function cleaned(text: string): string {
  return text
    .replace(UNPRINTABLE, ' ')
    .replace(LONE_SURROGATE, '\ufffd')
    .replaceAll(SOFT_HYPHEN, '');
}

/** Text with each run of white space as one space. */
export function folded(text: string): string {
  return text.replace(/[ \t\n\r\f]+/g, ' ');
}

/** Text marked as struck out, the white space at its ends outside the marks. */
export function struckOut(text: string): string {
  if (isBlank(text)) return text;
  const start = skipSpace(text, 0, text.length);
  const end = trimEndOffset(text, start, text.length);
  return `${text.slice(0, start)}~~${text.slice(start, end)}~~${text.slice(end)}`;
}
