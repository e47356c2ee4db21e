/** The ladder of one workload: a row for each feature, each on the local platform. */

import { openSite, type Site } from '../../cli/local-site';
import { readGeneration } from '../../src/index/reader';
import { DEFAULT_SEAL_KNOBS } from '../../src/index/seal-knobs';
import { loadHeads, type SegmentHead } from '../../src/index/segment-heads';
import { DEFAULT_KNOBS, type VectorKnobs } from '../../src/retrieval/knobs';
import { nearestChunks } from '../../src/retrieval/nearest-chunks';
import { rowOfChunk, writeLibrary } from '../vectors/library';
import {
  K,
  productSearch,
  type QueryOutcome,
  type RowSearch,
  runQueries,
} from '../vectors/queries';
import { figuresOf, meanOf } from '../vectors/report';
import type { LoadedWorkload } from '../workloads/load';
import { writeFlatInt8 } from './flat-int8';
import { adaptiveChoice, fixedChoice, int8TableSearch, writeInt8Table } from './int8-table';

const CANDIDATES = 80;
/** So many candidates whatever the errors of their codes. */
const FIXED_RESCORING: VectorKnobs = {
  ...DEFAULT_KNOBS,
  errorDeviations: Number.POSITIVE_INFINITY,
  candidatesMax: CANDIDATES - K,
};
/** Bytes of int8 that all queries read whole: of more, fewer queries do, lest it take ten minutes. */
const FLAT_BYTES_MAX = 50_000_000;
const FLAT_QUERIES = 50;
/** One list about the mean of all rows, cut into values. */
const FLAT_SEGMENT = { ...DEFAULT_SEAL_KNOBS, flatRowsMax: Number.POSITIVE_INFINITY };

/** One line of the table; all are metered by the platform. */
export interface LadderRow {
  workload: string;
  step: string;
  /** Whether the whole query is the product's, or steps of the bench stand in its place. */
  runs: 'product' | 'bench';
  queries: number;
  'recall@10': number;
  'units mean': number;
  'units p95': number;
  'round trips': number;
  'bytes p50': number;
  lists: number;
  records: number;
  'compute ms p50': number;
}

export async function climbLadder(workload: LoadedWorkload): Promise<LadderRow[]> {
  return [...(await climbFlat(workload)), ...(await climbClustered(workload))];
}

/** Every row is read and scored. */
async function climbFlat(workload: LoadedWorkload): Promise<LadderRow[]> {
  return withSite(async (site) => {
    const { vectors } = await writeLibrary(site, workload.base, FLAT_SEGMENT);
    const flatInt8 = await writeFlatInt8(site, vectors);
    const isLarge = vectors.values.length > FLAT_BYTES_MAX;
    const run = (search: RowSearch, countMax?: number) =>
      runQueries(site, workload, search, countMax);
    const int8 = await run(flatInt8, isLarge ? FLAT_QUERIES : undefined);
    const signs = await run(signsSearch);
    const corrected = await run(productSearch(FIXED_RESCORING));
    return [
      rowOf(workload, 'flat int8', 'bench', int8),
      rowOf(workload, `flat 1 bit, ${CANDIDATES} rescored`, 'bench', signs),
      rowOf(workload, '+ correction terms', 'product', corrected),
    ];
  });
}

/** Some lists of a clustered segment are read. */
async function climbClustered(workload: LoadedWorkload): Promise<LadderRow[]> {
  return withSite(async (site) => {
    const { vectors } = await writeLibrary(site, workload.base);
    const table = await writeInt8Table(site, vectors);
    const run = (search: RowSearch) => runQueries(site, workload, search);
    const adaptive = adaptiveChoice(DEFAULT_KNOBS);
    const adaptively = await run(int8TableSearch(table, adaptive, FIXED_RESCORING));
    const lists = Math.ceil(meanOf(adaptively, 'lists'));
    const fixed = await run(int8TableSearch(table, fixedChoice(lists), FIXED_RESCORING));
    const small = await run(productSearch(FIXED_RESCORING));
    const product = await run(productSearch());
    return [
      rowOf(workload, `+ probing, ${lists} lists`, 'bench', fixed),
      rowOf(workload, '+ adaptive probing', 'bench', adaptively),
      rowOf(workload, '+ smaller centroid table', 'product', small),
      rowOf(workload, '+ adaptive rescoring: Groundwork', 'product', product),
    ];
  });
}

/** The product's query of a flat segment whose correction terms are taken out after reading. */
const signsSearch: RowSearch = (platform, query) =>
  readGeneration(platform, async ({ libraries }) => {
    const heads = (await loadHeads(platform.kv, libraries)).map(withoutTerms);
    const asked = { heads, libraries, vectorOf: () => query, k: K, knobs: FIXED_RESCORING };
    const ranking = (await nearestChunks(platform.kv, asked)).flat();
    return ranking.map(({ record, start }) => rowOfChunk(record.document, start));
  });

function withoutTerms(head: SegmentHead): SegmentHead {
  const lists = head.lists.map((list) => ({
    ...list,
    factors: new Float32Array(list.count).fill(1),
    offsets: new Float32Array(list.count),
  }));
  return { ...head, lists };
}

async function withSite<T>(work: (site: Site) => Promise<T>): Promise<T> {
  const site = await openSite({ store: undefined, installation: 'bench' });
  try {
    return await work(site);
  } finally {
    await site.close();
  }
}

function rowOf(
  { name }: LoadedWorkload,
  step: string,
  runs: LadderRow['runs'],
  outcomes: readonly QueryOutcome[],
): LadderRow {
  const { readUnits, roundTrips, bytesRead, computeMs } = figuresOf(outcomes);
  return {
    workload: name,
    step,
    runs,
    queries: outcomes.length,
    'recall@10': meanOf(outcomes, 'recall'),
    'units mean': readUnits.mean,
    'units p95': readUnits.p95,
    'round trips': roundTrips.p95,
    'bytes p50': bytesRead.p50,
    lists: meanOf(outcomes, 'lists'),
    records: meanOf(outcomes, 'records'),
    'compute ms p50': computeMs.p50,
  };
}
