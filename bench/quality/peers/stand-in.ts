/**
 * A stand-in for a hybrid peer, put together of others' parts: minisearch by words, exact cosines
 * by vectors, both merged by reciprocal rank as is usual. No package does just this, so it is
 * called what it is; it is the strongest simple hybrid there is to be compared with.
 *
 * Source: G. V. Cormack, C. L. A. Clarke, S. Büttcher, "Reciprocal Rank Fusion outperforms
 * Condorcet and individual Rank Learning Methods", SIGIR 2009; k = 60 is the paper's value.
 */

import { installedVersion } from '../../peers/support/adapter';
import { dot, type PeerChunk } from '../chunks';
import { buildMiniSearch, ENGLISH, PLAIN } from './minisearch';
import type { PeerRanking, QualityPeer } from './peer';

const RRF_K = 60;
/** Ranks of each half that take part. */
const DEPTH = 1_000;

export const EXACT_COSINE: QualityPeer = {
  name: 'exact cosine alone (stand-in)',
  version: '–',
  build: async (chunks) => exactCosine(chunks),
};
export const RRF_TEXT = createPeer('minisearch and exact cosine by RRF (stand-in), text', PLAIN);
export const RRF_ENGLISH = createPeer(
  'minisearch and exact cosine by RRF (stand-in), English, text, headings and name',
  ENGLISH,
);

function createPeer(name: string, options: typeof PLAIN): QualityPeer {
  return {
    name,
    version: `minisearch ${installedVersion('minisearch')}`,
    async build(chunks) {
      const halves = [await buildMiniSearch(chunks, await options()), exactCosine(chunks)];
      return {
        async rank(query, depth) {
          const rankings = await Promise.all(halves.map((half) => half.rank(query, DEPTH)));
          return fuseByReciprocalRank(rankings).slice(0, depth);
        },
        close: () => undefined,
      };
    },
  };
}

/** Items of all rankings by the sum of 1 / (60 + rank), best first; ties by their numbers. */
export function fuseByReciprocalRank(rankings: readonly (readonly number[])[]): number[] {
  const scores = new Map<number, number>();
  for (const ranking of rankings) {
    for (const [i, item] of ranking.entries()) {
      scores.set(item, (scores.get(item) ?? 0) + 1 / (RRF_K + i + 1));
    }
  }
  return [...scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([item]) => item);
}

function exactCosine(chunks: readonly PeerChunk[]): PeerRanking {
  return {
    async rank({ vector }, depth) {
      if (vector === undefined) return [];
      return chunks
        .map((chunk, id) => ({ id, score: chunk.vector ? dot(vector, chunk.vector) : -1 }))
        .sort((a, b) => b.score - a.score || a.id - b.id)
        .slice(0, depth)
        .map(({ id }) => id);
    },
    close: () => undefined,
  };
}
