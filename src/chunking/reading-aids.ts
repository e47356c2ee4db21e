/**
 * What a part of a table or of code needs beside it to be read: the rows of the header, the opening
 * and the closing fence; in a block quote, behind its marks.
 */

import { weighText } from './estimate-tokens';
import { atCodePoint, lineStartOffset, nextLineOffset } from './text-scan';
import type { Block } from './types';

export interface ReadingAids {
  /** End of the header or of the opening fence; what begins behind it needs the lead. */
  headEnd: number;
  /** Offset before which no cut is wanted. */
  floor: number;
  lead: string;
  trail: string;
  /** What a line of the block begins with; stands behind the lead where a line was cut. */
  linePrefix: string;
  /** Whether nothing in the block closes it, so that its last part needs the trail too. */
  isOpen: boolean;
}

/** A header or fence above this share of a chunk is not repeated as it is. */
const LEAD_SHARE_MAX = 1 / 3;
/** To what length the names of columns are cut then: the first that fits. */
const NAME_LENGTHS_MAX = [60, 40, 30, 24, 20, 16, 12, 10, 8, 6, 4];
const DELIMITER_ROW = /^[\s>|:-]+$/;
const CELL_BORDER = /(?<!\\)\|/;
const LINE_ENDS = /\r\n?|\n/;
/** A fence's opening line, behind the marks of the lists and quotes it may stand in. */
const FENCE = /^((?:[ \t]|[-*+>]|\d{1,9}[.)])*)(`{3,}|~{3,})[ \t]*([^\r\n`]*)/;
const HEAD_LENGTH_MAX = 20_000;

export function readingAids(text: string, block: Block, weightMax: number): ReadingAids {
  const kind = block.holds ?? block.kind;
  const aids =
    kind === 'table'
      ? tableAids(text, block, weightMax)
      : kind === 'code'
        ? codeAids(text, block, weightMax)
        : undefined;
  const { start } = block;
  const none = { headEnd: start, floor: start, lead: '', trail: '', linePrefix: '', isOpen: false };
  return { ...none, ...aids };
}

/** The rows up to the delimiter row, which stands second or, below a caption and others, later. */
function tableAids(
  text: string,
  block: Block,
  weightMax: number,
): Partial<ReadingAids> | undefined {
  const headEnd = tableHeadEnd(text, block);
  if (headEnd === undefined) return undefined;
  const header = text.slice(block.start, headEnd).trimEnd();
  const linePrefix = quoteMarks(/^[ \t>]*/.exec(header)?.[0] ?? '');
  const whole = `${header}\n`;
  if (weighText(whole) <= weightMax * LEAD_SHARE_MAX) {
    return { headEnd, floor: headEnd, lead: whole, linePrefix };
  }
  const rows = header.split(LINE_ENDS);
  for (const length of NAME_LENGTHS_MAX) {
    const lead = `${rows.map((row) => shortenedRow(row, length)).join('\n')}\n`;
    if (weighText(lead) <= weightMax * LEAD_SHARE_MAX) return { headEnd, lead, linePrefix };
  }
  return undefined;
}

function tableHeadEnd(text: string, { start, end }: Block): number | undefined {
  let line = start;
  for (let row = 0; row < 5 && line - start < HEAD_LENGTH_MAX; row += 1) {
    const next = Math.min(end, nextLineOffset(text, line));
    const content = text.slice(line, Math.min(next, line + HEAD_LENGTH_MAX));
    if (row > 0 && content.includes('-') && DELIMITER_ROW.test(content)) return next;
    if (next >= end) return undefined;
    line = next;
  }
  return undefined;
}

function shortenedRow(row: string, length: number): string {
  const isDelimiter = DELIMITER_ROW.test(row);
  const cells = row.split(CELL_BORDER).map((cell) => cell.trim());
  const shown = isDelimiter
    ? cells.map((cell) => cell.replace(/-+/, '-'))
    : cells.map((cell) => shortened(cell, length));
  return shown.join(' | ').trim();
}

function shortened(name: string, length: number): string {
  if (name.length <= length) return name;
  return `${name.slice(0, atCodePoint(name, length - 1)).trimEnd()}…`;
}

function codeAids(text: string, block: Block, weightMax: number): Partial<ReadingAids> | undefined {
  const opening = FENCE.exec(text.slice(block.start, block.start + HEAD_LENGTH_MAX));
  if (opening === null) return undefined;
  const [, before = '', fence = '', language = ''] = opening;
  const headEnd = Math.min(block.end, nextLineOffset(text, block.start));
  const linePrefix = quoteMarks(before);
  const lead = `${linePrefix}${fence}${language.trim()}\n`;
  const trail = `\n${linePrefix}${fence}`;
  const headWeight = weighText(text.slice(block.start, headEnd));
  const cost = Math.max(headWeight, weighText(lead) + weighText(trail));
  if (cost > weightMax * LEAD_SHARE_MAX) return undefined;
  const isOpen = headEnd >= block.end || !closes(lastLine(text, block), fence, linePrefix !== '');
  return { headEnd, floor: headEnd, lead, trail, linePrefix, isOpen };
}

function lastLine(text: string, { start, end }: Block): string {
  return text.slice(Math.max(lineStartOffset(text, end, start), end - HEAD_LENGTH_MAX), end);
}

function closes(line: string, fence: string, isQuoted: boolean): boolean {
  const content = line.replace(isQuoted ? /^[ \t>]+/ : /^[ \t]+/, '').trimEnd();
  return content.length >= fence.length && content === fence.charAt(0).repeat(content.length);
}

/** As many quote marks as there are among the marks before a block. */
function quoteMarks(before: string): string {
  return '> '.repeat(before.split('>').length - 1);
}
