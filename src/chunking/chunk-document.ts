/**
 * Blocks → chunks. Whole blocks are packed up to a target; a section begins a new chunk unless the
 * one before would be too small; only a block that is too long by itself is split.
 *
 * Invariants, whatever the document:
 * - the chunks cover [0, text.length) in order and touch: joining their slices gives the text;
 * - `tokensEstimate` (lead and trail included) is at most the maximum;
 * - a heading is not the last block of a chunk, except at the end of the document and in a run of
 *   headings that alone fills half the maximum.
 */

import { assertInvariant } from '../errors';
import { runningWeights } from './estimate-tokens';
import { type Budget, type Piece, type Span, splitSpan } from './split-span';
import { type WeighedText, weightOf } from './text-cuts';
import { lineStartOffset } from './text-scan';
import type { Block, Chunk, ChunkingOptions, ParsedDocument } from './types';

/** Raised whenever the same document would be cut differently; part of an index's fingerprint. */
export const CHUNKER_VERSION = 1;

/**
 * Published comparisons favour 200-400 tokens without overlap over the common 800 with 400: about
 * the same recall at half the text in the prompt (research.trychroma.com/evaluating-chunking).
 */
export const CHUNKING_DEFAULTS: Readonly<ChunkingOptions> = Object.freeze({
  tokensEstimateTarget: 320,
  tokensEstimateMax: 480,
  tokensEstimateMin: 60,
});

/**
 * Chunks of a parsed document; none for an empty text.
 * **Cost**: linear in the text; 8 bytes of memory per UTF-16 unit beside it.
 * **Errors**: `invariant_violated` for options out of order.
 */
