/** Markdown source → its blocks without heading paths, window by window. */

import type { Blockquote, RootContent } from 'mdast';
import { codeEnd, lineHead, quotedEnds, textEnd } from './markdown-lines';
import {
  type MarkdownWindow,
  type Positioned,
  parseWindow,
  WINDOW_LENGTH_MAX,
  WINDOW_LENGTH_MIN,
} from './markdown-window';
import { lineStartOffset, nextLineOffset, skipSpace } from './text-scan';
import type { BlockKind } from './types';

export interface BlockDraft {
  kind: BlockKind;
  start: number;
  end: number;
  level?: number;
  /** Of a quote: the block in it, where that is cut by lines. */
  holds?: 'table' | 'code';
  /** Where the text of a heading stands, without its marks. */
  content?: { start: number; end: number };
}

export interface WindowLengths {
  min: number;
  max: number;
}

/** Quotes within quotes that are read on by their lines. */
const QUOTE_DEPTH_MAX = 20;

/**
 * Reads all blocks in document order.
 *
 * A node that fills a whole window is continued by lines where its end can be seen from them
 * (paragraph, table, code, quote), read on from its last item where it has several (list), and
 * otherwise parsed again in a window of twice the length, up to `lengths.max`, where it is cut:
 * only its structure suffers then, never an offset. In a quote it is the same but for that.
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
  if (node.type === 'blockquote') return takeOpenQuote(source, window, node, drafts);
  if (node.type !== 'paragraph' && node.type !== 'table' && node.type !== 'code') return undefined;
  const start = window.startOf(node);
  const end = openEnd(source, window, { node, depth: 0 });
  drafts.push({ kind: node.type, start, end });
  return end;
}

/**
 * Reads a quote on from its last block where it has several, as a list in it from its last item,
 * else to the end of its only block by its lines. Where these do not tell, all quoted lines are
 * taken for text: to parse ever longer windows would cost more than the structure is worth.
 */
function takeOpenQuote(
  source: string,
  window: MarkdownWindow,
  quote: Blockquote,
  drafts: BlockDraft[],
): number {
  const { children, depth } = innermost(quote);
  let open = children.length - 1;
  // What follows a definition may still turn out to be its title.
  if (children[open - 1]?.type === 'definition') open -= 1;
  const node = children[open];
  if (node !== undefined && open > 0) {
    const finished = children.slice(0, open) as Blockquote['children'];
    draftNodes([{ type: 'blockquote', children: finished }], window, drafts);
    return lineStartOffset(source, window.startOf(node), window.start);
  }
  if (node !== undefined && children.length === 1 && isReadByLines(node)) {
    const start = window.startOf(node);
    const end = openEnd(source, window, { node, depth });
    drafts.push(quoteDraft(node.type, { start, end }));
    return end;
  }
  draftNodes([quote], window, drafts);
  let start = window.end;
  for (const end of quotedEnds(source, start)) {
    drafts.push({ kind: 'quote', start, end });
    start = end;
  }
  return start;
}

/** What the innermost of the quotes has that hold nothing else, or the list that it holds. */
function innermost(quote: Blockquote): { children: readonly RootContent[]; depth: number } {
  let children: readonly RootContent[] = quote.children;
  for (let depth = 1; ; depth += 1) {
    const [only] = children;
    if (children.length !== 1 || only === undefined || depth === QUOTE_DEPTH_MAX) {
      return { children: depth === QUOTE_DEPTH_MAX ? [] : children, depth };
    }
    if (only.type === 'list') return { children: only.children, depth };
    if (only.type !== 'blockquote') return { children, depth };
    children = only.children;
  }
}

function isReadByLines({ type }: RootContent): boolean {
  return type === 'paragraph' || type === 'table' || type === 'code';
}

function openEnd(
  source: string,
  window: MarkdownWindow,
  { node, depth }: { node: RootContent; depth: number },
): number {
  if (node.type !== 'code') return textEnd(source, window.end, depth);
  return codeEnd(source, { start: window.startOf(node), end: window.endOf(node) }, depth);
}

function skipBlankLines(source: string, from: number): number {
  const content = skipSpace(source, from, source.length);
  return content === source.length ? content : lineStartOffset(source, content, from);
}

/** Length of the front matter with its fences, so that the first window holds it whole; or 0. */
function frontMatterLength(source: string, lengthMax: number): number {
  const fence = /^(?:---|\+\+\+)(?=[ \t]*$)/.exec(lineHead(source, 0))?.[0];
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
  if (quoted) return quoteDraft(node.type, range);
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

function quoteDraft(type: RootContent['type'], range: { start: number; end: number }): BlockDraft {
  const draft: BlockDraft = { kind: 'quote', ...range };
  if (type === 'table' || type === 'code') draft.holds = type;
  return draft;
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
