/**
 * What each knob costs and gives: one knob at a time, all others at their defaults, recall@10
 * against exact float32 and read units of a cold query, on the local platform. The sets are those
 * that differ most in how hard they are. Takes some ten minutes on two cores.
 * Run: npm run bench -- tuning  (GROUNDWORK_DATA=<folder of the judged sets> adds the text vectors)
 */

import { openSite, type Site } from '../cli/local-site';
import { loadCatalogue } from '../src/index/catalogue';
import { DEFAULT_SEAL_KNOBS, type SealKnobs } from '../src/index/seal-knobs';
import { DEFAULT_KNOBS, type VectorKnobs } from '../src/retrieval/knobs';
import { saveResult } from './report';
import { writeLibrary } from './vectors/library';
import { productSearch, runQueries } from './vectors/queries';
import { figuresOf, meanOf } from './vectors/report';
import { type LoadedWorkload, loadWorkload, whyAbsent } from './workloads/load';
import { readWorkload } from './workloads/workload';

const SETS = ['hier-1k-1536', 'topic-1k-1536', 'hier-10k-1536', 'topic-10k-1536', 'lsa-20000x512'];

const SEARCH_SWEEPS: { [Knob in keyof VectorKnobs]: readonly number[] } = {
  coverage: [0.9, 0.95, 0.97, 0.985, 0.993, 0.997],
  errorDeviations: [1, 1.5, 2, 2.5, 3, 4],
  candidatesMax: [10, 20, 40, 150, 1_000],
};

const SEAL_SWEEPS: { [Knob in keyof SealKnobs]: readonly number[] } = {
  flatRowsMax: [128, 1_024],
  listsPerCubeRoot: [9, 13, 18, 25],
  rowsPerListMin: [6, 12, 24],
  samplePerList: [8, 16, 24, 40],
  tableBitsMax: [128, 256, 512, 1_536],
};

const rows: object[] = [];
for (const name of SETS) {
  const workload = readWorkload(name);
  const absent = whyAbsent(workload);
  if (absent === undefined) await sweep(await loadWorkload(workload));
  else console.log(`skipped: ${absent}`);
}
saveResult('tuning', rows);

async function sweep(workload: LoadedWorkload): Promise<void> {
  await withLibrary(workload, DEFAULT_SEAL_KNOBS, async (site) => {
    for (const knob of Object.keys(SEARCH_SWEEPS) as (keyof VectorKnobs)[]) {
      for (const value of SEARCH_SWEEPS[knob]) {
        const setting = { knob, value, isDefault: value === DEFAULT_KNOBS[knob] };
        await report(site, workload, setting, { ...DEFAULT_KNOBS, [knob]: value });
      }
    }
  });
  for (const knob of Object.keys(SEAL_SWEEPS) as (keyof SealKnobs)[]) {
    for (const value of SEAL_SWEEPS[knob]) {
      const setting = { knob, value, isDefault: value === DEFAULT_SEAL_KNOBS[knob] };
      const knobs = { ...DEFAULT_SEAL_KNOBS, [knob]: value };
      await withLibrary(workload, knobs, (site) => report(site, workload, setting, DEFAULT_KNOBS));
    }
  }
}

async function withLibrary(
  workload: LoadedWorkload,
  knobs: SealKnobs,
  work: (site: Site) => Promise<void>,
): Promise<void> {
  const site = await openSite({ store: undefined, installation: 'bench' });
  try {
    await writeLibrary(site, workload.base, knobs);
    await work(site);
  } finally {
    await site.close();
  }
}

async function report(
  site: Site,
  workload: LoadedWorkload,
  setting: { knob: string; value: number; isDefault: boolean },
  knobs: VectorKnobs,
): Promise<void> {
  const outcomes = await runQueries(site, workload, productSearch(knobs));
  const { readUnits, roundTrips, bytesRead, computeMs } = figuresOf(outcomes);
  const { result } = await site.run('stats', (platform) => loadCatalogue(platform.entities));
  const segment = result.libraries[0]?.segments[0];
  const row = {
    set: workload.name,
    ...setting,
    'recall@10': meanOf(outcomes, 'recall'),
    unitsMean: Number(readUnits.mean.toFixed(1)),
    unitsP95: readUnits.p95,
    roundTrips: roundTrips.p95,
    bytesP50: bytesRead.p50,
    computeMsP50: computeMs.p50,
    lists: segment?.listCount,
    spread: segment?.spread,
  };
  rows.push(row);
  console.log(JSON.stringify(row));
}
