/**
 * Where a block ends that fills a whole window, read line by line; also behind the marks of a block
 * quote, `depth` of them.
 */

import { isBlank, lineAt, lineStartOffset, nextLineOffset } from './text-scan';

/** Lines that end a paragraph or table although no blank line stands before them. */
const INTERRUPTS =
  /^ {0,3}(?:(?:#{1,6}|[-*+]|\d{1,9}[.)])(?:[ \t]|$)|>|<|`{3}|~{3}|(?:[-*_=][ \t]*){2,}$)/;
const FENCE_OPENING = /^ {0,3}(`{3,}|~{3,})/;
const INDENTED = /^(?: {4}| {0,3}\t)/;
const QUOTE_MARK = /^ {0,3}>[ \t]?/;
const QUOTED_BLANK = /^[>\s]*$/;
const LINE_HEAD_LENGTH = 200;

/** End of the paragraph or table that is still open at the line that starts at `from`. */
export function textEnd(source: string, from: number, depth: number): number {
  let line = from;
  while (line < source.length) {
    const head = contentHead(source, line, depth);
    if (head === undefined || isBlank(head) || INTERRUPTS.test(head)) break;
    line = nextLineOffset(source, line);
  }
  return line;
}

/** End of the code that starts at `start` and reaches `end`, at least. */
export function codeEnd(
  source: string,
  { start, end }: { start: number; end: number },
  depth: number,
): number {
  const first = lineStartOffset(source, start, 0);
  const opening = FENCE_OPENING.exec(contentHead(source, first, depth) ?? '')?.[1];
  let line = lineStartOffset(source, end, start);
  if (opening === undefined || line === start) line = nextLineOffset(source, line);
  while (line < source.length) {
    const head = contentHead(source, line, depth);
    if (head === undefined) break;
    if (opening === undefined && !isBlank(head) && !INDENTED.test(head)) break;
    line = nextLineOffset(source, line);
    if (opening !== undefined && isClosingFence(head, opening)) break;
  }
  return line;
}

/** Ends of the quoted blocks from `from` on, one at each quoted blank line. */
export function quotedEnds(source: string, from: number): number[] {
  const ends: number[] = [];
  let line = from;
  while (line < source.length) {
    const head = lineHead(source, line);
    if (!QUOTE_MARK.test(head)) break;
    line = nextLineOffset(source, line);
    if (QUOTED_BLANK.test(head)) ends.push(line);
  }
  if (line > (ends.at(-1) ?? from)) ends.push(line);
  return ends;
}

/** The beginning of a line, which is enough to tell what it is. */
export function lineHead(source: string, start: number): string {
  return lineAt(source.slice(start, start + LINE_HEAD_LENGTH), 0);
}

/** The same behind quote marks; undefined where there are fewer of them. */
function contentHead(source: string, start: number, depth: number): string | undefined {
  let head = lineHead(source, start);
  for (let taken = 0; taken < depth; taken += 1) {
    const mark = QUOTE_MARK.exec(head)?.[0];
    if (mark === undefined) return undefined;
    head = head.slice(mark.length);
  }
  return head;
}

function isClosingFence(line: string, opening: string): boolean {
  const closing = FENCE_OPENING.exec(line)?.[1];
  if (closing === undefined || closing[0] !== opening[0]) return false;
  return closing.length >= opening.length && line.trim() === closing;
}
