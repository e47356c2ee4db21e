/** docs/benchmarks.md and its picture, from the newest results. */

import { flatSeries, type Point, type Series } from './cold-units';
import { logLogPicture } from './log-log-picture';
import { type BenchResult, numberAt, type ResultRow } from './results';
import { allColumns, type Column, table } from './table';

const VECTORS = 'vectors-';
/** Dimensions of the picture, and the workloads whose measured units are its first line. */
const PICTURE_DIMS = 1536;
const PICTURE_CELL = /^hier-.*-1536$/;

export interface Page {
  markdown: string;
  svg: string;
}

interface Section {
  name: string;
  title: string;
  text: string;
}

const SECTIONS: readonly Section[] = [
  {
    name: 'ladder',
    title: 'What each feature is worth',
    text: 'One feature is added a row.',
  },
  {
    name: 'peers',
    title: 'Side by side with others',
    text: 'One run, each in a process of its own, one thread, 200 queries, ten neighbours. HNSW is timed at its least ef with the recall of Groundwork. Cold units are of what could lie in the key-value store at all. A native peer cannot run inside Forge and is a reference only.',
  },
  {
    name: 'forge-limits',
    title: 'Within the limits of Forge',
    text: 'For each size and dimension what is stored, what building it takes of the write quota, and what the read quota leaves for queries.',
  },
  { name: 'kernels', title: 'Kernels', text: 'Medians, one thread.' },
];

const PEER_COLUMNS: readonly Column[] = [
  ['workload', 'workload'],
  ['peer', 'peer'],
  ['version', 'version'],
  ['native', 'native'],
  ['setting', 'setting'],
  ['build ms', 'buildMs'],
  ['query p50 ms', 'queryP50Ms'],
  ['p95 ms', 'queryP95Ms'],
  ['recall@10', 'recall@10'],
  ['bytes per vector', 'bytesPerVector'],
  ['cold units', 'coldUnits'],
  ['peak RSS MB', 'peakRssMb'],
  ['note', 'note'],
];

const queryColumns = (state: 'cold' | 'warm'): Column[] => [
  ['units mean', `${state}.readUnits.mean`],
  ['p50', `${state}.readUnits.p50`],
  ['p95', `${state}.readUnits.p95`],
  ['round trips p50', `${state}.roundTrips.p50`],
  ['p95', `${state}.roundTrips.p95`],
  ['bytes p50', `${state}.bytesRead.p50`],
  ['compute ms p50', `${state}.computeMs.p50`],
  ['p95', `${state}.computeMs.p95`],
  ['model ms p50', `${state}.modelMs.p50`],
];
const CELL_COLUMN: Column = ['workload', 'workload'];
const COLD_COLUMNS: readonly Column[] = [
  CELL_COLUMN,
  ['n', 'n'],
  ['dims', 'dims'],
  ['recall@10', 'recall@10'],
  ...queryColumns('cold'),
];
const WARM_COLUMNS: readonly Column[] = [CELL_COLUMN, ...queryColumns('warm')];
const STORE_COLUMNS: readonly Column[] = [
  CELL_COLUMN,
  ['values', 'store.values'],
  ['bytes', 'store.bytes'],
  ['write units', 'store.writeUnits'],
  ['build ms', 'buildMs'],
  ['peak RSS MB', 'peakRssMb'],
];

/** The page; `cells` are the workloads in the order of the tables. */
export function renderPage(
  results: ReadonlyMap<string, BenchResult>,
  cells: readonly string[],
): Page {
  const measured = cells.flatMap((cell) => results.get(`${VECTORS}${cell}`) ?? []);
  const absent = cells.filter((cell) => !results.has(`${VECTORS}${cell}`));
  const markdown = [
    '# Benchmarks',
    'Made by `npm run bench -- benchmarks-page` from the newest files in `bench/results`; edit those who make them, not this page.',
    '![Read units of a cold query against the number of chunks](cold-units.svg)',
    `The measured line is the mean over the queries of the \`hier\` workloads at ${PICTURE_DIMS} dimensions. The flat scans are reckoned from their bytes: the catalogue, every code as base64, and the records of ten hits or of 80 candidates.`,
    '## Vectors',
    'Recall is against exact float32. Cold is a new reader for each query in a warmed process; a quota is spent by the mean, so the mean stands beside p50 and p95. Model ms adds 25 ms a round trip and 60 MB/s to compute.',
    ...vectorTables(measured),
    ...(absent.length > 0 ? [absentCells(absent)] : []),
    ...SECTIONS.flatMap((section) => sectionOf(section, results.get(section.name))),
  ];
  return { markdown: `${markdown.join('\n\n')}\n`, svg: picture(measured) };
}

function vectorTables(measured: readonly BenchResult[]): string[] {
  if (measured.length === 0) return [];
  const rows: ResultRow[] = measured.flatMap(({ name, rows: own }) =>
    own.map((row) => ({ ...row, workload: name.slice(VECTORS.length) })),
  );
  return [
    `### Cold\n\n${table(COLD_COLUMNS, rows)}`,
    `### Warm\n\n${table(WARM_COLUMNS, rows)}`,
    `### Stored and built\n\n${table(STORE_COLUMNS, rows)}`,
    surroundings(measured),
  ];
}

function absentCells(cells: readonly string[]): string {
  const names = cells.map((cell) => `\`${cell}\``).join(', ');
  return `Not measured yet: ${names}. \`npm run bench -- vectors\` measures them.`;
}

function sectionOf({ name, title, text }: Section, result: BenchResult | undefined): string[] {
  const heading = `## ${title}`;
  const command = `\`npm run bench -- ${name}\``;
  if (result === undefined) return [heading, `Not measured yet; ${command} measures it.`];
  const columns = name === 'peers' ? PEER_COLUMNS : allColumns(result.rows);
  return [heading, `${text} ${command}`, table(columns, result.rows), surroundings([result])];
}

/** Where and when results were measured; those with the same surroundings share a line. */
function surroundings(results: readonly BenchResult[]): string {
  const lines = new Map<string, string[]>();
  for (const { name, date, commit, uncommittedChanges, machine, node } of results) {
    const changes = uncommittedChanges ? ' with uncommitted changes' : '';
    const line = `${machine}, Node ${node}, ${date}, commit ${commit}${changes}`;
    lines.set(line, [...(lines.get(line) ?? []), name.replace(VECTORS, '')]);
  }
  if (lines.size === 1) return `${[...lines.keys()][0]}.`;
  return [...lines].map(([line, names]) => `- ${names.join(', ')}: ${line}`).join('\n');
}

function picture(measured: readonly BenchResult[]): string {
  const points = measured
    .filter(({ name }) => PICTURE_CELL.test(name.slice(VECTORS.length)))
    .flatMap(({ rows }) => rows.flatMap(pointOf))
    .sort((a, b) => a.n - b.n);
  const own: Series[] = points.length > 0 ? [{ name: 'Groundwork', points }] : [];
  return logLogPicture({
    title: 'Read units of a cold query',
    xLabel: `chunks of ${PICTURE_DIMS} dimensions`,
    yLabel: 'read units',
    series: [...own, ...flatSeries(PICTURE_DIMS)],
  });
}

function pointOf(row: ResultRow): Point[] {
  const [n, units] = [numberAt(row, 'n'), numberAt(row, 'cold.readUnits.mean')];
  return n === undefined || units === undefined ? [] : [{ n, units }];
}
