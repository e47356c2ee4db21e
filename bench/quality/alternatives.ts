/**
 * What the product does not do, put together of its own parts: both of its rankings merged by
 * ranks, and a query for each part of an item in the place of one for the whole. Rankings alone:
 * nothing asks the store this way, so there are no units to count.
 */

import { type JudgedQuery, queryOf } from '../../cli/judged-queries';
import type { Site } from '../../cli/local-site';
import { estimateTokens } from '../../src/chunking/estimate-tokens';
import { scoreRanking, tokensOfTen } from '../../src/evaluation/scores';
import { DEFAULT_KNOBS, type SearchKnobs } from '../../src/retrieval/knobs';
import type { SearchQuery } from '../../src/retrieval/query';
import { type Hit, rankChunks, type SearchOptions } from '../../src/retrieval/search';
import type { PeerOutcome } from './measure-peers';
import { fuseByReciprocalRank } from './peers/stand-in';

interface Ranking {
  query: SearchQuery;
  knobs: SearchKnobs;
}

interface Alternative {
  name: string;
  rankingsOf: (query: SearchQuery) => Ranking[];
  /** Of items alone; questions have one part. */
  isOfItems: boolean;
}

export const ALTERNATIVES: readonly Alternative[] = [
  {
    name: 'both rankings merged by ranks, not by deviations',
    isOfItems: false,
    rankingsOf: (query) =>
      (['words', 'vectors'] as const).map((signals) => {
        return { query, knobs: { ...DEFAULT_KNOBS, signals } };
      }),
  },
  {
    name: 'a query for each part of the item, merged by ranks',
    isOfItems: true,
    rankingsOf: ({ text, parts = [{ text, weight: 1 }] }) =>
      parts.map((part) => ({ query: { text: part.text }, knobs: DEFAULT_KNOBS })),
  },
];

/** Ranks of each ranking that take part, and depth of what is scored. */
const DEPTH = 100;
const SCORED = 20;

export async function runAlternative(
  { rankingsOf }: Alternative,
  judged: readonly JudgedQuery[],
  {
    site,
    library,
    providerOf,
  }: { site: Site; library: string } & Pick<SearchOptions, 'providerOf'>,
): Promise<PeerOutcome[]> {
  const searching = providerOf === undefined ? {} : { providerOf };
  const outcomes: PeerOutcome[] = [];
  for (const one of judged) {
    const rankings: (readonly Hit[])[] = [];
    for (const { query, knobs } of rankingsOf(queryOf(one))) {
      const request = { ...query, scope: { library }, k: DEPTH };
      const ranked = await site.run('rank', (platform) =>
        rankChunks(platform, request, { knobs, ...searching }),
      );
      rankings.push(ranked.result);
    }
    const hits = merged(rankings).map((hit) => {
      return { ...hit, tokensEstimate: estimateTokens(hit.lead + hit.text + hit.trail) };
    });
    const { id, relevant } = one;
    const scores = relevant.length > 0 ? scoreRanking(hits, relevant) : undefined;
    outcomes.push({ id, scores, tokensOfTen: tokensOfTen(hits) });
  }
  return outcomes;
}

/** Hits of all rankings, those of the same place once. */
function merged(rankings: readonly (readonly Hit[])[]): Hit[] {
  const known: Hit[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (hit: Hit) => {
    const place = JSON.stringify([hit.document, hit.start, hit.end]);
    const number = numbers.get(place) ?? known.push(hit) - 1;
    numbers.set(place, number);
    return number;
  };
  const fused = fuseByReciprocalRank(rankings.map((ranking) => ranking.map(numberOf)));
  return fused.slice(0, SCORED).map((number) => known[number] as Hit);
}
