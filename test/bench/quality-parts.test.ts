/** What the bench of quality is made of, apart from other packages. */
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chunksOf, dot } from '../../bench/quality/chunks';
import { PEERS, PEERS_BY_WORDS, peerText, runPeer } from '../../bench/quality/measure-peers';
import { EXACT_COSINE, fuseByReciprocalRank } from '../../bench/quality/peers/stand-in';
import { knobsOf, STEPS } from '../../bench/quality/steps';
import { remembering } from '../../bench/quality/vector-cache';
import { parseJudgedQueries, queryOf } from '../../cli/judged-queries';
import { openSite } from '../../cli/local-site';
import type { EmbeddingProvider } from '../../src/embedding/provider';
import { indexDocuments } from '../../src/jobs/index-here';
import { DEFAULT_KNOBS } from '../../src/retrieval/knobs';
import { documentsOf, wordProvider } from '../support/index-site';

const ISSUE = {
  key: 'K-1',
  type: 'Bug',
  summary: 'Sum',
  description: 'Acceptance criteria\nText',
  labels: ['a', 'b'],
};
const [ITEM, QUESTION] = parseJudgedQueries(
  'q.jsonl',
  [
    { id: 'item', issue: ISSUE, relevant: [{ file: 'one.md' }] },
    { id: 'question', query: 'Who?', relevant: [] },
  ]
    .map((line) => JSON.stringify(line))
    .join('\n'),
) as [ReturnType<typeof parseJudgedQueries>[number], ReturnType<typeof parseJudgedQueries>[number]];

describe('remembered vectors', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'groundwork-cache-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A provider that says which texts it was asked for. */
  function counting(): { provider: EmbeddingProvider; asked: string[] } {
    const inner = wordProvider({ dimensions: 64 });
    const asked: string[] = [];
    const doEmbed: EmbeddingProvider['doEmbed'] = (texts, purpose) => {
      asked.push(...texts);
      return inner.doEmbed(texts, purpose);
    };
    return { provider: { ...inner, doEmbed }, asked };
  }

  it('are asked for once, whatever the run, and are those of the provider', async () => {
    const { provider, asked } = counting();
    const texts = ['one rule', 'two rules', 'one rule'];
    const plain = await provider.doEmbed(texts, 'document');
    asked.length = 0;
    const first = await remembering(provider, folder).doEmbed(texts, 'document');
    expect(asked).toEqual(['one rule', 'two rules']);
    const again = remembering(provider, folder);
    const second = await again.doEmbed([...texts].reverse(), 'document');
    expect(asked).toHaveLength(2);
    await again.doEmbed(['one rule'], 'query');
    expect(asked).toEqual(['one rule', 'two rules', 'one rule']);
    const numbers = (rows: readonly ArrayLike<number>[]) =>
      rows.map((row) => Array.from(row, Math.fround));
    expect(numbers(first.embeddings)).toEqual(numbers(plain.embeddings));
    expect(numbers(second.embeddings).reverse()).toEqual(numbers(first.embeddings));
  });

  it('survive a run that was broken off within an entry', async () => {
    const { provider, asked } = counting();
    await remembering(provider, folder).doEmbed(['one rule', 'two rules'], 'document');
    const file = join(folder, readdirSync(folder)[0] as string);
    const { size } = statSync(file);
    appendFileSync(file, 'cut off');
    await remembering(provider, folder).doEmbed(['two rules', 'three rules'], 'document');
    expect(asked).toEqual(['one rule', 'two rules', 'three rules']);
    expect(statSync(file).size).toBe((3 * size) / 2);
  });
});

describe('peers', () => {
  it('are asked the summary twice, description and labels once', () => {
    expect(peerText(ITEM)).toBe('Sum\nSum\nAcceptance criteria\nText\na b');
    expect(peerText(QUESTION)).toBe('Who?');
  });

  it('have names of their own, and can be described without their packages', () => {
    const names = [...PEERS, ...PEERS_BY_WORDS].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length - 2);
    for (const { version } of PEERS) expect(version).toMatch(/\d+\.\d+\.\d+$|not installed$|^–$/);
  });

  it('get the chunks of the library with its vectors, and are scored as the product is', async () => {
    const site = await openSite({ store: undefined, installation: 'bench' });
    const provider = wordProvider({ dimensions: 64 });
    try {
      const texts = {
        'one.md': '# Head\n\nReviewers approve releases.',
        'two.md': 'Soup at noon.',
      };
      await site.run('index', (platform) =>
        indexDocuments(platform, {
          ...{ library: 'rules', projects: undefined, sync: false, provider },
          documents: documentsOf(texts),
        }),
      );
      const chunks = await chunksOf(site, 'rules');
      expect(chunks.map(({ document }) => document)).toEqual(['one.md', 'two.md']);
      expect(chunks[0]).toMatchObject({ headings: ['Head'] });
      expect(chunks[0]?.text).toContain('Reviewers approve releases.');
      for (const { vector } of chunks) expect(vector && dot(vector, vector)).toBeCloseTo(1, 5);
      const queries = chunks.map(({ vector }) => ({ text: '', vector })).reverse();
      const outcomes = await runPeer(EXACT_COSINE, chunks, { judged: [ITEM, QUESTION], queries });
      // The first query is the second chunk's own vector, so the judged one comes second.
      expect(outcomes[0]?.scores).toMatchObject({ recallAt10: 1, reciprocalRank: 0.5 });
      expect(outcomes[1]?.scores).toBeUndefined();
      expect(outcomes[0]?.tokensOfTen).toBeGreaterThan(4);
    } finally {
      await site.close();
    }
  });

  it('are fused by the sum of 1 / (60 + rank)', () => {
    expect(
      fuseByReciprocalRank([
        [7, 8, 9],
        [9, 7],
      ]),
    ).toEqual([7, 9, 8]);
    expect(fuseByReciprocalRank([[2], [1]])).toEqual([1, 2]);
    expect(fuseByReciprocalRank([])).toEqual([]);
  });
});

describe('steps', () => {
  it('each change the search in one thing and have a name of their own', () => {
    expect(new Set(STEPS.map(({ name }) => name)).size).toBe(STEPS.length);
    for (const step of STEPS) {
      const isChanged =
        JSON.stringify(knobsOf(step)) !== JSON.stringify(DEFAULT_KNOBS) ||
        Object.values(knobsOf(step)).includes(Number.POSITIVE_INFINITY) ||
        (step.queryOf && JSON.stringify(step.queryOf(ITEM)) !== JSON.stringify(queryOf(ITEM)));
      expect(isChanged, step.name).toBeTruthy();
    }
  });

  it('leave questions as they are where they are of items', () => {
    for (const { queryOf: changed } of STEPS.filter(({ isOfItems }) => isOfItems)) {
      expect(changed?.(QUESTION)).toEqual({ text: 'Who?' });
    }
  });
});
