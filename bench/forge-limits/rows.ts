/** Size by size what Forge's limits leave: measured where there is a result, else computed. */

import { listsFor } from '../../src/index/build-segment';
import { KVS_READ_UNITS_PER_MINUTE, KVS_WRITE_UNITS_PER_MINUTE } from '../../src/platform/limits';
import type { BenchResult } from '../page/results';
import type { VectorsDetails } from '../vectors/measure';
import { modelMsOf, type VectorsReport } from '../vectors/report';
import { coldQueryOf, type LibrarySize, storedOf } from './layout';

const CHUNKS = [1_000, 10_000, 50_000, 100_000, 200_000];
const DIMENSIONS = [384, 768, 1536, 3072];
/** All sizes of the table. */
export const SIZES: readonly LibrarySize[] = CHUNKS.flatMap((n) =>
  DIMENSIONS.map((dims) => ({ n, dims })),
);
const CELL = /^vectors-hier-/;
/** Of two distances, the one that is asked for first decides; the other breaks ties. */
const FIRST_WEIGHT = 1_000;

export type MeasuredCell = VectorsReport & VectorsDetails;

export interface LimitsRow {
  n: number;
  dims: number;
  by: 'measured' | 'computed';
  values: number;
  bytes: number;
  'write units': number;
  'minutes of write quota': number;
  'cold units, mean': number;
  'queries a minute': number;
  'round trips': number;
  'model ms': number;
}

/** The measured cells of handbook-like vectors. */
export function measuredCells(results: ReadonlyMap<string, BenchResult>): MeasuredCell[] {
  return [...results.values()]
    .filter(({ name }) => CELL.test(name))
    .flatMap(({ rows }) => rows as unknown as MeasuredCell[]);
}

/** Name of the result of a size, which is that of its workload where it has one. */
export function cellName({ n, dims }: LibrarySize): string {
  return `vectors-hier-${n / 1000}k-${dims}`;
}

/** `cells` must not be empty: the lists and records that a query reads come from the nearest. */
export function limitsRows(cells: readonly MeasuredCell[]): LimitsRow[] {
  return SIZES.map((size) => rowOf(size, cells));
}

function rowOf(size: LibrarySize, cells: readonly MeasuredCell[]): LimitsRow {
  const measured = cells.find(({ n, dims }) => n === size.n && dims === size.dims);
  return measured === undefined ? computedRow(size, cells) : measuredRow(measured);
}

function measuredRow({ n, dims, cold, store }: MeasuredCell): LimitsRow {
  const units = cold.readUnits.mean;
  const stored = { values: store.values, bytes: store.bytes, writeUnits: store.writeUnits };
  const query = { units, roundTrips: cold.roundTrips.p95, modelMs: cold.modelMs.p50 };
  return lineOf({ n, dims }, 'measured', stored, query);
}

/** From the layout of the values, and what queries of the nearest cells read. */
export function computedRow(size: LibrarySize, cells: readonly MeasuredCell[]): LimitsRow {
  const { nearest, lists, records } = readOnAverage(size, cells);
  const { units: evenUnits, roundTrips, bytes } = coldQueryOf(size, { lists, records });
  const own = { lists: nearest.listsMean, records: nearest.recordsMean };
  // Lists are not of equal length, and the longer ones are read more often.
  const units = evenUnits * (nearest.cold.readUnits.mean / coldQueryOf(nearest, own).units);
  const computeMs = nearest.cold.computeMs.p50;
  const modelMs = modelMsOf({ computeMs, roundTrips, bytesRead: bytes });
  return lineOf(size, 'computed', storedOf(size), { units, roundTrips, modelMs });
}

/**
 * What a query reads at the nearest size, times what the dimensions change where they were
 * measured: shorter codes tell less, so more records are read.
 */
function readOnAverage(
  { n, dims }: LibrarySize,
  cells: readonly MeasuredCell[],
): { nearest: MeasuredCell; lists: number; records: number } {
  const nearestBy = (distance: (cell: MeasuredCell) => number) =>
    cells.reduce((best, cell) => (distance(cell) < distance(best) ? cell : best));
  const bySize = nearestBy((cell) => FIRST_WEIGHT * apart(cell.n, n) + apart(cell.dims, dims));
  const byDimensions = nearestBy(
    (cell) => apart(cell.n, n) + FIRST_WEIGHT * apart(cell.dims, dims),
  );
  const reference = cells.find((cell) => cell.n === byDimensions.n && cell.dims === bySize.dims);
  const change = (field: 'listsMean' | 'recordsMean') =>
    reference === undefined ? 1 : byDimensions[field] / reference[field];
  return {
    nearest: bySize,
    lists: Math.min(listsFor(n), bySize.listsMean * change('listsMean')),
    records: Math.min(n, bySize.recordsMean * change('recordsMean')),
  };
}

/** How many times one is the other, as a distance. */
function apart(a: number, b: number): number {
  return Math.abs(Math.log(a / b));
}

function lineOf(
  { n, dims }: LibrarySize,
  by: LimitsRow['by'],
  stored: { values: number; bytes: number; writeUnits: number },
  query: { units: number; roundTrips: number; modelMs: number },
): LimitsRow {
  return {
    n,
    dims,
    by,
    values: stored.values,
    bytes: stored.bytes,
    'write units': stored.writeUnits,
    'minutes of write quota': tenths(stored.writeUnits / KVS_WRITE_UNITS_PER_MINUTE),
    'cold units, mean': tenths(query.units),
    'queries a minute': Math.floor(KVS_READ_UNITS_PER_MINUTE / query.units),
    'round trips': query.roundTrips,
    'model ms': tenths(query.modelMs),
  };
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
