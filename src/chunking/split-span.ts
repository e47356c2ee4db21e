/** Splits one block that is too long for a chunk, and says what each part needs to be read. */

import { weighText } from './estimate-tokens';
import { type ReadingAids, readingAids } from './reading-aids';
import { findCut, type WeighedText, weightOf } from './text-cuts';
import { lineStartOffset } from './text-scan';
import type { Block, BlockKind } from './types';

/** A block with the blank space that goes with it; the spans of a document touch. */
export interface Span {
  start: number;
  end: number;
  block: Block;
}

export interface Piece {
  start: number;
  end: number;
  lead: string;
  trail: string;
  /** Weight of lead, slice and trail. */
  weight: number;
}

export interface Budget {
  target: number;
  max: number;
}

const BY_LINES: ReadonlySet<BlockKind> = new Set(['table', 'code', 'front-matter', 'other']);

/**
 * Parts of a span that touch and cover it. The first keeps to `first`, the others to `rest`; all
 * but the last have at least a quarter of their target, so the work is linear.
 */
export function splitSpan(
  weighed: WeighedText,
  span: Span,
  budgets: { first: Budget; rest: Budget },
): Piece[] {
  const { text } = weighed;
  const { block } = span;
  const aids = readingAids(text, block, budgets.rest.max);
  const trailWeight = weighText(aids.trail);
  const pieces: Piece[] = [];
  let budget = budgets.first;
  for (let start = span.start; start < span.end; ) {
    const lead = leadAt(text, start, { aids, block });
    const leadWeight = weighText(lead);
    const needsTrail = (end: number): boolean => {
      const isCutInside = end >= aids.headEnd && end < block.end;
      return isCutInside || (aids.isOpen && start < block.end && end >= block.end);
    };
    const whole = leadWeight + weightOf(weighed, start, span.end);
    let end = span.end;
    if (whole + (needsTrail(end) ? trailWeight : 0) > budget.max) {
      end = findCut(weighed, {
        start,
        end: span.end,
        target: Math.max(1, budget.target - leadWeight - trailWeight),
        max: Math.max(1, budget.max - leadWeight - trailWeight),
        floor: aids.floor,
        byLines: BY_LINES.has(block.holds ?? block.kind),
      });
    }
    const hasTrail = needsTrail(end);
    const weight = leadWeight + weightOf(weighed, start, end) + (hasTrail ? trailWeight : 0);
    pieces.push({ start, end, lead, trail: hasTrail ? aids.trail : '', weight });
    start = end;
    budget = budgets.rest;
  }
  return pieces;
}

/** What a part that begins here needs before it. */
function leadAt(
  text: string,
  start: number,
  { aids, block }: { aids: ReadingAids; block: Block },
): string {
  if (start < aids.headEnd || start >= block.end) return '';
  const isLineStart = lineStartOffset(text, start, start - 1) === start;
  return isLineStart ? aids.lead : aids.lead + aids.linePrefix;
}
