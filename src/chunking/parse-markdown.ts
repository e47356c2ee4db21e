/** Markdown (CommonMark, GFM tables and footnotes, YAML or TOML front matter) → blocks. */

import type { Nodes } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { readFrontMatter } from './front-matter';
import { HeadingPath } from './heading-path';
import { type BlockDraft, readMarkdownBlocks, type WindowLengths } from './markdown-blocks';
import { lineStartOffset, skipSpace, trimEndOffset } from './text-scan';
import type { Block, DocumentMetadata, ParsedDocument } from './types';

/** Headings without any of these signs have no inline markup to take away. */
const INLINE_SIGN = /[\\`*_[\]<>&~!]/;
/** `{#anchor}` and `{.class}` after a heading, which many site generators read. */
const HEADING_ATTRIBUTES = / ?\{[#.:][^{}]{0,200}\} ?$/;
const HEADING_SOURCE_LENGTH_MAX = 2_000;
const HEADING_BATCH_LENGTH = 2_000;
const HEADING_SYNTAX = gfm();
const HEADING_TREE = gfmFromMarkdown();

/**
 * The parsed text is the source itself. Every character that is not white space is in one block.
 * `windowLengths` exists for tests.
 * **Cost**: linear in the number of windows; some 30 µs per block, measured at 50,000 headings.
 */
export function parseMarkdown(source: string, windowLengths?: WindowLengths): ParsedDocument {
  const path = new HeadingPath();
  const blocks: Block[] = [];
  let metadata: DocumentMetadata = { labels: [] };
  const drafts = coverText(source, readMarkdownBlocks(source, windowLengths));
  const texts = headingTexts(source, drafts).values();
  for (const { kind: drafted, start, end, level, holds } of drafts) {
    if (drafted === 'heading') path.enter(level ?? 1, texts.next().value ?? '');
    const read = drafted === 'front-matter' ? readFrontMatter(source.slice(start, end)) : undefined;
    if (read !== undefined) metadata = read;
    const kind = drafted === 'front-matter' && read === undefined ? 'other' : drafted;
    const block: Block = { kind, start, end, headings: path.current };
    if (level !== undefined) block.level = level;
    if (holds !== undefined) block.holds = holds;
    blocks.push(block);
  }
  const title =
    metadata.title ??
    blocks.find(({ kind, level }) => kind === 'heading' && level === 1)?.headings.at(-1);
  const parsed: ParsedDocument = { format: 'markdown', text: source, blocks, metadata };
  if (title !== undefined) parsed.title = title;
  return parsed;
}

/**
 * Gives text that no draft covers (list markers, quote marks) to a neighbour: what stands before a
 * draft on its own line to that draft, the rest to the draft before. Also trims drafts and drops
 * those that are blank, so that blocks never touch white space at their borders.
 */
function coverText(source: string, drafts: readonly BlockDraft[]): BlockDraft[] {
  const covered: BlockDraft[] = [];
  let reached = 0;
  for (const draft of drafts) {
    let start = skipSpace(source, Math.max(draft.start, reached), draft.end);
    const end = trimEndOffset(source, start, draft.end);
    if (end <= start) continue;
    const gapStart = skipSpace(source, reached, start);
    if (gapStart < start) {
      const lineStart = lineStartOffset(source, start, gapStart);
      coverGap(source, { start: gapStart, end: lineStart }, covered);
      start = skipSpace(source, lineStart, start);
    }
    covered.push({ ...draft, start, end });
    reached = end;
  }
  const rest = skipSpace(source, reached, source.length);
  coverGap(source, { start: rest, end: source.length }, covered);
  return covered;
}

function coverGap(
  source: string,
  gap: { start: number; end: number },
  covered: BlockDraft[],
): void {
  const end = trimEndOffset(source, gap.start, gap.end);
  if (end <= gap.start) return;
  const previous = covered.at(-1);
  if (previous === undefined || previous.kind === 'heading') {
    covered.push({ kind: 'other', start: gap.start, end });
  } else {
    previous.end = end;
  }
}

/** Texts of the heading drafts, in their order. */
function headingTexts(source: string, drafts: readonly BlockDraft[]): string[] {
  const texts = drafts
    .filter(({ kind }) => kind === 'heading')
    .map(({ content }) => headingSource(source, content));
  // Inline markup is read in batches, because every call of the parser has a price of its own.
  let batch: number[] = [];
  let batchLength = 0;
  for (const [position, text] of texts.entries()) {
    if (!INLINE_SIGN.test(text)) continue;
    batch.push(position);
    batchLength += text.length;
    if (batchLength < HEADING_BATCH_LENGTH) continue;
    takeMarkupAway(texts, batch);
    batch = [];
    batchLength = 0;
  }
  takeMarkupAway(texts, batch);
  return texts;
}

function headingSource(source: string, content: BlockDraft['content']): string {
  if (content === undefined) return '';
  const end = Math.min(content.end, content.start + HEADING_SOURCE_LENGTH_MAX);
  const line = source.slice(content.start, end).replace(/\s+/g, ' ');
  return line.replace(HEADING_ATTRIBUTES, '').trim();
}

/** Replaces the texts at the given positions by what a reader sees of them. */
function takeMarkupAway(texts: string[], positions: readonly number[]): void {
  if (positions.length === 0) return;
  const lines = positions.map((position) => `# ${texts[position]}`);
  const tree = fromMarkdown(lines.join('\n'), {
    extensions: [HEADING_SYNTAX],
    mdastExtensions: [HEADING_TREE],
  });
  for (const [number, position] of positions.entries()) {
    const heading = tree.children[number];
    if (heading !== undefined) texts[position] = plainText(heading);
  }
}

/** What a reader sees of inline nodes: no marks, no HTML tags, the description of an image. */
function plainText(root: Nodes): string {
  const parts: string[] = [];
  const nodes: Nodes[] = [root];
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (node.type === 'text' || node.type === 'inlineCode') parts.push(node.value);
    else if (node.type === 'image' || node.type === 'imageReference') parts.push(node.alt ?? '');
    else if (node.type === 'break') parts.push(' ');
    else if ('children' in node) nodes.push(...node.children.toReversed());
  }
  return parts.join('');
}