export function chunkDocument(
  parsed: ParsedDocument,
  options: Readonly<ChunkingOptions> = CHUNKING_DEFAULTS,
): Chunk[] {
  checkOptions(options);
  if (parsed.text.length === 0) return [];
  const weighed = { text: parsed.text, weights: runningWeights(parsed.text) };
  const spans = touchingSpans(parsed);
  const packer = new Packer(weighed, spans, options);
  for (let position = 0; position < spans.length; position += 1) packer.add(position);
  return packer.finish();
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

/** Gives blank space to blocks: a block's own indentation to it, the rest to the block before. */
function touchingSpans({ text, blocks }: ParsedDocument): Span[] {
  const spans: Span[] = [];
  for (const block of blocks) {
    const previous = spans.at(-1);
    const start =
      previous === undefined ? 0 : lineStartOffset(text, block.start, previous.block.end);
    if (previous !== undefined) previous.end = start;
    spans.push({ start, end: text.length, block });
  }
  if (spans.length > 0) return spans;
  const block: Block = { kind: 'other', start: 0, end: text.length, headings: [] };
  return [{ start: 0, end: text.length, block }];
}

/** The chunk being filled. */
interface OpenChunk extends Piece {
  /** Position of the first span it has a part of. */
  firstSpan: number;
  /** Where the run of headings at its end begins; equals `end` when it does not end in one. */
  headingsFrom: number;
  /** Position of the span in which that run begins. */
  headingsFromSpan: number;
}

class Packer {
  private readonly chunks: Chunk[] = [];
  private readonly chunkWeights: number[] = [];
  private readonly budget: Budget;
  private readonly min: number;
  private open: OpenChunk | undefined;

  constructor(
    private readonly weighed: WeighedText,
    private readonly spans: readonly Span[],
    options: Readonly<ChunkingOptions>,
  ) {
    this.budget = { target: options.tokensEstimateTarget, max: options.tokensEstimateMax };
    this.min = options.tokensEstimateMin;
  }

  add(position: number): void {
    const span = this.spans[position];
    if (span === undefined) return;
    const weight = weightOf(this.weighed, span.start, span.end);
    // A heading of half a chunk and more is text that somebody set as a heading.
    const isHeading = span.block.kind === 'heading' && weight <= this.budget.max / 2;
    if (isHeading) this.addHeading(position, span, weight);
    else this.addContent(position, span, weight);
  }

  finish(): Chunk[] {
    this.flush();
    return this.chunks;
  }

  private addHeading(position: number, span: Span, weight: number): void {
    const open = this.open;
    if (open !== undefined) {
      const runWeight = this.headingRunWeight(open);
      if (runWeight > 0) {
        if (runWeight + weight > this.budget.max / 2) this.flush();
        else if (open.weight + weight > this.budget.max) this.keepOnlyHeadings(open);
      } else if (open.weight >= this.min || open.weight + weight > this.budget.target) {
        this.flush();
      }
    }
    this.append(position, span, weight);
    if (this.open !== undefined && this.open.headingsFrom === this.open.end) {
      this.open.headingsFrom = span.start;
      this.open.headingsFromSpan = position;
    }
    if (this.open !== undefined) this.open.end = span.end;
  }

  private addContent(position: number, span: Span, weight: number): void {
    if (this.open !== undefined && !this.fits(this.open, weight)) {
      if (this.headingRunWeight(this.open) > 0) this.keepOnlyHeadings(this.open);
      else if (this.open.weight >= this.min || weight <= this.budget.max) this.flush();
    }
    const { max } = this.budget;
    if ((this.open?.weight ?? 0) + weight <= max) {
      this.append(position, span, weight);
      this.endContent(span.end);
    } else {
      this.addSplit(position, span);
    }
  }

  /** Up to the target, or up to the maximum where a chunk below the minimum would be left. */
  private fits(open: OpenChunk, weight: number): boolean {
    const total = open.weight + weight;
    return total <= this.budget.target || (open.weight < this.min && total <= this.budget.max);
  }

  private addSplit(position: number, span: Span): void {
    const { target, max } = this.budget;
    const taken = this.open?.weight ?? 0;
    const first = {
      target: Math.max(target - taken, Math.min(this.min, max - taken)),
      max: max - taken,
    };
    const pieces = splitSpan(this.weighed, span, { first, rest: this.budget });
    for (const [number, piece] of pieces.entries()) {
      if (number > 0) this.flush();
      if (this.open === undefined) {
        this.open = { ...piece, firstSpan: position, headingsFrom: 0, headingsFromSpan: position };
      } else {
        this.open.weight += piece.weight;
        this.open.trail = piece.trail;
      }
      this.endContent(piece.end);
    }
  }

  private append(position: number, span: Span, weight: number): void {
    if (this.open !== undefined) {
      this.open.weight += weight;
      return;
    }
    const { start } = span;
    const headings = { firstSpan: position, headingsFrom: start, headingsFromSpan: position };
    this.open = { start, end: start, lead: '', trail: '', weight, ...headings };
  }

  private endContent(end: number): void {
    if (this.open === undefined) return;
    this.open.end = end;
    this.open.headingsFrom = end;
  }

  private headingRunWeight({ headingsFrom, end }: OpenChunk): number {
    return weightOf(this.weighed, headingsFrom, end);
  }

  /** Ends the open chunk before the headings at its end, which begin the next one. */
  private keepOnlyHeadings(open: OpenChunk): void {
    if (open.headingsFrom <= open.start) return;
    const { headingsFrom, headingsFromSpan, end } = open;
    const weight = this.headingRunWeight(open);
    this.open = { ...open, end: headingsFrom, weight: open.weight - weight };
    this.flush();
    const run = { start: headingsFrom, end, lead: '', trail: '', weight };
    this.open = { ...run, firstSpan: headingsFromSpan, headingsFrom, headingsFromSpan };
  }

  /** Ends the open chunk; one below the minimum joins the chunk before it where both fit. */
  private flush(): void {
    const open = this.open;
    this.open = undefined;
    if (open === undefined) return;
    const last = this.chunks.length - 1;
    const previous = this.chunks[last];
    const total = (this.chunkWeights[last] ?? 0) + open.weight;
    const joins = previous !== undefined && open.weight < this.min && total <= this.budget.max;
    if (joins && previous.trail === '' && open.lead === '' && open.trail === '') {
      previous.end = open.end;
      previous.tokensEstimate = Math.ceil(total);
      this.chunkWeights[last] = total;
      return;
    }
    this.chunkWeights.push(open.weight);
    this.chunks.push({
      ordinal: this.chunks.length,
      start: open.start,
      end: open.end,
      ownStart: open.start,
      headings: this.headingsOf(open),
      lead: open.lead,
      trail: open.trail,
      tokensEstimate: Math.ceil(open.weight),
    });
  }

  /** Path of the first block that says something: what a chunk's leading headings lead to. */
  private headingsOf(open: OpenChunk): readonly string[] {
    const skipped = new Set(['heading', 'front-matter', 'rule']);
    for (let position = open.firstSpan; position < this.spans.length; position += 1) {
      const span = this.spans[position];
      if (span === undefined || span.start >= open.end) break;
      if (!skipped.has(span.block.kind)) return span.block.headings;
    }
    return this.spans[open.firstSpan]?.block.headings ?? [];
  }
}
