/** Small readings of a text that every parser and the chunker share. Offsets are UTF-16 units. */

const NOT_BLANK = /\S/;

/** True when a text has nothing but white space in the widest sense (also U+00A0, U+FEFF). */
export function isBlank(text: string): boolean {
  return !NOT_BLANK.test(text);
}

/** True for the units that JavaScript's `\s` matches. */
export function isSpaceUnit(unit: number): boolean {
  if (unit <= 0x20) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);
  if (unit < 0xa0) return false;
  if (unit === 0xa0 || unit === 0x1680 || unit === 0xfeff || unit === 0x3000) return true;
  if (unit < 0x2000 || unit > 0x205f) return false;
  return unit <= 0x200a || unit === 0x2028 || unit === 0x2029 || unit === 0x202f || unit === 0x205f;
}

/** First offset in [start, end) that is not white space, or `end`. */
export function skipSpace(text: string, start: number, end: number): number {
  let offset = start;
  while (offset < end && isSpaceUnit(text.charCodeAt(offset))) offset += 1;
  return offset;
}

/** End of the text in [start, end) without the white space after it, or `start`. */
export function trimEndOffset(text: string, start: number, end: number): number {
  let offset = end;
  while (offset > start && isSpaceUnit(text.charCodeAt(offset - 1))) offset -= 1;
  return offset;
}

/**
 * Offset just after the line that holds `offset`, its line ending (LF, CR or CR LF) included;
 * the text's length on the last line.
 */
export function nextLineOffset(text: string, offset: number): number {
  for (let at = offset; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 0x0a) return at + 1;
    if (unit === 0x0d) return text.charCodeAt(at + 1) === 0x0a ? at + 2 : at + 1;
  }
  return text.length;
}

/** Offset of the start of the line that holds `offset`, never before `floor`. */
export function lineStartOffset(text: string, offset: number, floor: number): number {
  let at = offset;
  while (at > floor) {
    const unit = text.charCodeAt(at - 1);
    if (unit === 0x0a || unit === 0x0d) break;
    at -= 1;
  }
  return at;
}

/** The line that starts at `start`, without its ending. */
export function lineAt(text: string, start: number): string {
  let end = nextLineOffset(text, start);
  while (end > start && (text.charCodeAt(end - 1) === 0x0a || text.charCodeAt(end - 1) === 0x0d)) {
    end -= 1;
  }
  return text.slice(start, end);
}

/** `offset`, or one less when it would cut a surrogate pair in two. */
export function atCodePoint(text: string, offset: number): number {
  if (offset <= 0 || offset >= text.length) return offset;
  const before = text.charCodeAt(offset - 1);
  const after = text.charCodeAt(offset);
  const cutsPair = before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
  return cutsPair ? offset - 1 : offset;
}
