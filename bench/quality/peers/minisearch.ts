/**
 * minisearch: BM25+ in memory. Its defaults are what its documentation recommends to begin with;
 * prefix and fuzzy search, which it offers for what people type, are off by default and stay off
 * for queries as long as items. Stop words and stems it leaves to its user's `processTerm`, as its
 * documentation shows: the English row has those of Orama's packages. For scripts without spaces it
 * leaves the tokenizer to its user too: the row with `Intl.Segmenter` has the platform's own.
 */

import { nameWords } from '../../../src/analysis/name-words';
import { installedVersion, loadPeer } from '../../peers/support/adapter';
import type { PeerChunk } from '../chunks';
import type { PeerRanking, QualityPeer } from './peer';

interface MiniSearch {
  addAll(documents: readonly object[]): void;
  search(text: string): { id: number; score: number }[];
}
interface MiniSearchOptions {
  fields: string[];
  tokenize?: (text: string) => string[];
  processTerm?: (term: string) => string | null;
}
interface Package {
  default: new (options: MiniSearchOptions) => MiniSearch;
}

const ALL_FIELDS = ['text', 'headings', 'name'];

export const PLAIN = async (): Promise<MiniSearchOptions> => ({ fields: ['text'] });
export const FIELDS = async (): Promise<MiniSearchOptions> => ({ fields: ALL_FIELDS });
export const ENGLISH = async (): Promise<MiniSearchOptions> => {
  const { stemmer } = await loadPeer<{ stemmer: (term: string) => string }>(
    '@orama/stemmers/english',
  );
  const { stopwords } = await loadPeer<{ stopwords: string[] }>('@orama/stopwords/english');
  const stop = new Set(stopwords);
  const processTerm = (term: string) => {
    const lower = term.toLowerCase();
    return stop.has(lower) ? null : stemmer(lower);
  };
  return { fields: ALL_FIELDS, processTerm };
};

export const MINISEARCH_TEXT = createPeer('minisearch, text', PLAIN);
export const MINISEARCH_FIELDS = createPeer('minisearch, text, headings and name', FIELDS);
export const MINISEARCH_ENGLISH = createPeer(
  'minisearch, English stems and stop words, text, headings and name',
  ENGLISH,
);
export const MINISEARCH_SEGMENTED = createPeer('minisearch, text, by Intl.Segmenter', async () => ({
  fields: ['text'],
  tokenize: segmented,
}));

function createPeer(name: string, options: () => Promise<MiniSearchOptions>): QualityPeer {
  return {
    name,
    version: `minisearch ${installedVersion('minisearch')}`,
    build: async (chunks) => buildMiniSearch(chunks, await options()),
  };
}

/** Also the half by words of the stand-in for a hybrid peer. */
export async function buildMiniSearch(
  chunks: readonly PeerChunk[],
  options: MiniSearchOptions,
): Promise<PeerRanking> {
  const { default: Index } = await loadPeer<Package>('minisearch');
  const index = new Index(options);
  index.addAll(
    chunks.map(({ shown, headings, document }, id) => ({
      ...{ id, text: shown, headings: headings.join(' '), name: nameWords(document) },
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
