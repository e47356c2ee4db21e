/**
 * What each knob costs and gives: one knob at a time, all others at their defaults, recall@10
 * against exact float32 and read units of a cold query (computed from the sizes of what is read,
 * with one unit for the catalogue). The sets are those that differ most in how hard they are.
 * Takes some ten minutes on two cores.
 * Run: npm run bench -- tuning  (GROUNDWORK_DATA=<folder of the judged sets> adds the text vectors)
 */

import { DEFAULT_SEAL_KNOBS, type SealKnobs } from '../src/index/seal-knobs';
import { DEFAULT_KNOBS, type SearchKnobs } from '../src/retrieval/knobs';
import { saveResult } from './report';
import { buildLibrary, type TunedLibrary } from './tuning/library';
import { type LoadedWorkload, loadWorkload, whyAbsent } from './workloads/load';
import { readWorkload } from './workloads/workload';

const SETS = ['hier-1k-1536', 'topic-1k-1536', 'hier-10k-1536', 'topic-10k-1536', 'lsa-20000x512'];

const SEARCH_SWEEPS: { [Knob in keyof SearchKnobs]: readonly number[] } = {
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
  const standard = await buildLibrary(workload, DEFAULT_SEAL_KNOBS);
  for (const knob of Object.keys(SEARCH_SWEEPS) as (keyof SearchKnobs)[]) {
    for (const value of SEARCH_SWEEPS[knob]) {
      const isDefault = value === DEFAULT_KNOBS[knob];
      const knobs = { ...DEFAULT_KNOBS, [knob]: value };
      await report(workload.name, { knob, value, isDefault }, standard, knobs);
    }
  }
  for (const knob of Object.keys(SEAL_SWEEPS) as (keyof SealKnobs)[]) {
    for (const value of SEAL_SWEEPS[knob]) {
      const isDefault = value === DEFAULT_SEAL_KNOBS[knob];
      const library = isDefault
        ? standard
        : await buildLibrary(workload, { ...DEFAULT_SEAL_KNOBS, [knob]: value });
      await report(workload.name, { knob, value, isDefault }, library, DEFAULT_KNOBS);
    }
  }
}

async function report(
  set: string,
  setting: { knob: string; value: number; isDefault: boolean },
  library: TunedLibrary,
  knobs: SearchKnobs,
): Promise<void> {
  const { recall, units, bytes } = await library.ask(knobs);
  const row = {
    set,
    ...setting,
    'recall@10': Number(recall.toFixed(4)),
    unitsMean: Number(units.mean.toFixed(1)),
    unitsP95: units.p95,
    bytes,
    lists: library.lists,
    spread: library.spread,
  };
  rows.push(row);
  console.log(JSON.stringify(row));
}
