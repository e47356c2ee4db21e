/**
 * One section → pieces: whole blocks up to a target; only a block that is too long by itself is
 * split. Nothing outside the section is looked at, so an edit elsewhere leaves its pieces alone.
 */

import { type Budget, type Piece, type Span, splitSpan } from './split-span';
import { type WeighedText, weightOf } from './text-cuts';
import type { Block } from './types';

export interface SectionBudget extends Budget {
  min: number;
}

/** The piece being filled. */
interface OpenPiece extends Piece {
  /** Where the run of introducing blocks at its end begins; equals `end` when there is none. */
  runStart: number;
}

/** A heading, unless it fills half a chunk: that is text that somebody set as a heading. */
export function isHeading(weighed: WeighedText, span: Span, max: number): boolean {
  return span.block.kind === 'heading' && weightOf(weighed, span.start, span.end) <= max / 2;
}

/** Pieces that touch and cover the spans, each at most `max` heavy. */
export function packSection(
  weighed: WeighedText,
  spans: readonly Span[],
  budget: SectionBudget,
): Piece[] {
  const packer = new SectionPacker(weighed, budget);
  for (const span of spans) packer.add(span);
  return packer.finish();
}

class SectionPacker {
  private readonly pieces: Piece[] = [];
  private open: OpenPiece | undefined;

  constructor(
    private readonly weighed: WeighedText,
    private readonly budget: SectionBudget,
  ) {}

  add(span: Span): void {
    // What closes a fence that the source leaves open stands right behind the code.
    if (this.open !== undefined && this.open.trail !== '') this.flush();
    const weight = weightOf(this.weighed, span.start, span.end);
    if (this.introduces(span, weight)) this.addIntroduction(span, weight);
    else this.addContent(span, weight);
  }

  finish(): Piece[] {
    this.flush();
    return this.pieces;
  }

  /** True for a block that must not be parted from the one behind it. */
  private introduces(span: Span, weight: number): boolean {
    const { max } = this.budget;
    if (isHeading(this.weighed, span, max)) return true;
    const runWeight = this.open === undefined ? 0 : this.runWeight(this.open);
    if (runWeight + weight > max / 2) return false;
    const { block } = span;
    return block.introduces === true || endsWithColon(this.weighed.text, block);
  }

  private addIntroduction(span: Span, weight: number): void {
    const open = this.open;
    if (open !== undefined) {
      const runWeight = this.runWeight(open);
      if (runWeight > 0) {
        if (runWeight + weight > this.budget.max / 2) this.flush();
        else if (open.weight + weight > this.budget.max) this.keepOnlyRun(open);
      } else if (open.weight + weight > this.budget.target) {
        this.flush();
      }
    }
    this.append(span, weight);
    if (this.open !== undefined) {
      if (this.open.runStart === this.open.end) this.open.runStart = span.start;
      this.open.end = span.end;
    }
  }

  private addContent(span: Span, weight: number): void {
    const { min, max } = this.budget;
    if (this.open !== undefined && !this.fits(this.open, weight)) {
      if (this.runWeight(this.open) > 0) this.keepOnlyRun(this.open);
      else if (this.open.weight >= min || weight <= max) this.flush();
    }
    if ((this.open?.weight ?? 0) + weight <= max) {
      this.append(span, weight);
      this.endContent(span.end);
    } else {
      this.addSplit(span);
    }
  }

  /** Up to the target, or up to the maximum where a piece below the minimum would be left. */
  private fits(open: OpenPiece, weight: number): boolean {
    const { min, target, max } = this.budget;
    const total = open.weight + weight;
    return total <= target || (open.weight < min && total <= max);
  }

  private addSplit(span: Span): void {
    const { target, max, min } = this.budget;
    const taken = this.open?.weight ?? 0;
    const first = {
      target: Math.max(target - taken, Math.min(min, max - taken)),
      max: max - taken,
    };
    const pieces = splitSpan(this.weighed, span, { first, rest: this.budget });
    for (const [number, piece] of pieces.entries()) {
      if (number > 0) this.flush();
      if (this.open === undefined) {
        this.open = { ...piece, runStart: piece.end };
      } else {
        this.open.weight += piece.weight;
        this.open.trail = piece.trail;
      }
      this.endContent(piece.end);
    }
  }

  private append({ start }: Span, weight: number): void {
    if (this.open === undefined) {
      this.open = { start, end: start, lead: '', trail: '', weight, runStart: start };
    } else {
      this.open.weight += weight;
    }
  }

  private endContent(end: number): void {
    if (this.open === undefined) return;
    this.open.end = end;
    this.open.runStart = end;
  }

  private runWeight({ runStart, end }: OpenPiece): number {
    return weightOf(this.weighed, runStart, end);
  }

  /** Ends the open piece before the run at its end, which begins the next one. */
  private keepOnlyRun(open: OpenPiece): void {
    const { runStart, end } = open;
    if (runStart <= open.start) return;
    const weight = this.runWeight(open);
    this.open = { ...open, end: runStart, weight: open.weight - weight };
    this.flush();
    this.open = { start: runStart, end, lead: '', trail: '', weight, runStart };
  }

  /** Ends the open piece; one below the minimum joins the piece before it where both fit. */
  private flush(): void {
    const open = this.open;
    this.open = undefined;
    if (open === undefined) return;
    const { start, end, lead, trail, weight } = open;
    const previous = this.pieces.at(-1);
    if (weight < this.budget.min && previous !== undefined && lead === '' && trail === '') {
      if (previous.trail === '' && previous.weight + weight <= this.budget.max) {
        previous.end = end;
        previous.weight += weight;
        return;
      }
    }
    this.pieces.push({ start, end, lead, trail, weight });
  }
}

/** As a sentence does that announces a list, a table or code. */
function endsWithColon(text: string, { kind, end }: Block): boolean {
  if (kind !== 'paragraph' && kind !== 'list-item') return false;
  const last = text[end - 1];
  return last === ':' || last === '：';
}
