/** Rankings put together of the product's, and prompts, on a library of a few words. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ALTERNATIVES, runAlternative } from '../../bench/quality/alternatives';
import { measurePrompts } from '../../bench/quality/measure-prompt';
import { parseJudgedQueries } from '../../cli/judged-queries';
import { openSite, type Site } from '../../cli/local-site';
import { indexDocuments } from '../../src/jobs/index-here';
import { wordProvider } from '../support/index-site';

const LIBRARY = 'rules';
const RULES = [
  'A refund above the limit of fifty needs a second signature.',
  'A release needs the approval of two reviewers.',
  'The canteen serves soup on Monday.',
];
const provider = wordProvider({ dimensions: 64 });
const providerOf = () => provider;
const item = (id: string, summary: string, description: string | null) => {
  const issue = { key: 'K-1', type: 'Task', summary, description, labels: [] };
  return { id, issue, relevant: [{ file: 'rules.md', quote: summary }] };
};
const judged = parseJudgedQueries(
  'judged.jsonl',
  [item('1', RULES[0] as string, 'Of two reviewers'), item('2', RULES[2] as string, null)]
    .map((line) => JSON.stringify(line))
    .join('\n'),
);

let site: Site;
beforeAll(async () => {
  site = await openSite({ store: undefined, installation: 'alternatives' });
  const text = RULES.map((rule, i) => `# Rule ${i}\n\n${rule} ${'It is kept. '.repeat(40)}`);
  await site.run('index', (platform) =>
    indexDocuments(platform, {
      ...{ library: LIBRARY, projects: undefined, sync: false, provider },
      documents: [{ name: 'rules.md', bytes: Buffer.from(text.join('\n\n')) }],
    }),
  );
});
afterAll(() => site.close());

it.each(ALTERNATIVES)('$name: finds what the parts of the product find', async (alternative) => {
  const outcomes = await runAlternative(alternative, judged, {
    ...{ site, library: LIBRARY, providerOf },
  });
  expect(outcomes.map(({ id }) => id)).toEqual(['1', '2']);
  // The description of the first speaks of another rule.
  expect(outcomes[0]?.scores?.reciprocalRank).toBeGreaterThanOrEqual(0.5);
  expect(outcomes[1]?.scores?.reciprocalRank).toBe(1);
  expect(outcomes[1]?.tokensOfTen).toBeGreaterThan(300);
});

it('of prompts, each keeps to its budget and is judged by what stands in it', async () => {
  const rows = await measurePrompts(judged, { site, library: LIBRARY, providerOf });
  expect(rows.length).toBeGreaterThan(2);
  for (const { tokens, tokensEstimateMax, hits, passages, recall } of rows) {
    expect(tokens).toBeLessThanOrEqual(tokensEstimateMax);
    expect(passages).toBeLessThanOrEqual(hits);
    expect(recall).toBeGreaterThanOrEqual(0);
  }
});
