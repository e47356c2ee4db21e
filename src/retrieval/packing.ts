/** Packing passages into a token budget. */

import { estimateTokens } from '../chunking/estimate-tokens';
import type { Hit } from './search';

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
  return stripInvisible(source.replace(/\s+/g, ' '));
}

/**
 * Takes hits in rank order while their estimated tokens fit; one that does not fit is left out and
 * the next is tried, so that a long passage does not shut out the short ones behind it.
 */
export function packPassages(hits: readonly Hit[], tokensEstimateMax: number): Passage[] {
  const passages: Passage[] = [];
  let tokens = 0;
  for (const hit of hits) {
    const citation = passages.length + 1;
    const cost = estimateTokens(formatPassage(hit, citation));
    if (tokens + cost > tokensEstimateMax) continue;
    tokens += cost;
    passages.push({ ...hit, citation });
  }
  return passages;
}

/** A passage as it stands in the prompt. */
export function formatPassage(hit: Hit, citation: number): string {
  return `[${citation}] ${passageSource(hit)}\n${passageText(hit)}\n\n`;
}

/**
 * Removes characters a reader does not see and a model does: zero-width spaces, bidirectional
 * controls and tags. Joiners stay, since scripts and emoji need them.
 */
export function stripInvisible(text: string): string {
  return text.replace(/[\u200B\u2060\uFEFF\u202A-\u202E\u2066-\u2069\u{E0000}-\u{E007F}]/gu, '');
}
