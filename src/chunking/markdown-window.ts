/**
 * Reads the block structure of markdown piece by piece.
 *
 * The markdown parser's time grows faster than its input (a list of 20,000 items takes seconds as
 * a whole, a fraction of that in pieces), so the source is read in windows. That is exact, because
 * block structure is decided from left to right: once a second top-level node has begun, what
 * stands before it can no longer change. The last node of a window is read again with the next.
 *
 * Two more things bound the time: inline markup is switched off (it does not move blocks), and
 * the middle of very long lines is hidden from the parser (a line's beginning and end decide what
 * it is), but for the borders of the cells that a row of a table would have.
 */

import type { Root, RootContent } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { frontmatterFromMarkdown } from 'mdast-util-frontmatter';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { frontmatter } from 'micromark-extension-frontmatter';
import { gfm } from 'micromark-extension-gfm';
import { nextLineOffset } from './text-scan';

/** Units of source a window has at least; prose, lists and headings were read fastest so. */
export const WINDOW_LENGTH_MIN = 2_048;
/** A longer block is cut here if nothing in it says where; see `readMarkdownBlocks`. */
export const WINDOW_LENGTH_MAX = 131_072;

const LINE_HEAD_LENGTH = 1_500;
const LINE_TAIL_LENGTH = 100;
/** What is left of the middle of a row: its cells must count as many as the other rows have. */
const ROW_MIDDLE_LENGTH_MAX = 16_384;
const CELL = /(?:\\.|[^|\\])+/g;
const CELL_LENGTH_MAX = 8;

/** Constructs of running text, none of which can begin or end a block. */
const INLINE_CONSTRUCTS = [
  ...['attention', 'autolink', 'characterEscape', 'characterReference', 'codeText'],
  ...['hardBreakEscape', 'htmlText', 'labelEnd', 'labelStartImage', 'labelStartLink'],
  ...['emailAutolink', 'protocolAutolink', 'wwwAutolink', 'strikethrough'],
];
const FRONT_MATTER_KINDS: ('yaml' | 'toml')[] = ['yaml', 'toml'];

const BLOCK_SYNTAX = [gfm(), { disable: { null: INLINE_CONSTRUCTS } }];
/** Without the extensions that search running text for addresses. */
const BLOCK_TREE = gfmFromMarkdown().filter((extension) => extension.transforms === undefined);

interface WindowLine {
  sourceStart: number;
  sourceEnd: number;
  /** Length of the line as the parser saw it, its ending included. */
  seenLength: number;
}

/** A window's top-level nodes with the way back from their positions to source offsets. */
export interface MarkdownWindow {
  start: number;
  end: number;
  nodes: readonly RootContent[];
  startOf: (node: Positioned) => number;
  endOf: (node: Positioned) => number;
}

export interface Positioned {
  position?: Root['position'];
}

/** Parses whole lines from `start` until at least `length` units are taken, and two of them. */
export function parseWindow(source: string, start: number, length: number): MarkdownWindow {
  const lines: WindowLine[] = [];
  const seen: string[] = [];
  let end = start;
  for (let taken = 0; end < source.length && taken < length; ) {
    const lineEnd = nextLineOffset(source, end);
    const line = shortenLine(source, end, lineEnd);
    lines.push({ sourceStart: end, sourceEnd: lineEnd, seenLength: line.length });
    seen.push(line);
    // A long row is no table without the line behind it.
    taken += Math.min(line.length, Math.ceil(length / 2));
    end = lineEnd;
  }
  const isFirst = start === 0;
  // The parser would drop a byte order mark without counting it.
  const text = seen.join('').replace(/^\ufeff/, ' ');
  const tree = fromMarkdown(text, {
    extensions: isFirst ? [...BLOCK_SYNTAX, frontmatter(FRONT_MATTER_KINDS)] : BLOCK_SYNTAX,
    mdastExtensions: isFirst
      ? [...BLOCK_TREE, frontmatterFromMarkdown(FRONT_MATTER_KINDS)]
      : BLOCK_TREE,
  });
  return {
    start,
    end,
    nodes: tree.children,
    startOf: ({ position }) =>
      sourceOffset(lines, position?.start.line ?? 1, position?.start.column ?? 1),
    endOf: ({ position }) =>
      sourceOffset(lines, position?.end.line ?? 1, position?.end.column ?? 1),
  };
}

function shortenLine(source: string, start: number, end: number): string {
  if (end - start <= LINE_HEAD_LENGTH + LINE_TAIL_LENGTH) return source.slice(start, end);
  const middleStart = start + LINE_HEAD_LENGTH;
  const tailStart = end - LINE_TAIL_LENGTH;
  const middle = shortenMiddle(source.slice(middleStart, tailStart));
  return source.slice(start, middleStart) + middle + source.slice(tailStart, end);
}

/** The borders of a row's cells and a little of each cell; nothing of what is no row. */
function shortenMiddle(middle: string): string {
  if (!middle.includes('|')) return '';
  const shortened = middle.replace(CELL, (cell) =>
    cell.length <= CELL_LENGTH_MAX ? cell : cell.replace(/[\\|]/g, '').slice(0, CELL_LENGTH_MAX),
  );
  return shortened.length <= ROW_MIDDLE_LENGTH_MAX ? shortened : '';
}

/** Columns count UTF-16 units from 1; past a hidden middle they count from the line's end. */
function sourceOffset(lines: readonly WindowLine[], line: number, column: number): number {
  const found = lines[line - 1];
  if (found === undefined) return lines.at(-1)?.sourceEnd ?? 0;
  const seenOffset = column - 1;
  if (seenOffset <= LINE_HEAD_LENGTH && seenOffset < found.seenLength) {
    return found.sourceStart + seenOffset;
  }
  return found.sourceEnd - (found.seenLength - seenOffset);
}
