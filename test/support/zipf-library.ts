/**
 * A library of made-up words, for counting what its postings cost: how often a word is used falls
 * with its rank as in real texts (Zipf), each document comes back to words of its own, and everything
 * is seeded.
 */

import { createTermCollector, type TermBlock } from '../../src/index/collect-terms';
import type { DocumentEntry } from '../../src/index/document-table';
import { seededRandom } from '../../src/quantization/seeded-random';

export const LIBRARY = '0123456789abcdef';
export const SEGMENT = 'fedcba9876543210';

/** Words of a large library that are used at all, and of a chunk: some 48 different ones. */
const VOCABULARY = 30_000;
const WORDS_PER_CHUNK = 80;
/** Words that a document keeps coming back to, and how many of its words are of these. */
const OWN_WORDS = 60;
const OWN_SHARE = 0.6;
const CHUNKS_PER_DOCUMENT = 7;
/** Ranks below are of words that say little and yet are no stop words. */
const RANK_OFFSET = 8;

/** Draws ranks from 0 on: density 1 / (rank + offset). */
export function zipfRanks(random: () => number): () => number {
  const span = Math.log((VOCABULARY + RANK_OFFSET) / RANK_OFFSET);
  return () => Math.floor(RANK_OFFSET * Math.exp(random() * span)) - RANK_OFFSET;
}

export const wordOf = (rank: number) => `w${rank}x`;

export interface ZipfLibrary {
  documents: DocumentEntry[];
  terms: TermBlock;
  textOf: (row: number) => string;
}

export function zipfLibrary(rows: number, seed = 1): ZipfLibrary {
  const rank = zipfRanks(seededRandom(seed));
  const random = seededRandom(seed + 1);
  const documents: DocumentEntry[] = [];
  for (let first = 0; first < rows; first += CHUNKS_PER_DOCUMENT) {
    const chunks = Array.from({ length: Math.min(CHUNKS_PER_DOCUMENT, rows - first) }, (_, i) => ({
      start: i * 1_200,
      end: (i + 1) * 1_200,
      job: SEGMENT,
      record: first + i,
      hash: 'AAAAAAAAAAA',
    }));
    documents.push({ name: `guides/${wordOf(rank())}-${first}.md`, hash: '', chunks });
  }
  const texts: string[] = [];
  const terms = createTermCollector(documents);
  let own: string[] = [];
  const word = () => {
    if (random() >= OWN_SHARE) return wordOf(rank());
    // The first of them more often than the last.
    return own[Math.floor(OWN_WORDS * random() ** 2)] as string;
  };
  for (let row = 0; row < rows; row += 1) {
    const count = Math.round(WORDS_PER_CHUNK * (0.4 + 1.2 * random()));
    if (row % CHUNKS_PER_DOCUMENT === 0)
      own = Array.from({ length: OWN_WORDS }, () => wordOf(rank()));
    texts.push(Array.from({ length: count }, word).join(' '));
    const headings = [`${wordOf(rank())} ${wordOf(rank())}`];
    terms.add(row, { headings, lead: '', text: texts[row] as string, trail: '' });
  }
  return { documents, terms: terms.finish(), textOf: (row) => texts[row] as string };
}
