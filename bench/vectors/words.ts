/** Texts that stand for chunks: seeded, so that every run stores the same bytes. */

import { seededRandom } from '../../src/quantization/seeded-random';

/** UTF-16 units of a chunk's text; all of it is ASCII. */
export const TEXT_CHARACTERS = 1_500;

export const WORDS =
  'a the and or of to in for with by from on at as is are be must may should when before after team release review test story change branch build approve deploy check write read owner customer issue ticket sprint report data access key secret backup service request answer queue index record field value list table page folder policy rule process step example default limit quota error warning retry merge commit version document section summary acceptance criteria reviewer estimate priority label component environment production staging rollback incident contact escalate weekly daily never always only every other first last new old open closed'.split(
    ' ',
  );
const SENTENCE_WORDS_MIN = 6;
const SENTENCE_WORDS_SPAN = 12;

/** The text of one chunk, by its number: sentences of English words, cut to the length. */
export function textOf(chunk: number): string {
  const random = seededRandom(chunk);
  let text = '';
  while (text.length < TEXT_CHARACTERS) {
    const words = SENTENCE_WORDS_MIN + Math.floor(random() * SENTENCE_WORDS_SPAN);
    for (let i = 0; i < words; i += 1) {
      const word = WORDS[Math.floor(random() * WORDS.length)] as string;
      text += i === 0 ? word.charAt(0).toUpperCase() + word.slice(1) : ` ${word}`;
    }
    text += '. ';
  }
  return text.slice(0, TEXT_CHARACTERS);
}
