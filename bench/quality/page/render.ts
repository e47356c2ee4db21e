/** docs/quality.md, from the newest results. */

import { type BenchResult, type ResultRow, valueAt } from '../../page/results';
import { allColumns, type Column, table } from '../../page/table';
import { barRows } from './bars';
import {
  FIGURES,
  INTRODUCTION,
  PEERS,
  PROMPTS,
  SETS,
  type SetProse,
  STEPS,
  THRESHOLD,
} from './prose';

const FIGURE_COLUMNS: readonly Column[] = [
  ['recall@5', 'recall@5'],
  ['@10', 'recall@10'],
  ['@20', 'recall@20'],
  ['nDCG@10', 'ndcg@10'],
  ['MRR', 'mrr'],
  ['tokens@10', 'tokens@10'],
];
const GROUNDING_COLUMNS: readonly Column[] = [
  ['grounded@10', 'groundedRecall@10'],
  ['hits@10', 'hitsRecall@10'],
  ['missed', 'missedGrounding'],
  ['false', 'falseGrounding'],
];
const COST_COLUMNS: readonly Column[] = [
  ['units', 'readUnits.mean'],
  ['p95', 'readUnits.p95'],
  ['trips', 'roundTrips.p95'],
];
const LATENCY_COLUMNS: readonly Column[] = [
  ['ms p50', 'latencyMs.p50'],
  ['p95', 'latencyMs.p95'],
];

/** The page; sets that are in no result are named with the command that measures them. */
export function renderQuality(results: ReadonlyMap<string, BenchResult>): string {
  const quality = results.get('quality');
  const rows = quality?.rows ?? [];
  const parts = [
    '# Quality of retrieval',
    INTRODUCTION,
    quality === undefined
      ? 'Not measured yet; `npm run bench -- quality` measures it.'
      : `Measured on ${surroundings(quality)}`,
    ...barsOf(results),
    ...SETS.flatMap((set) => sectionOf(set, rows)),
    '## The peers',
    PEERS,
    ...chunkingOf(results.get('chunking-eval')),
    '## The threshold',
    THRESHOLD,
    '## What the figures mean',
    FIGURES,
  ];
  return `${parts.join('\n\n')}\n`;
}

function surroundings({ machine, node, date, commit, uncommittedChanges }: BenchResult): string {
  const changes = uncommittedChanges ? ' with uncommitted changes' : '';
  return `${machine}, Node ${node}, ${date}, commit ${commit}${changes}.`;
}

function barsOf(results: ReadonlyMap<string, BenchResult>): string[] {
  const bars = barRows(results);
  if (bars.length === 0) return [];
  const columns: Column[] = [
    ['', 'bar'],
    ['asked', 'asked'],
    ['found', 'found'],
    ['interval', 'interval'],
    ['met in the mean', 'met'],
  ];
  return ['## What was asked, and what was found', table(columns, bars)];
}

function sectionOf({ name, title, text }: SetProse, rows: readonly ResultRow[]): string[] {
  const own = rows.filter((row) => row['set'] === name);
  const of = (kind: string) => own.filter((row) => row['table'] === kind);
  const systems = of('systems');
  if (systems.length === 0) {
    return [`## ${title}`, text, 'Not measured yet; `npm run bench -- quality` measures it.'];
  }
  const [product] = systems;
  const counts = `${product?.['queries']} queries, ${product?.['judged']} with passages; ${product?.['chunks']} chunks.`;
  const hasEmpty = typeof product?.['empty'] === 'number' && product['empty'] > 0;
  const grounding = GROUNDING_COLUMNS.filter(([, path]) => hasEmpty || path !== 'falseGrounding');
  const measured = systems.filter((row) => row['readUnits'] !== undefined);
  return [
    `## ${title}`,
    `${text}\n\n${counts}`,
    table([['', 'system'], ...FIGURE_COLUMNS, ['version', 'version']], systems),
    table([['', 'system'], ...grounding, ...COST_COLUMNS, ...LATENCY_COLUMNS], measured),
    `### ${product?.['system']} against each`,
    table(DIFFERENCE_COLUMNS('against'), pairedRows(of('differences'), 'against')),
    '### Each step left out or set otherwise',
    STEPS,
    table(
      [['', 'system'], ...FIGURE_COLUMNS.slice(1, 4), ...grounding, ...COST_COLUMNS],
      of('steps'),
    ),
    'The same as differences from the whole:',
    table(DIFFERENCE_COLUMNS('system'), pairedRows(of('step differences'), 'system')),
    ...promptsOf(of('prompts')),
    ...slicesOf(of('slices')),
  ];
}

const DIFFERENCE_COLUMNS = (of: string): Column[] => [
  ['', of],
  ['recall@10', 'recall@10.difference'],
  ['times', 'recall@10.ratio'],
  ['nDCG@10', 'nDCG@10.difference'],
  ['times', 'nDCG@10.ratio'],
];

/** The rows of one pair of systems, a metric each, put side by side. */
function pairedRows(rows: readonly ResultRow[], of: string): ResultRow[] {
  const pairs = new Map<string, Record<string, unknown>>();
  for (const row of rows) {
    const key = String(row[of]);
    const pair = pairs.get(key) ?? { [of]: key };
    const ratio = row['ratio'] == null ? undefined : withInterval(row, 'ratio', 2);
    pair[String(row['metric'])] = { difference: withInterval(row, 'difference', 3), ratio };
    pairs.set(key, pair);
  }
  return [...pairs.values()];
}

function withInterval(row: ResultRow, path: string, digits: number): string {
  const at = (end: string) => Number(valueAt(row, `${path}.${end}`)).toFixed(digits);
  return `${at('value')} (${at('low')} to ${at('high')})`;
}

function promptsOf(rows: readonly ResultRow[]): string[] {
  const columns: Column[] = [
    ['hits considered', 'hitsConsidered'],
    ['budget', 'tokensEstimateMax'],
    ['recall', 'recall'],
    ['hits', 'hits'],
    ['passages', 'passages'],
    ['tokens', 'tokens'],
    ['spared by merging', 'tokensSpared'],
  ];
  return rows.length === 0 ? [] : ['### What is in the prompt', PROMPTS, table(columns, rows)];
}

/** A row a system, a column a slice. */
function slicesOf(rows: readonly ResultRow[]): string[] {
  if (rows.length === 0) return [];
  const slices = [...new Set(rows.map((row) => String(row['slice'])))];
  const systems = [...new Set(rows.map((row) => String(row['system'])))];
  const cells = systems.map((system) => {
    const own = rows.filter((row) => row['system'] === system);
    const bySlice = own.map((row) => [String(row['slice']), row['recall@10']]);
    return { system, ...Object.fromEntries(bySlice) } as ResultRow;
  });
  const counts = new Map(rows.map((row) => [String(row['slice']), row['judged']]));
  const columns = slices.map((slice): Column => [`${slice} (${counts.get(slice)})`, slice]);
  return ['### recall@10 by difficulty', table([['', 'system'], ...columns], cells)];
}

function chunkingOf(result: BenchResult | undefined): string[] {
  const heading = '## Where documents are cut: chunking-eval';
  if (result === undefined) {
    return [heading, 'Not measured yet; `npm run bench -- chunking-eval` measures it.'];
  }
  return [
    heading,
    `[docs/chunking.md](chunking.md) says how. ${surroundings(result)}`,
    table(allColumns(result.rows), result.rows),
  ];
}
