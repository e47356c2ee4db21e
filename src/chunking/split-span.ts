/** Splits one block that is too long for a chunk, and says what each part needs to be read. */

import { weighText } from './estimate-tokens';
import { findCut, type WeighedText, weightOf } from './text-cuts';
import { nextLineOffset } from './text-scan';
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

interface ReadingAids {
  /** End of what the first part must hold whole: the table's header, the fence's opening line. */
  headEnd: number;
  lead: string;
  trail: string;
}

const BY_LINES: ReadonlySet<BlockKind> = new Set(['table', 'code', 'front-matter', 'other']);
/** A header or fence above this share of a chunk is not worth repeating. */
const LEAD_SHARE_MAX = 1 / 3;
const DELIMITER_ROW = /^[\s|:-]+$/;
/** A fence's opening line, behind the marks of the lists it may stand in. */
const FENCE = /^(?:[ \t]|[-*+]|\d{1,9}[.)])*(`{3,}|~{3,})[ \t]*([^\r\n`]*)/;
const HEAD_LENGTH_MAX = 4_000;

/**
 * Parts of a span that touch and cover it. The first keeps to `first`, the others to `rest`; all
 * but the last have at least a quarter of their target, so the work is linear.
 */
export function splitSpan(
  weighed: WeighedText,
  span: Span,
  budgets: { first: Budget; rest: Budget },
): Piece[] {
  const { block } = span;
  const aids = readingAids(weighed.text, block, budgets.rest.max);
  const aidedFrom = aids.headEnd;
  const trailWeight = weighText(aids.trail);
  const leadWeight = weighText(aids.lead);
  const pieces: Piece[] = [];
  let budget = budgets.first;
  for (let start = span.start; start < span.end; ) {
    const isInside = start >= aidedFrom && start < block.end;
    const lead = isInside ? aids.lead : '';
    const leadCost = isInside ? leadWeight : 0;
    const restWeight = weightOf(weighed, start, span.end);
    let end = span.end;
    if (leadCost + restWeight > budget.max) {
      end = findCut(weighed, {
        start,
        end: span.end,
        target: Math.max(1, budget.target - leadCost - trailWeight),
        max: Math.max(1, budget.max - leadCost - trailWeight),
        floor: aidedFrom,
        byLines: BY_LINES.has(block.kind),
      });
    }
    const isCutInside = end >= aidedFrom && end < block.end;
    const trail = isCutInside ? aids.trail : '';
    const weight = leadCost + weightOf(weighed, start, end) + (isCutInside ? trailWeight : 0);
    pieces.push({ start, end, lead, trail, weight });
    start = end;
    budget = budgets.rest;
  }
  return pieces;
}

function readingAids(text: string, block: Block, weightMax: number): ReadingAids {
  const none: ReadingAids = { headEnd: block.start, lead: '', trail: '' };
  const aids = block.kind === 'table' ? tableAids(text, block) : codeAids(text, block);
  if (aids === undefined) return none;
  const headWeight = weighText(text.slice(block.start, aids.headEnd));
  const cost = Math.max(headWeight, weighText(aids.lead) + weighText(aids.trail));
  return cost > weightMax * LEAD_SHARE_MAX ? none : aids;
}

/** The rows up to the delimiter row, which stands second or, below a caption, third. */
function tableAids(text: string, block: Block): ReadingAids | undefined {
  let line = block.start;
  for (let row = 0; row < 4 && line - block.start < HEAD_LENGTH_MAX; row += 1) {
    const next = Math.min(block.end, nextLineOffset(text, line));
    const content = text.slice(line, Math.min(next, line + HEAD_LENGTH_MAX));
    if (row > 0 && content.includes('-') && DELIMITER_ROW.test(content)) {
      const header = text.slice(block.start, next).trimEnd();
      return { headEnd: next, lead: `${header}\n`, trail: '' };
    }
    if (next >= block.end) return undefined;
    line = next;
  }
  return undefined;
}

function codeAids(text: string, block: Block): ReadingAids | undefined {
  if (block.kind !== 'code') return undefined;
  const opening = FENCE.exec(text.slice(block.start, block.start + HEAD_LENGTH_MAX));
  const fence = opening?.[1];
  if (fence === undefined) return undefined;
  return {
    headEnd: Math.min(block.end, nextLineOffset(text, block.start)),
    lead: `${fence}${(opening?.[2] ?? '').trim()}\n`,
    trail: `\n${fence}`,
  };
}
