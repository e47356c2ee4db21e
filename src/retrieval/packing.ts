/** Packing passages into a token budget. */

import { estimateTokens } from '../chunking/estimate-tokens';
import type { Hit } from './hits';
import { stripInvisible } from './invisible';
import { mergeNeighbours } from './merge-neighbours';

export interface PackingOptions {
  /** Fresh for each request, of [a-z0-9]. */
  delimiterId: string;
  tokensEstimateMax: number;
}

export interface Passage extends Hit {
  /** Number by which the prompt and its answer cite the passage, from 1. */
  citation: number;
}

/** What the prompt shows of a hit: its text with what is needed to read it. */
export function passageText(hit: Pick<Hit, 'lead' | 'text' | 'trail'>): string {
  return stripInvisible(hit.lead + hit.text.trim() + hit.trail);
}

/** Where a passage stands: library, document, headings. */
export function passageSource(hit: Pick<Hit, 'library' | 'document' | 'headings'>): string {
  const source = [hit.library, hit.document, ...hit.headings].join(' › ');
  return stripInvisible(source).replace(/[\s\u0085]+/g, ' ');
}

export interface Packed {
  /** In the order of the prompt. */
  passages: Passage[];
  /** Hits that did not fit, best first. */
  left: Hit[];
}

/**
 * Takes hits in rank order while their estimated tokens fit; one that does not fit is left out and
 * the next is tried, so that a long passage does not shut out the short ones behind it. What was
 * taken is then put in order: documents by their best hit, and as each document has it.
 */
export function packPassages(
  hits: readonly Hit[],
  { delimiterId, tokensEstimateMax }: PackingOptions,
): Packed {
  const taken: Hit[] = [];
  const left: Hit[] = [];
  let tokens = 0;
  for (const hit of hits) {
    const cost = costOf(hit, taken.length + 1, delimiterId);
    if (tokens + cost > tokensEstimateMax) {
      left.push(hit);
      continue;
    }
    tokens += cost;
    taken.push(hit);
  }
  const passages = mergeNeighbours(taken).map((hit, i) => ({ ...hit, citation: i + 1 }));
  return { passages, left };
}

/**
 * Estimated tokens of a hit alone, and of the blanks around it, which stand in the prompt once it
 * is merged with a neighbour; all else can only become shorter by that.
 */
function costOf(hit: Hit, citation: number, delimiterId: string): number {
  const { length } = hit.text.trimStart();
  const blanks =
    hit.text.slice(0, hit.text.length - length) + hit.text.slice(hit.text.trimEnd().length);
  return estimateTokens(formatPassage(hit, citation, delimiterId)) + estimateTokens(blanks);
}

/**
 * All hits in the order given, neighbours merged; undefined where they do not all fit. For a
 * library that goes into the prompt whole.
 */
export function packWhole(
  hits: readonly Hit[],
  { delimiterId, tokensEstimateMax }: PackingOptions,
): Passage[] | undefined {
  const passages = mergeNeighbours(hits).map((hit, i) => ({ ...hit, citation: i + 1 }));
  const text = passages.map((one) => formatPassage(one, one.citation, delimiterId)).join('');
  return estimateTokens(text) <= tokensEstimateMax ? passages : undefined;
}

/**
 * A passage as it stands in the prompt. The delimiter in front of its citation tells it from a line
 * of some passage's own that looks like the head of another.
 */
export function formatPassage(hit: Hit, citation: number, delimiterId: string): string {
  const passage = `[${citation}] ${passageSource(hit)}\n${passageText(hit)}`;
  // Chance alone could put the id into a passage; then it must not read as a delimiter. A space
  // instead of nothing, lest what stood around the id join to another one.
  return `${delimiterId} ${passage.replaceAll(delimiterId, ' ')}\n\n`;
}
