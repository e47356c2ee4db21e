/** Characters a reader does not see and a model does: they carry orders past who reviews a text. */

/**
 * Soft hyphen, grapheme joiner, fillers, zero-width spaces, invisible operators, bidirectional
 * controls, annotation marks, tags, and variation selectors. The joiners U+200C and U+200D and the
 * emoji selector U+FE0F stay, since scripts and emoji need them.
 */
const INVISIBLE =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each is meant alone, not as a pair.
  /[\u00AD\u034F\u061C\u115F\u1160\u180B-\u180F\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0E\uFEFF\uFFA0\uFFF9-\uFFFB\u{E0000}-\u{E0FFF}]/gu;

/** Removes them. Applied to whatever a prompt shows, instructions and items alike. */
export function stripInvisible(text: string): string {
  return text.replace(INVISIBLE, '');
}
