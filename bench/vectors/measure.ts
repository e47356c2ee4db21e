/** One workload of vectors on the local platform: built, stored, asked cold and asked warm. */

import { openSite, type Site } from '../../cli/local-site';
import { createCodeCaches } from '../../src/index/code-cache';
import { DEFAULT_KNOBS } from '../../src/retrieval/knobs';
import type { LoadedWorkload } from '../workloads/load';
import { writeLibrary } from './library';
import { productSearch, type QueryOutcome, runQueries } from './queries';
import { figuresOf, meanOf, rounded, type VectorsReport } from './report';

/** The installation, in memory: no store is left behind. */
const INSTALLATION = 'bench';
/** Room for the codes of the largest workload, longer than any run takes. */
const CACHE = { bytesMax: 2 ** 28, ageMsMax: 24 * 3_600_000 };
const BYTES_PER_MB = 2 ** 20;

/** What the interface has no key for. */
export interface VectorsDetails {
  /** Posting lists and records that a cold query reads, on average. */
  listsMean: number;
  recordsMean: number;
  /** Bytes of the catalogue with its key. */
  catalogueBytes: number;
}

export interface VectorsMeasurement {
  report: VectorsReport;
  details: VectorsDetails;
}

export interface MeasureOptions {
  onPhase?: (phase: string) => void;
}

/** Cold is a new reader for each query, with nothing decoded kept; warm keeps codes. */
export async function measureVectors(
  workload: LoadedWorkload,
  { onPhase = () => undefined }: MeasureOptions = {},
): Promise<VectorsMeasurement> {
  const { n, dims, base } = workload;
  const site = await openSite({ store: undefined, installation: INSTALLATION });
  try {
    onPhase('building and storing');
    const { buildMs, writeUnits } = await writeLibrary(site, base);
    onPhase('asking cold');
    const cold = await runQueries(site, workload, productSearch());
    onPhase('asking warm');
    const warm = await askWarm(site, workload);
    const { keys: values, bytes } = await site.stats();
    return {
      report: {
        n,
        dims,
        'recall@10': meanOf(cold, 'recall'),
        cold: figuresOf(cold),
        warm: figuresOf(warm),
        store: { values, bytes, writeUnits },
        buildMs: rounded(buildMs),
        peakRssMb: Math.round((process.resourceUsage().maxRSS * 1024) / BYTES_PER_MB),
      },
      details: {
        listsMean: meanOf(cold, 'lists'),
        recordsMean: meanOf(cold, 'records'),
        catalogueBytes: await catalogueBytes(site),
      },
    };
  } finally {
    await site.close();
  }
}

/** The same queries twice with a cache; the first time fills it. */
async function askWarm(site: Site, workload: LoadedWorkload): Promise<QueryOutcome[]> {
  const caches = createCodeCaches({ ...CACHE, now: () => performance.now() });
  const search = productSearch(DEFAULT_KNOBS, caches.of(INSTALLATION));
  await runQueries(site, workload, search);
  return runQueries(site, workload, search);
}

async function catalogueBytes(site: Site): Promise<number> {
  const { reading } = await site.run('catalogue', ({ entities }) =>
    entities.get('catalogue', 'catalogue'),
  );
  return reading.bytesRead;
}
