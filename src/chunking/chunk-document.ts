/**
 * Blocks → chunks, section by section: what stands under a heading is packed by itself, and only
 * sections below the minimum share a chunk. So an edit changes the chunks of its own section and,
 * where that is small, of the small ones beside it; all others stay as they are, text and hash.
 *
 * Invariants, whatever the document:
 * - the chunks cover the text from the end of the front matter on, in order, and touch: joining
 *   their slices gives the text;
 * - `tokensEstimate` (lead and trail included) is at most the maximum;
 * - a heading is not the last block of a chunk, except at the end of the document and in a run of
 *   headings that alone fills half the maximum.
 */

import { assertInvariant } from '../errors';
import { titleAbove } from './document-title';
import { runningWeights } from './estimate-tokens';
import { joinSmallSections, type PackedSection } from './join-small';
import { isHeading, packSection } from './pack-section';
import type { Span } from './split-span';
import { type WeighedText, weightOf } from './text-cuts';
import { lineStartOffset } from './text-scan';
import type { Block, Chunk, ChunkingOptions, ParsedDocument } from './types';

/**
 * Raised whenever the same document would be cut differently, or its chunks have other headings;
 * part of an index's fingerprint.
 */
export const CHUNKER_VERSION = 3;

/**
 * Chosen by how much of the judged answers the first chunks hold, and how little else
 * (docs/chunking.md; `npm run bench -- chunking-eval --sizes`).
 */
export const CHUNKING_DEFAULTS: Readonly<ChunkingOptions> = Object.freeze({
  tokensEstimateTarget: 240,
  tokensEstimateMax: 360,
  tokensEstimateMin: 60,
});

const SAYS_NOTHING: ReadonlySet<Block['kind']> = new Set(['heading', 'rule']);

/**
 * Chunks of a parsed document; none where nothing but front matter is in it.
 * **Cost**: linear in the text; 8 bytes of memory per UTF-16 unit beside it.
 * **Errors**: `invariant_violated` for options out of order.
 */
export function chunkDocument(
  parsed: ParsedDocument,
  options: Readonly<ChunkingOptions> = CHUNKING_DEFAULTS,
): Chunk[] {
  checkOptions(options);
  const { tokensEstimateMin: min, tokensEstimateTarget: target, tokensEstimateMax: max } = options;
  const weighed = { text: parsed.text, weights: runningWeights(parsed.text) };
  const spans = touchingSpans(parsed);
  const sections = sectionsOf(weighed, spans, max).map<PackedSection>((section) => ({
    pieces: packSection(weighed, section, { min, target, max }),
    level: levelOf(section),
  }));
  const headingsAt = headingsReader(spans);
  const underTitle = titleAbove(parsed);
  return joinSmallSections(sections, { min, max }).map(
    ({ start, end, lead, trail, weight }, ordinal) => ({
      ordinal,
      start,
      end,
      headings: underTitle(headingsAt(start, end)),
      lead,
      trail,
      tokensEstimate: Math.ceil(weight),
    }),
  );
}

function checkOptions(options: Readonly<ChunkingOptions>): void {
  const { tokensEstimateMin: min, tokensEstimateTarget: target, tokensEstimateMax: max } = options;
  const whole = [min, target, max].every((tokens) => Number.isSafeInteger(tokens) && tokens > 0);
  assertInvariant(
    whole && min <= target && target <= max,
    `Chunking options: found min ${min}, target ${target}, max ${max}, expected whole numbers ` +
      'above 0 with min <= target <= max.',
  );
}

/**
 * Gives blank space to blocks: a block's own indentation to it, the rest to the block before.
 * Front matter is metadata, and is left out with the blank space behind it.
 */
function touchingSpans({ text, blocks }: ParsedDocument): Span[] {
  const spans: Span[] = [];
  for (const block of blocks) {
    const previous = spans.at(-1);
    const start =
      previous === undefined ? 0 : lineStartOffset(text, block.start, previous.block.end);
    if (previous !== undefined) previous.end = start;
    spans.push({ start, end: text.length, block });
  }
  if (spans[0]?.block.kind === 'front-matter') return spans.slice(1);
  if (spans.length > 0 || text.length === 0) return spans;
  const block: Block = { kind: 'other', start: 0, end: text.length, headings: [] };
  return [{ start: 0, end: text.length, block }];
}

/** A section begins at a heading, a run of headings being one; runs end at half the maximum. */
function sectionsOf(weighed: WeighedText, spans: readonly Span[], max: number): Span[][] {
  const sections: Span[][] = [];
  let section: Span[] = [];
  let runWeight = 0;
  for (const span of spans) {
    const begins = isHeading(weighed, span, max);
    const weight = weightOf(weighed, span.start, span.end);
    const continuesRun = runWeight > 0 && runWeight + weight <= max / 2;
    if (begins && !continuesRun && section.length > 0) {
      sections.push(section);
      section = [];
      runWeight = 0;
    }
    section.push(span);
    runWeight = begins ? runWeight + weight : 0;
  }
  if (section.length > 0) sections.push(section);
  return sections;
}

function levelOf([first]: readonly Span[]): number {
  return first?.block.kind === 'heading' ? (first.block.level ?? 1) : 0;
}

/**
 * Gives the path of a chunk's first block that says something: what its leading headings lead to.
 * Chunks must be asked for in order.
 */
function headingsReader(spans: readonly Span[]): (start: number, end: number) => readonly string[] {
  let first = 0;
  return (start, end) => {
    while ((spans[first]?.end ?? Number.POSITIVE_INFINITY) <= start) first += 1;
    for (let position = first; position < spans.length; position += 1) {
      const span = spans[position];
      if (span === undefined || span.start >= end) break;
      if (!SAYS_NOTHING.has(span.block.kind)) return span.block.headings;
    }
    return spans[first]?.block.headings ?? [];
  };
}
