import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BenchResult, newestResults, type ResultRow } from '../../bench/page/results';
import { renderQuality } from '../../bench/quality/page/render';
import { RESULTS } from '../../bench/report';
import { ROOT } from '../support/project-files';

const SET = { set: 'refinement-eval' };
const figures = (recall: number, ndcg: number) => ({
  ...{ 'recall@5': recall / 2, 'recall@10': recall, 'recall@20': recall, 'ndcg@10': ndcg },
  ...{ mrr: 0.5, 'tokens@10': 1_234, queries: 50, judged: 45 },
});
const measured = {
  ...{ 'groundedRecall@10': 0.57, 'hitsRecall@10': 0.55, missedGrounding: 0.02, empty: 5 },
  ...{ falseGrounding: 0.4, chunks: 1_887, latencyMs: { p50: 55.5, p95: 95 } },
  ...{ readUnits: { mean: 21.5, p95: 30 }, roundTrips: { p95: 4 } },
};
const difference = (against: string, metric: string, ratio: number) => ({
  ...{ table: 'differences', ...SET, system: 'Groundwork, hybrid', against, metric },
  difference: { value: 0.2, low: 0.05, high: 0.31 },
  ratio: { value: ratio, low: ratio - 0.3, high: ratio + 0.3 },
});

const ROWS: ResultRow[] = [
  { table: 'systems', ...SET, system: 'Groundwork, hybrid', ...figures(0.6, 0.4), ...measured },
  {
    table: 'systems',
    ...SET,
    system: 'minisearch, text',
    version: 'm 7.2.0',
    ...figures(0.4, 0.3),
  },
  {
    table: 'systems',
    ...SET,
    system: 'orama, hybrid, defaults',
    version: 'o 1',
    ...figures(0.2, 0.1),
  },
  { table: 'systems', ...SET, system: 'm and c by RRF', version: 'm 7.2.0', ...figures(0.5, 0.35) },
  difference('minisearch, text', 'recall@10', 1.5),
  difference('minisearch, text', 'nDCG@10', 1.2),
  difference('orama, hybrid, defaults', 'recall@10', 3),
  difference('m and c by RRF', 'recall@10', 1.2),
  difference('m and c by RRF', 'nDCG@10', 1.05),
  { table: 'steps', ...SET, system: 'Groundwork, hybrid', ...figures(0.6, 0.4), ...measured },
  { table: 'steps', ...SET, system: 'words alone', ...figures(0.5, 0.4), ...measured },
  {
    ...{ table: 'step differences', ...SET, system: 'words alone', against: 'Groundwork, hybrid' },
    ...{ metric: 'recall@10', difference: { value: -0.1, low: -0.2, high: 0.01 }, ratio: null },
  },
  {
    table: 'slices',
    ...SET,
    system: 'Groundwork, hybrid',
    slice: 'easy',
    judged: 14,
    'recall@10': 0.9,
  },
  {
    table: 'slices',
    ...SET,
    system: 'Groundwork, hybrid',
    slice: 'hard',
    judged: 14,
    'recall@10': 0.2,
  },
];

function pageOf(rows: readonly ResultRow[]): string {
  return renderQuality(new Map([['quality', resultOf(rows)]]));
}

function resultOf(rows: readonly ResultRow[]): BenchResult {
  return {
    ...{ name: 'quality', date: '2026-11-25', commit: 'abc1234', uncommittedChanges: false },
    ...{ machine: 'A machine, 2 cores', node: 'v20.20.2', rows },
  };
}

