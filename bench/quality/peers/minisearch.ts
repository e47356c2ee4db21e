/**
 * minisearch: BM25+ in memory. Its defaults are what its documentation recommends to begin with;
 * prefix and fuzzy search, which it offers for what people type, are off by default and stay off
 * for queries as long as items. For scripts without spaces its documentation leaves the tokenizer
 * to its user: the row with `Intl.Segmenter` has the platform's own.
 */

import { installedVersion, loadPeer } from '../../peers/support/adapter';
import type { PeerChunk } from '../chunks';
import { type PeerRanking, type QualityPeer, wordsOfName } from './peer';

interface MiniSearch {
  addAll(documents: readonly object[]): void;
  search(text: string): { id: number; score: number }[];
}
type Tokenize = (text: string) => string[];
interface Package {
  default: new (options: { fields: string[]; tokenize?: Tokenize }) => MiniSearch;
}

export const MINISEARCH_TEXT = createPeer('minisearch, text', ['text']);
export const MINISEARCH_FIELDS = createPeer('minisearch, text, headings and name', [
  'text',
  'headings',
  'name',
]);
export const MINISEARCH_SEGMENTED = createPeer(
  'minisearch, text, by Intl.Segmenter',
  ['text'],
  segmented,
);

function createPeer(name: string, fields: string[], tokenize?: Tokenize): QualityPeer {
  return {
    name,
    version: `minisearch ${installedVersion('minisearch')}`,
    needsVectors: false,
    build: (chunks) => buildMiniSearch(chunks, fields, tokenize),
  };
}

/** Also the half by words of the stand-in for a hybrid peer. */
export async function buildMiniSearch(
  chunks: readonly PeerChunk[],
  fields: string[],
  tokenize?: Tokenize,
): Promise<PeerRanking> {
  const { default: Index } = await loadPeer<Package>('minisearch');
  const index = new Index({ fields, ...(tokenize === undefined ? {} : { tokenize }) });
  index.addAll(
    chunks.map(({ shown, headings, document }, id) => ({
      ...{ id, text: shown, headings: headings.join(' '), name: wordsOfName(document) },
    })),
  );
  return {
    rank: async ({ text }, depth) =>
      index
        .search(text)
        .slice(0, depth)
        .map(({ id }) => id),
    close: () => undefined,
  };
}

function segmented(text: string): string[] {
  const segments = [...new Intl.Segmenter('ja', { granularity: 'word' }).segment(text)];
  return segments.filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment);
}
