/** Markdown source → its blocks without heading paths, window by window. */

import type { RootContent } from 'mdast';
import {
  type MarkdownWindow,
  type Positioned,
  parseWindow,
  WINDOW_LENGTH_MAX,
  WINDOW_LENGTH_MIN,
} from './markdown-window';
import { isBlank, lineAt, lineStartOffset, nextLineOffset, skipSpace } from './text-scan';
import type { BlockKind } from './types';

export interface BlockDraft {
  kind: BlockKind;
  start: number;
  end: number;
  level?: number;
  /** Where the text of a heading stands, without its marks. */
  content?: { start: number; end: number };
}

export interface WindowLengths {
  min: number;
  max: number;
}

/** Lines that end a paragraph or table although no blank line stands before them. */
const INTERRUPTS =
  /^ {0,3}(?:(?:#{1,6}|[-*+]|\d{1,9}[.)])(?:[ \t]|$)|>|<|`{3}|~{3}|(?:[-*_=][ \t]*){2,}$)/;
const FENCE_OPENING = /^ {0,3}(`{3,}|~{3,})/;
const INDENTED = /^(?: {4}| {0,3}\t)/;
const QUOTED = /^ {0,3}>/;
const QUOTED_BLANK = /^[>\s]*$/;
const LINE_HEAD_LENGTH = 200;

/**
 * Reads all blocks in document order.
 *
 * A node that fills a whole window is continued by lines where its end can be seen from them
 * (paragraph, table, code, quote), read on from its last item where it has several (list), and
 * otherwise parsed again in a window of twice the length, up to `lengths.max`, where it is cut:
 * only its structure suffers then, never an offset.
 */
export function readMarkdownBlocks(
  source: string,
  lengths: WindowLengths = { min: WINDOW_LENGTH_MIN, max: WINDOW_LENGTH_MAX },
): BlockDraft[] {
  const drafts: BlockDraft[] = [];
  let position = 0;
  let length = Math.max(lengths.min, frontMatterLength(source, lengths.max));
  while (position < source.length) {
    const window = parseWindow(source, position, length);
    const next = takeFinished(source, window, drafts);
    if (next !== undefined) {
      position = skipBlankLines(source, next);
      length = lengths.min;
    } else if (length < lengths.max) {
      length *= 2;
    } else {
      draftNodes(window.nodes, window, drafts);
      position = window.end;
      length = lengths.min;
    }
  }
  return drafts;
}

/** Drafts what can no longer change and gives where to read on; undefined when nothing can. */
function takeFinished(
  source: string,
  window: MarkdownWindow,
  drafts: BlockDraft[],
): number | undefined {
  const { nodes } = window;
  if (window.end >= source.length || nodes.length === 0) {
    draftNodes(nodes, window, drafts);
    return window.end;
  }
  let open = nodes.length - 1;
  // What follows a definition may still turn out to be its title.
  if (nodes[open - 1]?.type === 'definition') open -= 1;
  const openNode = nodes[open];
  if (openNode === undefined) return undefined;
  if (open > 0) {
    draftNodes(nodes.slice(0, open), window, drafts);
    return lineStartOffset(source, window.startOf(openNode), window.start);
  }
  return takeOpenNode(source, window, openNode, drafts);
}

function takeOpenNode(
  source: string,
  window: MarkdownWindow,
  node: RootContent,
  drafts: BlockDraft[],
): number | undefined {
  if (node.type === 'list') {
    const last = node.children.at(-1);
    if (last === undefined || node.children.length < 2) return undefined;
    draftNodes([{ ...node, children: node.children.slice(0, -1) }], window, drafts);
    return lineStartOffset(source, window.startOf(last), window.start);
  }
  if (node.type === 'blockquote') {
    draftNodes([node], window, drafts);
    return draftQuoteLines(source, window.end, drafts);
  }
  if (node.type !== 'paragraph' && node.type !== 'table' && node.type !== 'code') return undefined;
  const start = window.startOf(node);
  const end = node.type === 'code' ? codeEnd(source, start, window) : textEnd(source, window.end);
  drafts.push({ kind: node.type, start, end });
  return end;
}

/** Drafts the quoted lines from `from` on, a block up to each quoted blank line; gives the end. */
function draftQuoteLines(source: string, from: number, drafts: BlockDraft[]): number {
  let line = from;
  let start = from;
  while (line < source.length) {
    const head = lineHead(source, line);
    if (!QUOTED.test(head)) break;
    line = nextLineOffset(source, line);
    if (QUOTED_BLANK.test(head)) {
      drafts.push({ kind: 'quote', start, end: line });
      start = line;
    }
  }
  if (line > start) drafts.push({ kind: 'quote', start, end: line });
  return line;
}

/** End of the paragraph or table that is still open at the line that starts at `from`. */
function textEnd(source: string, from: number): number {
  let line = from;
  while (line < source.length) {
    const head = lineHead(source, line);
    if (isBlank(head) || INTERRUPTS.test(head)) break;
    line = nextLineOffset(source, line);
  }
  return line;
}

function codeEnd(source: string, start: number, window: MarkdownWindow): number {
  const opening = FENCE_OPENING.exec(lineHead(source, lineStartOffset(source, start, 0)))?.[1];
  let line = window.end;
  if (opening === undefined) {
    while (line < source.length) {
      const head = lineHead(source, line);
      if (!isBlank(head) && !INDENTED.test(head)) break;
      line = nextLineOffset(source, line);
    }
    return line;
  }
  while (line < source.length) {
    const closes = isClosingFence(lineHead(source, line), opening);
    line = nextLineOffset(source, line);
    if (closes) break;
  }
  return line;
}

function isClosingFence(line: string, opening: string): boolean {
  const closing = FENCE_OPENING.exec(line)?.[1];
  if (closing === undefined || closing[0] !== opening[0]) return false;
  return closing.length >= opening.length && line.trim() === closing;
}

/** The beginning of a line, which is enough to tell what it is. */
function lineHead(source: string, start: number): string {
  return lineAt(source.slice(start, start + LINE_HEAD_LENGTH), 0);
}

function skipBlankLines(source: string, from: number): number {
  const content = skipSpace(source, from, source.length);
  return content === source.length ? content : lineStartOffset(source, content, from);
}

/** Length of the front matter with its fences, so that the first window holds it whole; or 0. */
function frontMatterLength(source: string, lengthMax: number): number {
  const fence = /^(?:---|\+\+\+)(?=[ \t]*\r?\n)/.exec(source.slice(0, LINE_HEAD_LENGTH))?.[0];
  if (fence === undefined) return 0;
  let line = nextLineOffset(source, 0);
  while (line < Math.min(source.length, lengthMax)) {
    const isFence = lineHead(source, line).trimEnd() === fence;
    line = nextLineOffset(source, line);
    if (isFence) return line;
  }
  return 0;
}

interface Visit {
  node: RootContent;
  listDepth: number;
  quoted: boolean;
}

/** Drafts a block for every leaf below the nodes; containers only say of which kind it is. */
function draftNodes(
  nodes: readonly RootContent[],
  window: MarkdownWindow,
  drafts: BlockDraft[],
): void {
  const visits: Visit[] = [];
  const push = (children: readonly RootContent[], listDepth: number, quoted: boolean): void => {
    for (let position = children.length - 1; position >= 0; position -= 1) {
      const node = children[position];
      if (node !== undefined) visits.push({ node, listDepth, quoted });
    }
  };
  push(nodes, 0, false);
  for (let visit = visits.pop(); visit !== undefined; visit = visits.pop()) {
    const { node, listDepth, quoted } = visit;
    const isContainer =
      (node.type === 'list' ||
        node.type === 'listItem' ||
        node.type === 'blockquote' ||
        node.type === 'footnoteDefinition') &&
      node.children.length > 0;
    if (isContainer) {
      const depth = node.type === 'list' ? listDepth + 1 : listDepth;
      push(node.children, depth, quoted || node.type === 'blockquote');
    } else {
      drafts.push(draftLeaf(visit, window));
    }
  }
}

function draftLeaf({ node, listDepth, quoted }: Visit, window: MarkdownWindow): BlockDraft {
  const range = { start: window.startOf(node), end: window.endOf(node) };
  if (quoted) return { kind: 'quote', ...range };
  if (node.type === 'heading' && listDepth === 0) {
    const first = node.children[0];
    const last = node.children.at(-1);
    const draft: BlockDraft = { kind: 'heading', level: node.depth, ...range };
    if (first !== undefined && last !== undefined) {
      draft.content = contentRange(window, first, last);
    }
    return draft;
  }
  const kind = leafKind(node.type);
  const isItemText = listDepth > 0 && (kind === 'paragraph' || kind === 'list-item');
  if (isItemText) return { kind: 'list-item', level: listDepth, ...range };
  return { kind, ...range };
}

function contentRange(
  window: MarkdownWindow,
  first: Positioned,
  last: Positioned,
): { start: number; end: number } {
  return { start: window.startOf(first), end: window.endOf(last) };
}

function leafKind(type: RootContent['type']): BlockKind {
  switch (type) {
    case 'paragraph':
    case 'heading':
      return 'paragraph';
    case 'listItem':
    case 'list':
      return 'list-item';
    case 'blockquote':
      return 'quote';
    case 'table':
    case 'code':
      return type;
    case 'thematicBreak':
      return 'rule';
    case 'yaml':
      return 'front-matter';
    default:
      return (type as string) === 'toml' ? 'front-matter' : 'other';
  }
}
