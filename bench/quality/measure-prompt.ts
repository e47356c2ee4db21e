/**
 * What ends up in the prompt of an item: which of the passages that must be there are, in how many
 * tokens, and how many tokens merging neighbours spares. A query that nothing applies to counts
 * with the tokens of the sentence that says so.
 */

import { type JudgedQuery, queryOf } from '../../cli/judged-queries';
import type { Site } from '../../cli/local-site';
import { estimateTokens } from '../../src/chunking/estimate-tokens';
import { mean, rounded, scoreRanking } from '../../src/evaluation/scores';
import { formatPassage } from '../../src/retrieval/packing';
import { buildPromptSection, PROMPT_TOKENS_DEFAULT } from '../../src/retrieval/prompt-section';
import { type SearchOptions, search } from '../../src/retrieval/search';

const DELIMITER = 'abcdefghijklmnop';
/** Hits considered, and the budget of the section in estimated tokens. */
const PROMPTS: readonly (readonly [k: number, tokensEstimateMax: number])[] = [
  [10, PROMPT_TOKENS_DEFAULT / 2],
  [10, PROMPT_TOKENS_DEFAULT],
  [20, PROMPT_TOKENS_DEFAULT],
  [20, 2 * PROMPT_TOKENS_DEFAULT],
];

/** A row for each budget. */
export async function measurePrompts(
  judged: readonly JudgedQuery[],
  {
    site,
    library,
    providerOf,
  }: { site: Site; library: string } & Pick<SearchOptions, 'providerOf'>,
) {
  const rows = [];
  for (const [k, tokensEstimateMax] of PROMPTS) {
    const prompts = [];
    for (const one of judged) {
      const request = { ...queryOf(one), scope: { library }, k };
      const { result } = await site.run('prompt', (platform) =>
        search(platform, request, providerOf === undefined ? {} : { providerOf }),
      );
      const packing = { delimiterId: DELIMITER, tokensEstimateMax };
      const { passages, tokensEstimate } = buildPromptSection(result, packing);
      const taken = result.hits.filter((hit) => passages.some((passage) => isWithin(hit, passage)));
      const alone = taken.map((hit) => estimateTokens(formatPassage(hit, 1, DELIMITER)));
      const merged = passages.map((one) => estimateTokens(formatPassage(one, 1, DELIMITER)));
      const shown = passages.map((passage) => ({ ...passage, tokensEstimate: 0 }));
      const { relevant } = one;
      prompts.push({
        // Deep enough for all passages of a section.
        recall: relevant.length > 0 ? scoreRanking(shown, relevant).recallAt20 : undefined,
        hits: taken.length,
        passages: passages.length,
        tokensEstimate,
        spared: sum(alone) - sum(merged),
      });
    }
    rows.push({
      ...{ hitsConsidered: k, tokensEstimateMax },
      recall: rounded(mean(prompts.flatMap(({ recall }) => recall ?? []))),
      hits: rounded(mean(prompts.map(({ hits }) => hits))),
      passages: rounded(mean(prompts.map(({ passages }) => passages))),
      tokens: Math.round(mean(prompts.map(({ tokensEstimate }) => tokensEstimate))),
      tokensSpared: Math.round(mean(prompts.map(({ spared }) => spared))),
    });
  }
  return rows;
}

interface Place {
  document: string;
  start: number;
  end: number;
}

function isWithin(hit: Place, passage: Place): boolean {
  const { document, start, end } = passage;
  return hit.document === document && start <= hit.start && hit.end <= end;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
