/** From a workload, or files, to vectors, queries and the exact answer. */

import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { GroundworkError } from '../../src/errors';
import { exactNeighbours } from './exact-neighbours';
import { readTruth, vectorFile } from './files';
import { generateSynthetic, syntheticBase, syntheticQueries } from './synthetic';
import { sourceOf, type VectorSource, wholeOf } from './vector-source';
import type { FilesWorkload, PackageWorkload, SyntheticWorkload, Workload } from './workload';

/** Bases up to this size are held in memory: 100,000 vectors of 1536 dimensions, not 200,000. */
const HOLD_BYTES_MAX = 2 ** 30;

export interface LoadedWorkload {
  name: string;
  n: number;
  dims: number;
  /** Blocks of rows in order: views of memory where the base is held, else made anew each time. */
  base: VectorSource;
  /** Float32 rows, row-major. */
  queries: Float32Array;
  /** For each query its 100 nearest rows, best first; -1 where the base has fewer. */
  truth: Int32Array;
}

export interface LoadOptions {
  /** Folder that holds the files of `files` workloads. */
  data?: string | undefined;
  /** Greatest base to hold in memory, in bytes; larger ones are streamed. */
  holdBytesMax?: number;
}

/** Vectors in files that no workload describes, as the command line names them. */
export interface VectorFiles {
  base: string;
  queries: string;
  /** Computed where it is left out. */
  truth?: string | undefined;
  dims: number;
}

/** Why a workload cannot be loaded here; undefined when it can. */
export function whyAbsent(workload: Workload, data = dataFolder()): string | undefined {
  if (!('files' in workload) || data !== undefined) return undefined;
  return `${workload.name} was skipped: GROUNDWORK_DATA names no folder that has its vectors`;
}

export async function loadWorkload(
  workload: Workload,
  options: LoadOptions = {},
): Promise<LoadedWorkload> {
  if ('kind' in workload) return loadSynthetic(workload, options);
  if ('package' in workload) return loadPackage(workload);
  return loadData(workload, options);
}

async function loadSynthetic(
  workload: SyntheticWorkload,
  { holdBytesMax = HOLD_BYTES_MAX }: LoadOptions,
): Promise<LoadedWorkload> {
  const { name, n, dims } = workload;
  if (n * dims * Float32Array.BYTES_PER_ELEMENT > holdBytesMax) {
    const base = syntheticBase(workload);
    const queries = syntheticQueries(workload);
    return { name, n, dims, base, queries, truth: await exactNeighbours(base, queries, dims) };
  }
  const { base, queries } = generateSynthetic(workload);
  const truth = await exactNeighbours(base, queries, dims);
  return { name, n, dims, base: sourceOf(base, dims), queries, truth };
}

async function loadData(workload: FilesWorkload, options: LoadOptions): Promise<LoadedWorkload> {
  const { data = dataFolder(), holdBytesMax } = options;
  const absent = whyAbsent(workload, data);
  if (data === undefined || absent !== undefined) {
    throw new GroundworkError({
      code: 'workload_absent',
      message: `${absent ?? workload.name}; set it to the folder of the judged sets.`,
      facts: { name: workload.name },
    });
  }
  const { base, queries, truth } = workload.files;
  const loaded = await loadFiles(
    {
      base: join(data, base),
      queries: join(data, queries),
      truth: join(data, truth),
      dims: workload.dims,
    },
    { ...(holdBytesMax !== undefined && { holdBytesMax }) },
  );
  checkSize(workload, loaded);
  return { ...loaded, name: workload.name };
}

/** Vectors in .f16 or .f32 files. */
export async function loadFiles(
  files: VectorFiles,
  { holdBytesMax = HOLD_BYTES_MAX }: LoadOptions = {},
): Promise<LoadedWorkload> {
  const { dims } = files;
  const file = vectorFile(files.base, dims);
  const queries = wholeOf(vectorFile(files.queries, dims));
  const { n } = file;
  const given =
    files.truth === undefined ? undefined : readTruth(files.truth, queries.length / dims, n);
  const isHeld = n * dims * Float32Array.BYTES_PER_ELEMENT <= holdBytesMax;
  const base = isHeld ? sourceOf(wholeOf(file), dims) : file;
  const truth = given ?? (await exactNeighbours(base, queries, dims));
  return { name: basename(files.base), n, dims, base, queries, truth };
}

/** Vectors that a package ships, every so-manieth of which is held out as a query. */
async function loadPackage(workload: PackageWorkload): Promise<LoadedWorkload> {
  const { name, dims } = workload;
  const { name: packageName, vectors, heldOutEvery } = workload.package;
  const main = createRequire(import.meta.url).resolve(packageName);
  const all = wholeOf(vectorFile(join(dirname(main), vectors), dims, '.f32'));
  const count = all.length / dims;
  const queryCount = Math.floor(count / heldOutEvery);
  const base = new Float32Array((count - queryCount) * dims);
  const queries = new Float32Array(queryCount * dims);
  for (let row = 0; row < count; row += 1) {
    const before = Math.floor(row / heldOutEvery);
    const vector = all.subarray(row * dims, (row + 1) * dims);
    if (row % heldOutEvery === heldOutEvery - 1) queries.set(vector, before * dims);
    else base.set(vector, (row - before) * dims);
  }
  const truth = await exactNeighbours(base, queries, dims);
  const loaded = { name, n: count - queryCount, dims, base: sourceOf(base, dims), queries, truth };
  checkSize(workload, loaded);
  return loaded;
}

/** Data that changed under its description would make results of two dates incomparable. */
function checkSize(workload: Workload, { n, dims, queries }: LoadedWorkload): void {
  const queryCount = queries.length / dims;
  if (n === workload.n && queryCount === workload.queries) return;
  throw new GroundworkError({
    code: 'workload_size',
    message: `Workload ${workload.name}: expected ${workload.n} vectors and ${workload.queries} queries, found ${n} and ${queryCount}; check the data or its description.`,
    facts: { name: workload.name, n, queries: queryCount },
  });
}

function dataFolder(): string | undefined {
  return process.env['GROUNDWORK_DATA'];
}
