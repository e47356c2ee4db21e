/** What was asked for, against what was found. */

import { type BenchResult, numberAt, type ResultRow, valueAt } from '../../page/results';

const SET = 'refinement-eval';
const TIMES_MINISEARCH = 1.25;
const TIMES_HYBRID = 1.1;
const FALSE_GROUNDING_MAX = 0.2;
const GROUNDED_LOSS_MAX = 0.03;
/** BM25 alone: as it comes, and the best of what its documentation offers. */
const BM25 = 'minisearch, text';
const IS_BM25 = /^minisearch, /;
const IS_HYBRID = /hybrid|RRF/;
const IOU_TIMES = 1.3;
const RECALL_LOSS_MAX = 0.01;
const IN_BUDGET = 'recall in 2,000 tokens';
const UNITS_MAX = 50;
const TRIPS = 4;

interface Bar {
  bar: string;
  asked: string;
  found: string;
  interval?: string;
  met: boolean;
}

/** Rows of the table of bars, of the results there are. */
export function barRows(results: ReadonlyMap<string, BenchResult>): ResultRow[] {
  const rowsOf = (name: string) => results.get(name)?.rows ?? [];
  const bars = [
    ...rankingBars(rowsOf('quality')),
    ...unitBars(rowsOf('grounded-units')),
    ...chunkingBars(rowsOf('chunking-eval')),
  ];
  return bars.map((bar) => ({ ...bar }));
}

function rankingBars(rows: readonly ResultRow[]): Bar[] {
  const own = rows.filter((row) => row['set'] === SET);
  const systems = own.filter((row) => row['table'] === 'systems');
  const [product] = systems;
  if (product === undefined) return [];
  const ratios = own.filter((row) => row['table'] === 'differences');
  const loss =
    (numberAt(product, 'recall@10') ?? 0) - (numberAt(product, 'groundedRecall@10') ?? 0);
  const falseGrounding = numberAt(product, 'falseGrounding') ?? 0;
  return [
    ...['recall@10', 'nDCG@10'].flatMap((metric) => {
      const words = [...new Set([BM25, bestOf(systems, IS_BM25, metric)])];
      return [
        ...words.flatMap((against) =>
          ratioBar(ratios, { metric, against, asked: TIMES_MINISEARCH }),
        ),
        ...ratioBar(ratios, {
          ...{ metric, asked: TIMES_HYBRID },
          against: bestOf(systems, IS_HYBRID, metric),
        }),
      ];
    }),
    {
      bar: 'false grounding',
      asked: `at most ${FALSE_GROUNDING_MAX}`,
      found: String(falseGrounding),
      met: falseGrounding <= FALSE_GROUNDING_MAX,
    },
    {
      bar: 'recall@10 lost to the threshold',
      asked: `at most ${GROUNDED_LOSS_MAX}`,
      found: loss.toFixed(3),
      met: Number(loss.toFixed(4)) <= GROUNDED_LOSS_MAX,
    },
  ];
}

/** The best package or stand-in of a kind. */
function bestOf(systems: readonly ResultRow[], kind: RegExp, metric: string): string | undefined {
  const column = metric.toLowerCase();
  const [best] = systems
    .filter((row) => kind.test(String(row['system'])) && row['version'] !== undefined)
    .sort((a, b) => (numberAt(b, column) ?? 0) - (numberAt(a, column) ?? 0));
  return best === undefined ? undefined : String(best['system']);
}

function unitBars(rows: readonly ResultRow[]): Bar[] {
  const row = rows.find(({ setting }) => setting === 'default');
  const units = row && numberAt(row, 'readUnits.mean');
  const trips = row && numberAt(row, 'roundTrips.p95');
  if (units === undefined || trips === undefined) return [];
  return [
    {
      bar: `read units of a cold query, mean; round trips (${row?.['chunks']} chunks, ${row?.['dimensions']} dimensions)`,
      asked: `at most ${UNITS_MAX}; ${TRIPS}`,
      found: `${units}; ${trips}`,
      met: units <= UNITS_MAX && trips <= TRIPS,
    },
  ];
}

/** Under each ranker: the project's chunks against a recursive splitter's of 400 tokens. */
function chunkingBars(rows: readonly ResultRow[]): Bar[] {
  return [...new Set(rows.map(({ ranker }) => ranker))].flatMap((ranker) => {
    const own = rows.filter((row) => row['ranker'] === ranker);
    const ours = own.find(({ splitter }) => String(splitter).startsWith('groundwork'));
    const other = own.find(({ splitter }) => splitter === 'recursive 400');
    if (ours === undefined || other === undefined) return [];
    const at = (row: ResultRow, column: string) => numberAt(row, column) ?? 0;
    const lost = at(other, IN_BUDGET) - at(ours, IN_BUDGET);
    const times = at(ours, 'IoU@5') / at(other, 'IoU@5');
    return [
      {
        bar: `chunking-eval, ${ranker}: ${IN_BUDGET} lost against recursive 400`,
        asked: `at most ${RECALL_LOSS_MAX}`,
        found: lost.toFixed(3),
        met: lost <= RECALL_LOSS_MAX,
      },
      {
        bar: `chunking-eval, ${ranker}: IoU@5 against recursive 400`,
        asked: `${IOU_TIMES} times`,
        found: times.toFixed(2),
        met: times >= IOU_TIMES,
      },
    ];
  });
}

function ratioBar(
  rows: readonly ResultRow[],
  { metric, against, asked }: { metric: string; against: string | undefined; asked: number },
): Bar[] {
  const row = rows.find((one) => one['metric'] === metric && one['against'] === against);
  const found = row && numberAt(row, 'ratio.value');
  if (row === undefined || found === undefined) return [];
  const end = (name: string) => Number(valueAt(row, `ratio.${name}`)).toFixed(2);
  return [
    {
      bar: `${metric} against ${against}`,
      asked: `${asked} times`,
      found: found.toFixed(2),
      interval: `${end('low')} to ${end('high')}`,
      met: found >= asked,
    },
  ];
}