describe('docs/quality.md', () => {
  it('is what the command makes of the results in the repository', () => {
    const page = readFileSync(join(ROOT, 'docs', 'quality.md'), 'utf8');
    expect(page, 'run: npm run bench -- quality-page').toBe(renderQuality(newestResults(RESULTS)));
  });

  const page = pageOf(ROWS);

  it('names machine, date and commit', () => {
    expect(page).toContain(
      'Measured on A machine, 2 cores, Node v20.20.2, 2026-11-25, commit abc1234.',
    );
  });

  it('has recall beside tokens, and units and round trips of what has them', () => {
    expect(page).toContain('| minisearch, text | 0.2 | 0.4 | 0.4 | 0.3 | 0.5 | 1,234 | m 7.2.0 |');
    expect(page).toContain(
      '| Groundwork, hybrid | 0.57 | 0.55 | 0.02 | 0.4 | 21.5 | 30 | 4 | 55.5 | 95 |',
    );
    expect(page).toContain('50 queries, 45 with passages; 1887 chunks.');
  });

  it('has each difference with its interval, one row for both metrics', () => {
    expect(page).toContain(
      '| minisearch, text | 0.200 (0.050 to 0.310) | 1.50 (1.20 to 1.80) | 0.200 (0.050 to 0.310) | 1.20 (0.90 to 1.50) |',
    );
    expect(page).toContain('| words alone | -0.100 (-0.200 to 0.010) | – |');
  });

  it('says of every bar whether it was met, against the best hybrid of each metric', () => {
    const bars = page.slice(page.indexOf('What was asked'), page.indexOf('Items of Jira'));
    expect(bars).toContain(
      '| recall@10 against minisearch, text | 1.25 times | 1.50 | 1.20 to 1.80 | yes |',
    );
    expect(bars).toContain(
      '| nDCG@10 against minisearch, text | 1.25 times | 1.20 | 0.90 to 1.50 | no |',
    );
    expect(bars).toContain('| recall@10 against m and c by RRF | 1.1 times | 1.20 |');
    expect(bars).toContain(
      '| nDCG@10 against m and c by RRF | 1.1 times | 1.05 | 0.75 to 1.35 | no |',
    );
    expect(bars).toContain('| false grounding | at most 0.2 | 0.4 | – | no |');
    expect(bars).toContain('| recall@10 lost to the threshold | at most 0.03 | 0.030 | – | yes |');
  });

  it('holds what is asked to the strongest setting of minisearch, too', () => {
    const stems = { system: 'minisearch, stems', version: 'm 7.2.0', ...figures(0.5, 0.2) };
    const stronger = pageOf([
      ...ROWS,
      { table: 'systems', ...SET, ...stems },
      difference('minisearch, stems', 'recall@10', 1.2),
    ]);
    expect(stronger).toContain(
      '| recall@10 against minisearch, text | 1.25 times | 1.50 | 1.20 to 1.80 | yes |',
    );
    expect(stronger).toContain(
      '| recall@10 against minisearch, stems | 1.25 times | 1.20 | 0.90 to 1.50 | no |',
    );
  });

  it('holds units and cuts to what was asked of them', () => {
    const of = (name: string, rows: ResultRow[]): [string, BenchResult] => [
      name,
      { ...resultOf(rows), name },
    ];
    const cut = (splitter: string, recall: number, iou: number) => {
      return { ranker: 'builtin', splitter, 'recall in 2,000 tokens': recall, 'IoU@5': iou };
    };
    const bars = renderQuality(
      new Map([
        of('grounded-units', [
          {
            ...{ setting: 'default', chunks: 10_000, dimensions: 512 },
            ...{ readUnits: { mean: 51 }, roundTrips: { p95: 4 } },
          },
        ]),
        of('chunking-eval', [cut('recursive 400', 0.92, 0.03), cut('groundwork 1', 0.93, 0.045)]),
      ]),
    );
    expect(bars).toContain('| at most 50; 4 | 51; 4 | – | no |');
    expect(bars).toContain('| at most 0.01 | -0.010 | – | yes |');
    expect(bars).toContain('| 1.3 times | 1.50 | – | yes |');
  });

  it('has what is in the prompt', () => {
    const row = { hitsConsidered: 10, tokensEstimateMax: 3_000, recall: 0.5, hits: 9, passages: 7 };
    const prompts = { table: 'prompts', ...SET, ...row, tokens: 2_000, tokensSpared: 80 };
    expect(pageOf([...ROWS, prompts])).toContain('| 10 | 3,000 | 0.5 | 9 | 7 | 2,000 | 80 |');
  });

  it('has slices as columns', () => {
    expect(page).toContain('|  | easy (14) | hard (14) |');
    expect(page).toContain('| Groundwork, hybrid | 0.9 | 0.2 |');
  });

  it('says what is not measured, and which command measures it', () => {
    const again = /Not measured yet; `npm run bench -- quality` measures it\./g;
    expect(page.match(again)).toHaveLength(2);
    expect(page).toContain('`npm run bench -- chunking-eval` measures it.');
    const nothing = renderQuality(new Map());
    expect(nothing.match(again)).toHaveLength(4);
    expect(nothing).not.toContain('What was asked');
    expect(nothing).not.toMatch(/NaN|undefined/);
    expect(page).not.toMatch(/NaN|undefined/);
  });
});
