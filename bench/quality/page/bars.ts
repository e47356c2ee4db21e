/** What the issue asked of refinement-eval, against what was found. */

import { numberAt, type ResultRow, valueAt } from '../../page/results';

const SET = 'refinement-eval';
const TIMES_MINISEARCH = 1.25;
const TIMES_HYBRID = 1.1;
const FALSE_GROUNDING_MAX = 0.2;
const GROUNDED_LOSS_MAX = 0.03;
/** BM25 alone: as it is, on the chunks' text. */
const BM25 = 'minisearch, text';

interface Bar {
  bar: string;
  asked: string;
  found: string;
  interval?: string;
  met: boolean;
}

/** Rows of the table of bars; none without results of the set. */
export function barRows(rows: readonly ResultRow[]): ResultRow[] {
  const own = rows.filter((row) => row['set'] === SET);
  const systems = own.filter((row) => row['table'] === 'systems');
  const [product] = systems;
  if (product === undefined) return [];
  const ratios = own.filter((row) => row['table'] === 'differences');
  const loss =
    (numberAt(product, 'recall@10') ?? 0) - (numberAt(product, 'groundedRecall@10') ?? 0);
  const falseGrounding = numberAt(product, 'falseGrounding') ?? 0;
  const bars: Bar[] = [
    ...['recall@10', 'nDCG@10'].flatMap((metric) => [
      ...ratioBar(ratios, { metric, against: BM25, asked: TIMES_MINISEARCH }),
      ...ratioBar(ratios, {
        metric,
        against: bestHybrid(systems, metric === 'recall@10' ? 'recall@10' : 'ndcg@10'),
        asked: TIMES_HYBRID,
      }),
    ]),
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
  return bars.map((bar) => ({ ...bar }));
}

/** The best package or stand-in that goes by words and vectors. */
function bestHybrid(systems: readonly ResultRow[], metric: string): string | undefined {
  const isHybrid = (row: ResultRow) =>
    /hybrid|RRF/.test(String(row['system'])) && row['version'] !== undefined;
  const [best] = systems
    .filter(isHybrid)
    .sort((a, b) => (numberAt(b, metric) ?? 0) - (numberAt(a, metric) ?? 0));
  return best === undefined ? undefined : String(best['system']);
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
