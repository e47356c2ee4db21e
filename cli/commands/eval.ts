/** `groundwork eval`: retrieval measured on judged queries. */

import { readFile } from 'node:fs/promises';
import { LEXICAL } from '../../src/embedding/lexical';
import { GroundworkError } from '../../src/errors';
import type { PairedComparison } from '../../src/evaluation/bootstrap';
import { expectComparable } from '../../src/evaluation/run-notes';
import { expectRankable } from '../../src/evaluation/settings';
import type { GivenDocument } from '../../src/index/prepare-document';
import type { SearchKnobs } from '../../src/retrieval/knobs';
import { HITS_MAX } from '../../src/retrieval/search';
import { expectAsked, type JudgedQuery, parseJudgedQueries } from '../judged-queries';
import { compareRuns, detailOf, type Outcome, runJudged, summarizeRun } from '../judged-run';
import { openSite } from '../local-site';
import type { CommonOptions } from '../options';
import { print } from '../output';
import { fromCaller } from '../paths';
import { readDocuments } from '../read-documents';
import { parseSetting } from '../settings';
import { indexInto } from './index';

interface EvalOptions extends CommonOptions {
  corpus: string;
  queries: string;
  embedder: string;
  dims?: number;
  k: number;
  setting: string;
  compare?: string;
  details: boolean;
}

const LIBRARY = 'evaluation';

export async function evalCommand(options: EvalOptions): Promise<void> {
  const { setting, compare, details, json } = options;
  const settings = [setting, ...(compare === undefined ? [] : [compare])];
  const knobs = settings.map(parseSetting);
  expectTakable(options, knobs);
  const documents = await readDocuments([fromCaller(options.corpus)]);
  const path = fromCaller(options.queries);
  const queries = parseJudgedQueries(options.queries, await readQueries(path));
  expectAsked(options.queries, queries);
  const site = await openSite({ store: undefined, installation: 'eval' });
  try {
    const indexed = await site.run('index', (platform) =>
      indexInto(platform, documents, { ...options, library: LIBRARY, sync: false }),
    );
    warnOfAbsentFiles(queries, documents);
    for (const { document, message } of indexed.result.refused) {
      console.error(`refused ${document}: ${message}`);
    }
    const runs: Outcome[][] = [];
    for (const [i, one] of knobs.entries()) {
      const run = await runJudged(site, queries, { library: LIBRARY, k: options.k, knobs: one });
      const { notes } = summarizeRun(run, indexed.result.chunks);
      for (const { message } of notes) console.error(`note: ${message}`);
      if (compare !== undefined) expectComparable(`the setting ${settings[i]}`, notes);
      runs.push(run);
    }
    const [first = [], second] = runs;
    const of = (outcomes: readonly Outcome[]) => ({
      ...summarizeRun(outcomes, indexed.result.chunks),
      indexMs: Math.round(indexed.ms),
      ...(details ? { details: outcomes.map(detailOf) } : {}),
    });
    if (second === undefined) print(json, of(first), [JSON.stringify(of(first), null, 2)]);
    else {
      const runsOf = [first, second].map((run, i) => ({ setting: settings[i], ...of(run) }));
      const difference = compareRuns(first, second) ?? null;
      print(json, { runs: runsOf, difference }, [
        ...runsOf.map((run) => JSON.stringify(run, null, 2)),
        `"${setting}" less "${compare}", with the interval of 95 in 100 resamples of the queries:`,
        ...Object.entries(difference ?? {}).map(([name, each]) => lineOf(name, each)),
      ]);
    }
  } finally {
    await site.close();
  }
}

/** What would be refused after minutes of indexing is refused before. */
function expectTakable({ k, embedder }: EvalOptions, knobs: readonly SearchKnobs[]): void {
  for (const one of knobs) {
    if (embedder === LEXICAL) expectRankable({ name: LIBRARY, dimensions: 0 }, one);
  }
  if (k <= HITS_MAX) return;
  throw new GroundworkError({
    code: 'k_out_of_range',
    message: `eval: --k is ${k}, expected a whole number from 1 to ${HITS_MAX}`,
  });
}

function lineOf(name: string, { difference, ratio }: PairedComparison): string {
  const { value, low, high } = difference;
  const by = ratio === undefined ? '' : `, ${ratio.value.toFixed(2)} times`;
  return `  ${name}: ${value.toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})${by}`;
}

/** A judged file that is not in the corpus can never be found; that is no fault of retrieval. */
function warnOfAbsentFiles(queries: readonly JudgedQuery[], documents: readonly GivenDocument[]) {
  const names = new Set(documents.map(({ name }) => name));
  const judged = queries.flatMap(({ relevant }) => relevant.map(({ document }) => document));
  for (const file of new Set(judged.filter((name) => !names.has(name)))) {
    console.error(`judged, but not in the corpus: ${file}`);
  }
}

async function readQueries(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause) => {
    throw new GroundworkError({
      code: 'path_unknown',
      message: `${path}: no such file; give a file of judged queries`,
      cause,
    });
  });
}
