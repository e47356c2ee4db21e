/**
 * A library without vectors, of made-up words: large enough for terms with values of their own,
 * buckets and blocks of places.
 */
import { createLexicalProvider } from '../../src/embedding/lexical';
import { findLibrary, type LibraryEntry, loadCatalogue } from '../../src/index/catalogue';
import type { IndexReport } from '../../src/jobs/drive-here';
import { seededRandom } from '../../src/quantization/seeded-random';
import { type IndexSite, openIndexSite } from './index-site';
import { wordOf, zipfRanks } from './zipf-library';

export const DOCUMENTS = 50;
export const CHUNKS_PER_DOCUMENT = 6;
/** A word that all chunks have, and so with a value of its own. */
export const EVERYWHERE = 'w99999x';
const WORDS_PER_CHUNK = 34;

export interface WordSite {
  site: IndexSite;
  index(texts: Record<string, string>, options?: { sync?: boolean }): Promise<IndexReport>;
  library(): Promise<LibraryEntry>;
}

export const nameOf = (document: number) => `guides/topic-${wordOf(document)}.md`;

/** A document of some sections, each of which is a chunk. */
export function textOf(document: number, seed = 1): string {
  const random = seededRandom(1_000 * seed + document);
  const rank = zipfRanks(random);
  const sections = Array.from({ length: CHUNKS_PER_DOCUMENT }, (_, i) => {
    const words = Array.from({ length: WORDS_PER_CHUNK }, () => wordOf(rank()));
    const heading = i === 0 ? `# Handbook ${wordOf(7_000 + document)}` : `## Part ${i}`;
    return `${heading}\n\n${words.join(' ')} ${EVERYWHERE} ${EVERYWHERE}.`;
  });
  return `${sections.join('\n\n')}\n`;
}

export const wordTexts = (from = 0, to = DOCUMENTS): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: to - from }, (_, i) => [nameOf(from + i), textOf(from + i)]),
  );

export async function openWordSite(): Promise<WordSite> {
  const site = await openIndexSite();
  return {
    site,
    index: (texts, options = {}) =>
      site.index(texts, { library: 'words', provider: createLexicalProvider(), ...options }),
    library: () =>
      site.run(async ({ entities }) =>
        findLibrary((await loadCatalogue(entities)).libraries, 'words'),
      ),
  };
}
