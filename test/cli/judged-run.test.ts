/** Judged queries put to a library within this process. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { indexInto } from '../../cli/commands/index';
import { parseJudgedQueries } from '../../cli/judged-queries';
import { type Outcome, runJudged, summarizeRun } from '../../cli/judged-run';
import { openSite, type Site } from '../../cli/local-site';
import type { EmbeddingProvider } from '../../src/embedding/provider';
import { GroundworkError } from '../../src/errors';
import { SETTINGS } from '../../src/evaluation/settings';
import type { Fingerprint } from '../../src/index/catalogue';

const LIBRARY = 'rules';
const text = 'Two reviewers approve a release before it ships.';
const queries = parseJudgedQueries(
  'q.jsonl',
  ['first', 'second']
    .map((id) => JSON.stringify({ id, query: text, relevant: [{ file: 'release.md' }] }))
    .join('\n'),
);

let site: Site;
beforeAll(async () => {
  site = await openSite({ store: undefined, installation: 'test' });
  const documents = [{ name: 'release.md', bytes: new TextEncoder().encode(text) }];
  await site.run('index', (platform) =>
    indexInto(platform, documents, { library: LIBRARY, embedder: 'builtin', sync: false }),
  );
});
afterAll(() => site.close());

/** A provider of the library's model that refuses. */
const refusing = (_: unknown, { modelId, dimensions }: Fingerprint) =>
  ({
    ...{ provider: 'builtin', model: 'm', modelId, dimensions, queryConvention: 'same' },
    ...{ textsPerCallMax: 1, tokensPerCallMax: 1_000, tokensPerTextMax: 1_000 },
    ...{ parallelCallsMax: 1, normalized: true },
    doEmbed: async () => {
      throw new GroundworkError({ code: 'provider_key_refused', message: 'refused' });
    },
  }) as EmbeddingProvider;

const run = (setting: keyof typeof SETTINGS, providerOf?: typeof refusing) =>
  runJudged(site, queries, {
    ...{ library: LIBRARY, k: 10, knobs: SETTINGS[setting] },
    ...(providerOf === undefined ? {} : { providerOf }),
  });

describe('a run', () => {
  it('says once that its provider failed', async () => {
    const { notes, queries: count } = summarizeRun(await run('default', refusing), 1);
    expect(count).toBe(2);
    expect(notes).toMatchObject([{ kind: 'provider_failed', library: LIBRARY }]);
  });

  it('has nothing to say where words alone were asked for', async () => {
    expect(summarizeRun(await run('words'), 1).notes).toEqual([]);
  });

  it('names the query that ends it', async () => {
    const long = { ...queries[0], id: 'long', query: 'x'.repeat(50_001), relevant: [] };
    await expect(
      runJudged(site, [long], { library: LIBRARY, k: 10, knobs: SETTINGS.words }),
    ).rejects.toMatchObject({
      code: 'query_too_long',
      message: expect.stringMatching(/^query "long": search: /),
    });
  });
});

describe('a summary', () => {
  const empty: Outcome = {
    ...{ id: 'e', scores: undefined, isGrounded: false, hitsRecallAt10: undefined },
    ...{ tokensOfTen: 0, notes: [], readUnits: 1, roundTrips: 1, ms: 1 },
  };

  it('has no share of queries that there are not', async () => {
    expect(summarizeRun([empty], 1)).toMatchObject({
      ...{ 'recall@10': null, 'ndcg@10': null, mrr: null, 'groundedRecall@10': null },
      ...{ missedGrounding: null, falseGrounding: 0 },
    });
    expect(summarizeRun(await run('words'), 1)).toMatchObject({
      ...{ 'recall@10': 1, missedGrounding: 0, falseGrounding: null },
    });
  });
});
