/** Every way to cut a corpus that is compared. */

import { encode } from 'gpt-tokenizer/encoding/cl100k_base';
import { CHUNKING_DEFAULTS, chunkDocument } from '../../src/chunking/chunk-document';
import { parseDocument } from '../../src/chunking/parse-document';
import type { ChunkingOptions } from '../../src/chunking/types';
import { loadPeer } from '../peers/support/adapter';
import type { Corpus } from './judged-corpora';
import type { Range } from './spans';

export interface CutChunk extends Range {
  corpusId: string;
  /** What a ranker reads. */
  text: string;
  /** Counted with the cl100k vocabulary. */
  tokens: number;
}

export type Splitter = (corpus: Corpus) => Promise<CutChunk[]>;

interface TextSplitters {
  RecursiveCharacterTextSplitter: new (options: {
    chunkSize: number;
    chunkOverlap: number;
    lengthFunction: (text: string) => number;
  }) => { splitText(text: string): Promise<string[]> };
}

/**
 * The project's own chunks, without the breadcrumb that the product puts before them: what is
 * compared is where the cuts are.
 */
export function ownSplitter(options: Readonly<ChunkingOptions> = CHUNKING_DEFAULTS): Splitter {
  return async ({ id, text }) => {
    const parsed = parseDocument({ name: `${id}.md`, content: text });
    return chunkDocument(parsed, options).map(({ start, end, lead, trail }) => {
      const read = lead + parsed.text.slice(start, end).trim() + trail;
      return { corpusId: id, start, end, text: read, tokens: countTokens(read) };
    });
  };
}

/** The usual one: paragraphs, else lines, else words, else characters, up to a size. */
export async function recursiveSplitter(tokensMax: number): Promise<Splitter> {
  const { RecursiveCharacterTextSplitter } = await loadPeer<TextSplitters>(
    '@langchain/textsplitters',
  );
  const splitter = new RecursiveCharacterTextSplitter({
    chunkSize: tokensMax,
    chunkOverlap: 0,
    lengthFunction: countTokens,
  });
  return async ({ id, text }) => {
    let reached = 0;
    return (await splitter.splitText(text)).map((part) => {
      const start = text.indexOf(part, reached);
      if (start < 0) throw new Error(`${id}: a chunk is not a part of the text behind ${reached}`);
      reached = start + part.length;
      return { corpusId: id, start, end: reached, text: part, tokens: countTokens(part) };
    });
  };
}

/** Special tokens of the vocabulary that stand in a text are counted as the text they are. */
export function countTokens(text: string): number {
  return encode(text, { disallowedSpecial: new Set() }).length;
}
