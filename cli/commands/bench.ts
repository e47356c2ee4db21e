/** `groundwork bench vectors`: recall, read units and time of the index on vectors alone. */

import { measureVectors } from '../../bench/vectors/measure';
import { reportLines } from '../../bench/vectors/report';
import { type LoadedWorkload, loadFiles, loadWorkload } from '../../bench/workloads/load';
import type { SyntheticKind } from '../../bench/workloads/synthetic';
import { syntheticWorkload } from '../../bench/workloads/workload';
import { GroundworkError } from '../../src/errors';
import type { CommonOptions } from '../options';
import { print } from '../output';
import { fromCaller } from '../paths';

export interface BenchVectorsOptions extends CommonOptions {
  base?: string;
  queries?: string;
  truth?: string;
  synthetic?: SyntheticKind;
  n?: number;
  dims?: number;
  seed: number;
}

const DIMENSIONS_MIN = 64;
const DIMENSIONS_MAX = 4_096;
/** Above it the base would not fit memory as int8. */
const ROWS_MAX = 1_000_000;
const SYNTHETIC_QUERIES = 200;

export async function benchVectorsCommand(options: BenchVectorsOptions): Promise<void> {
  const onPhase = (phase: string) => console.error(`  ${phase}`);
  onPhase('preparing vectors');
  const { report } = await measureVectors(await loadGiven(options), { onPhase });
  print(options.json, report, reportLines(report));
}

function loadGiven(options: BenchVectorsOptions): Promise<LoadedWorkload> {
  return options.synthetic === undefined ? loadNamedFiles(options) : loadMadeUp(options);
}

function loadNamedFiles({ base, queries, truth, dims }: BenchVectorsOptions) {
  if (base === undefined || queries === undefined || truth === undefined || dims === undefined) {
    throw incomplete();
  }
  checkDimensions(dims);
  const [basePath, queriesPath, truthPath] = [base, queries, truth].map(fromCaller);
  return loadFiles({
    base: basePath as string,
    queries: queriesPath as string,
    truth: truthPath as string,
    dims,
  });
}

function loadMadeUp({ synthetic: kind, n, dims, seed }: BenchVectorsOptions) {
  if (kind === undefined || n === undefined || dims === undefined) throw incomplete();
  checkDimensions(dims);
  const size = dims % 3 === 0 ? dims / 3 : dims;
  if (!Number.isInteger(Math.log2(size))) {
    throw new GroundworkError({
      code: 'workload_dims',
      message: `--dims ${dims}: synthetic vectors have 2^k or 3 * 2^k dimensions; choose such a number, for example 768 or 1536`,
      facts: { dims },
    });
  }
  if (n > ROWS_MAX) {
    throw new GroundworkError({
      code: 'workload_size',
      message: `--n ${n}: at most ${ROWS_MAX} vectors are made; choose fewer`,
      facts: { n, nMax: ROWS_MAX },
    });
  }
  return loadWorkload(syntheticWorkload({ kind, n, dims, queries: SYNTHETIC_QUERIES, seed }));
}

function checkDimensions(dims: number): void {
  if (dims >= DIMENSIONS_MIN && dims <= DIMENSIONS_MAX) return;
  throw new GroundworkError({
    code: 'dimensions_out_of_range',
    message: `--dims ${dims}: the index takes ${DIMENSIONS_MIN} to ${DIMENSIONS_MAX} dimensions; choose such a number`,
    facts: { dims, dimensionsMin: DIMENSIONS_MIN, dimensionsMax: DIMENSIONS_MAX },
  });
}

function incomplete(): GroundworkError {
  return new GroundworkError({
    code: 'vectors_unnamed',
    message:
      'bench vectors: expected --base, --dims, --queries and --truth, or --synthetic, --n and --dims; give all of one of them',
  });
}
