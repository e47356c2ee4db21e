/** What must hold for every document, checked the same way by every test. */

import { expect } from 'vitest';
import { CHUNKING_DEFAULTS, chunkDocument } from '../../src/chunking/chunk-document';
import { estimateTokens } from '../../src/chunking/estimate-tokens';
import type { ChunkingOptions, ParsedDocument } from '../../src/chunking/types';

/** Joins the text of all chunks, as somebody who knows only the chunks would. */
export function joinChunks(parsed: ParsedDocument, options?: ChunkingOptions): string {
  return chunkDocument(parsed, options)
    .map(({ start, end }) => parsed.text.slice(start, end))
    .join('');
}

export function expectSoundBlocks({ text, blocks }: ParsedDocument): void {
  let reached = 0;
  for (const { kind, start, end } of blocks) {
    // Text between blocks is blank, and no block begins or ends with white space.
    expect(text.slice(reached, start).trim()).toBe('');
    expect(start).toBeGreaterThanOrEqual(reached);
    expect(end, kind).toBeGreaterThan(start);
    expect(text.slice(start, end)).toBe(text.slice(start, end).trim());
    reached = end;
  }
  expect(text.slice(reached).trim()).toBe('');
}

export function expectSoundChunks(
  parsed: ParsedDocument,
  options: ChunkingOptions = CHUNKING_DEFAULTS,
): void {
  const chunks = chunkDocument(parsed, options);
  const [first] = parsed.blocks;
  const hasFrontMatter = first?.kind === 'front-matter';
  // Front matter is in no chunk, nor is the blank space behind it; all else is.
  const from = hasFrontMatter ? (chunks[0]?.start ?? parsed.text.length) : 0;
  if (hasFrontMatter) expect(parsed.text.slice(first.end, from).trim()).toBe('');
  expect(joinChunks(parsed, options)).toBe(parsed.text.slice(from));
  let reached = from;
  for (const [ordinal, chunk] of chunks.entries()) {
    expect(chunk.ordinal).toBe(ordinal);
    expect(chunk.start).toBe(reached);
    expect(chunk.end).toBeGreaterThan(chunk.start);
    const read = chunk.lead + parsed.text.slice(chunk.start, chunk.end) + chunk.trail;
    expect(chunk.tokensEstimate).toBe(estimateTokens(read));
    expect(chunk.tokensEstimate).toBeLessThanOrEqual(options.tokensEstimateMax);
    reached = chunk.end;
  }
  expectNoHeadingLast(parsed, options);
}

/** A heading stays with what follows it; a run of headings as long as half a chunk may be cut. */
function expectNoHeadingLast(parsed: ParsedDocument, options: ChunkingOptions): void {
  const { text, blocks } = parsed;
  let position = 0;
  for (const { end } of chunkDocument(parsed, options).slice(0, -1)) {
    while ((blocks[position]?.end ?? Number.POSITIVE_INFINITY) <= end) position += 1;
    const last = blocks[position - 1];
    const next = blocks[position];
    if (last?.kind !== 'heading' || next === undefined || next.start < end) continue;
    let first = position - 1;
    while (blocks[first - 1]?.kind === 'heading') first -= 1;
    const run = text.slice(blocks[first]?.start, next.kind === 'heading' ? next.end : end);
    expect(estimateTokens(run)).toBeGreaterThanOrEqual(options.tokensEstimateMax / 2);
  }
}
