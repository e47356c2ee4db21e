/** Files of one JSON object a line. */

const BYTE_ORDER_MARK = '\ufeff';

/** A text without the mark that some editors begin files with. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(BYTE_ORDER_MARK.length) : text;
}

export interface JsonLine {
  /** From 1, blank lines counted. */
  number: number;
  /** Undefined where the line is no JSON. */
  json: unknown;
}

/** The lines that are not blank. */
export function jsonLines(text: string): JsonLine[] {
  return withoutByteOrderMark(text)
    .split('\n')
    .flatMap((line, i) => (line.trim() === '' ? [] : [{ number: i + 1, json: jsonOf(line) }]));
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
