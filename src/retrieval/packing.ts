/** Packing passages into a token budget. */

import { estimateTokens } from '../chunking/estimate-tokens';
import { stripInvisible } from './invisible';
import type { Hit } from './search';

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

/**
 * Takes hits in rank order while their estimated tokens fit; one that does not fit is left out and
 * the next is tried, so that a long passage does not shut out the short ones behind it.
 */
export function packPassages(
  hits: readonly Hit[],
  { delimiterId, tokensEstimateMax }: PackingOptions,
): Passage[] {
  const passages: Passage[] = [];
  let tokens = 0;
  for (const hit of hits) {
    const citation = passages.length + 1;
    const cost = estimateTokens(formatPassage(hit, citation, delimiterId));
    if (tokens + cost > tokensEstimateMax) continue;
    tokens += cost;
    passages.push({ ...hit, citation });
  }
  return passages;
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
