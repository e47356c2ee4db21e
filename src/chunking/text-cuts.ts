/**
 * Where a text that is too long is best cut. Every look is at a window no longer than what fits
 * one chunk, so cutting a text of any length takes time in proportion to it.
 */

import { atCodePoint, isSpaceUnit, nextLineOffset, trimEndOffset } from './text-scan';

/** A text with its running weights, see `runningWeights`. */
export interface WeighedText {
  text: string;
  weights: Float64Array;
}

export interface CutRequest {
  start: number;
  end: number;
  /** Weight to aim at. */
  target: number;
  /** Weight not to exceed. */
  max: number;
  /** Offset before which no cut is wanted, such as the end of a table's header. */
  floor: number;
  /** Whether lines mean more than sentences (tables, code). */
  byLines: boolean;
}

/** Boundaries of one kind within a window; both give undefined when there is none. */
interface Boundaries {
  /** The last boundary in (after, offset]. */
  before: (offset: number, after: number) => number | undefined;
  /** The first boundary in (offset, until]. */
  beyond: (offset: number, until: number) => number | undefined;
}

/** Text after a boundary that decides whether it is one. */
const LOOKAHEAD_LENGTH = 32;
/** White space between sentences that is looked through. */
const SPACE_LENGTH_MAX = 64;
/** A cut before this share of the target is left to the next finer kind of boundary. */
const EARLY_SHARE = 0.25;

/** What ends a sentence in any script, or a part of one that can be read alone. */
const SENTENCE_END = /[\p{Sentence_Terminal}…:;：；؛]["'”’»)\]」』）*_`]{0,4}$/u;

const SENTENCES = new Intl.Segmenter('en', { granularity: 'sentence' });
const WORDS = new Intl.Segmenter('en', { granularity: 'word' });
const GRAPHEMES = new Intl.Segmenter('en', { granularity: 'grapheme' });

const BY_SENTENCES = [finishedLineStarts, sentenceStarts, lineStarts, wordStarts];
const BY_LINES = [lineStarts, sentenceStarts, wordStarts];

/** Weight of [start, end). */
export function weightOf({ weights }: WeighedText, start: number, end: number): number {
  return (weights[end] ?? 0) - (weights[start] ?? 0);
}

/**
 * Offset in (start, end) at which to cut a text heavier than `max`: at the coarsest kind of
 * boundary that keeps the first part near the target and never above `max`. A grapheme is cut only
 * if it is itself too heavy, a surrogate pair never.
 */
export function findCut(weighed: WeighedText, request: CutRequest): number {
  const { start, end, target, max } = request;
  const targetEnd = fittingEnd(weighed, { start, end, weight: target });
  const maxEnd = fittingEnd(weighed, { start, end, weight: max });
  const early = fittingEnd(weighed, { start, end, weight: target * EARLY_SHARE });
  const floor = request.floor < maxEnd ? Math.max(start, request.floor) : start;
  const window = weighed.text.slice(start, Math.min(end, maxEnd + LOOKAHEAD_LENGTH));
  for (const findBoundaries of request.byLines ? BY_LINES : BY_SENTENCES) {
    const after = Math.max(floor, early) - start;
    const boundaries = findBoundaries(window);
    const cut =
      boundaries.before(targetEnd - start, after) ??
      boundaries.beyond(Math.max(after, targetEnd - start), maxEnd - start);
    if (cut !== undefined) return start + cut;
  }
  const graphemes = graphemeStarts(window);
  const cut =
    graphemes.before(targetEnd - start, floor - start) ??
    graphemes.beyond(Math.max(floor, targetEnd) - start, maxEnd - start);
  return cut === undefined ? maxEnd : start + cut;
}

/** Greatest offset up to which the text fits the weight; at least one code point. */
function fittingEnd(
  { text, weights }: WeighedText,
  range: { start: number; end: number; weight: number },
): number {
  const limit = (weights[range.start] ?? 0) + range.weight;
  let low = range.start;
  let high = range.end;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((weights[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  const offset = atCodePoint(text, low);
  if (offset > range.start) return offset;
  const pair = (text.codePointAt(range.start) ?? 0) > 0xffff;
  return Math.min(range.end, range.start + (pair ? 2 : 1));
}

/** Starts of sentences that follow closing punctuation; a line break alone does not count. */
function sentenceStarts(window: string): Boundaries {
  return segmentStarts(SENTENCES.segment(window), ({ index }) => followsSentence(window, index));
}

function followsSentence(window: string, offset: number): boolean {
  const end = trimEndOffset(window, Math.max(0, offset - SPACE_LENGTH_MAX), offset);
  return SENTENCE_END.test(window.slice(Math.max(0, end - 8), end));
}

/** Starts of lines behind a finished sentence: paragraphs, where nobody left lines blank. */
function finishedLineStarts(window: string): Boundaries {
  const lines = lineStarts(window);
  return {
    before: (offset, after) => {
      let line = lines.before(offset, after);
      while (line !== undefined && !followsSentence(window, line)) {
        line = lines.before(line - 1, after);
      }
      return line;
    },
    beyond: (offset, until) => {
      let line = lines.beyond(offset, until);
      while (line !== undefined && !followsSentence(window, line)) {
        line = lines.beyond(line, until);
      }
      return line;
    },
  };
}

/** Starts of words, so that white space stays with what stands before it. */
function wordStarts(window: string): Boundaries {
  return segmentStarts(WORDS.segment(window), ({ index, isWordLike }) => {
    if (isSpaceUnit(window.charCodeAt(index))) return false;
    return isWordLike === true || isSpaceUnit(window.charCodeAt(index - 1));
  });
}

function graphemeStarts(window: string): Boundaries {
  return segmentStarts(GRAPHEMES.segment(window), () => true);
}

/** Looks segments up around an offset instead of listing them, which is many times dearer. */
function segmentStarts(
  segments: Intl.Segments,
  accepts: (segment: Intl.SegmentData) => boolean,
): Boundaries {
  return {
    before: (offset, after) => {
      let segment = segments.containing(offset);
      while (segment !== undefined && segment.index > after) {
        if (accepts(segment)) return segment.index;
        segment = segments.containing(segment.index - 1);
      }
      return undefined;
    },
    beyond: (offset, until) => {
      let segment = segments.containing(offset);
      while (segment !== undefined) {
        segment = segments.containing(segment.index + segment.segment.length);
        if (segment === undefined || segment.index > until) return undefined;
        if (accepts(segment)) return segment.index;
      }
      return undefined;
    },
  };
}

function lineStarts(window: string): Boundaries {
  const isLineStart = (offset: number): boolean => {
    const unit = window.charCodeAt(offset - 1);
    return unit === 0x0a || (unit === 0x0d && window.charCodeAt(offset) !== 0x0a);
  };
  return {
    before: (offset, after) => {
      let line = offset;
      while (line > after && !isLineStart(line)) line -= 1;
      return line > after ? line : undefined;
    },
    beyond: (offset, until) => {
      const line = nextLineOffset(window, offset);
      return line <= until && isLineStart(line) ? line : undefined;
    },
  };
}
