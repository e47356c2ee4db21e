/**
 * Words of deleted documents count in the frequencies of a library until compaction: how much that
 * moves its ranks, at most.
 */
import { afterEach, expect, it } from 'vitest';
import { deleteDocument } from '../../src/index/delete';
import { seededRandom } from '../../src/quantization/seeded-random';
import { rankChunks } from '../../src/retrieval/search';
import { DOCUMENTS, nameOf, openWordSite, type WordSite, wordTexts } from '../support/word-site';
import { wordOf, zipfRanks } from '../support/zipf-library';

/** Just under the share of a segment that starts a compaction. */
const DELETED = Math.ceil(0.2 * DOCUMENTS) - 1;
const QUERIES = 40;
const WORDS_PER_QUERY = 12;
const K = 10;

const sites: WordSite[] = [];
afterEach(async () => {
  for (const { site } of sites.splice(0)) await site.close();
});

async function openLibrary(texts: Record<string, string>): Promise<WordSite> {
  const opened = await openWordSite();
  sites.push(opened);
  await opened.index(texts);
  return opened;
}

/** Ten best places of each query. */
async function ranksOf({ site }: WordSite): Promise<string[][]> {
  const rank = zipfRanks(seededRandom(7));
  const queries = Array.from({ length: QUERIES }, () =>
    Array.from({ length: WORDS_PER_QUERY }, () => wordOf(rank())).join(' '),
  );
  const rankings: string[][] = [];
  for (const text of queries) {
    const hits = await site.run((platform) =>
      rankChunks(platform, { text, scope: { library: 'words' }, k: K }),
    );
    rankings.push(hits.map(({ document, start }) => `${document} ${start}`));
  }
  return rankings;
}

it('nearly the same ten are found with a fifth deleted as if it had never been there', async () => {
  const whole = await openLibrary(wordTexts());
  for (let i = 0; i < DELETED; i += 1) {
    await whole.site.run((platform) =>
      deleteDocument(platform, { library: 'words', document: nameOf(i) }),
    );
  }
  const [segment, ...others] = (await whole.library()).segments;
  expect(others).toEqual([]);
  expect(segment?.tombstones).not.toBeNull();
  const deleted = await ranksOf(whole);
  const fresh = await ranksOf(await openLibrary(wordTexts(DELETED)));
  const shares = deleted.map(
    (places, i) => places.filter((place) => fresh[i]?.includes(place)).length / K,
  );
  const firsts = deleted.filter(([first], i) => first === fresh[i]?.[0]).length / QUERIES;
  const common = shares.reduce((sum, share) => sum + share, 0) / QUERIES;
  expect(common).toBeGreaterThan(0.9);
  expect(firsts).toBeGreaterThan(0.9);
});
