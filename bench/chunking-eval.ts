/**
 * Where to cut: how much of the judged answers the first chunks hold, and how little else, for the
 * project's chunks and for the recursive splitter of @langchain/textsplitters at 200 and 400 tokens
 * without overlap, under the same rankers. Takes some three minutes on two cores.
 * Run: npm ci --prefix bench once, then
 *   GROUNDWORK_DATA=<folder of the judged sets> npm run bench -- chunking-eval [--sizes]
 * With --sizes, other targets, maxima and minima of the project's chunks are measured too.
 */

import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CHUNKING_DEFAULTS } from '../src/chunking/chunk-document';
import { comparePaired } from '../src/evaluation/bootstrap';
import { type ChunkingOutcome, type ChunkingRow, evaluateSplitter } from './chunking/evaluate';
import { readJudgedCorpora } from './chunking/judged-corpora';
import { type Ranker, rankByVectors, rankByWords } from './chunking/rankers';
import { ownSplitter, recursiveSplitter, type Splitter } from './chunking/splitters';
import { saveResult } from './report';

const SIZES: readonly (readonly [target: number, max: number, min: number])[] = [
  ...([
    [120, 200, 40],
    [160, 240, 40],
    [200, 300, 60],
    [240, 360, 60],
  ] as const),
  ...([
    [280, 420, 60],
    [320, 480, 60],
    [400, 600, 60],
  ] as const),
];
const RANKERS: readonly (readonly [string, Ranker])[] = [
  ['builtin', rankByVectors],
  ['minisearch', rankByWords],
];

/** What all others are compared with, question by question. */
const BASE = 'recursive 400';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { sizes: { type: 'boolean', default: false } },
});
const data = process.env['GROUNDWORK_DATA'];
if (data === undefined) {
  console.log('skipped: GROUNDWORK_DATA does not name a folder with the judged sets');
  process.exit(0);
}

const judged = await readJudgedCorpora(join(data, 'chunking-eval'));
const { tokensEstimateTarget, tokensEstimateMax, tokensEstimateMin } = CHUNKING_DEFAULTS;
const splitters: [string, Splitter][] = [
  ['recursive 200', await recursiveSplitter(200)],
  [BASE, await recursiveSplitter(400)],
  [`groundwork ${tokensEstimateTarget}/${tokensEstimateMax}/${tokensEstimateMin}`, ownSplitter()],
];
const others = SIZES.filter(([target]) => target !== tokensEstimateTarget);
for (const [target, max, min] of values.sizes ? others : []) {
  const options = { tokensEstimateTarget: target, tokensEstimateMax: max, tokensEstimateMin: min };
  splitters.push([`groundwork ${target}/${max}/${min}`, ownSplitter(options)]);
}
const rows: ({ ranker: string; splitter: string } & ChunkingRow & Record<string, unknown>)[] = [];
for (const [ranker, rank] of RANKERS) {
  const outcomes: (ChunkingOutcome & { splitter: string })[] = [];
  for (const [splitter, split] of splitters) {
    outcomes.push({ splitter, ...(await evaluateSplitter(judged, split, rank)) });
  }
  const base = outcomes.find(({ splitter }) => splitter === BASE) as ChunkingOutcome;
  for (const { splitter, row, recallsInBudget, iousAtK } of outcomes) {
    const { difference } = comparePaired(recallsInBudget, base.recallsInBudget);
    const { ratio } = comparePaired(iousAtK, base.iousAtK);
    rows.push({
      ...{ ranker, splitter, ...row },
      ...(splitter !== BASE && {
        [`recall in 2,000 less ${BASE}`]: withInterval(difference),
        [`IoU@5 times ${BASE}`]: ratio && withInterval(ratio),
      }),
    });
  }
}
console.table(rows);
saveResult('chunking-eval', rows);

/** 95 of 100 resamples of the questions lie within. */
function withInterval({ value, low, high }: { value: number; low: number; high: number }): string {
  const [mean, from, to] = [value, low, high].map((number) => number.toFixed(3));
  return `${mean} (${from} to ${to})`;
}
