/** Size by size what Forge's limits leave: measured where there is a result, else computed. */

import { KVS_READ_UNITS_PER_MINUTE, KVS_WRITE_UNITS_PER_MINUTE } from '../../src/platform/limits';
import type { BenchResult } from '../page/results';
import type { VectorsDetails } from '../vectors/measure';
import { modelMsOf, type VectorsReport } from '../vectors/report';
import { coldQueryOf, type LibrarySize, storedOf } from './layout';

const SIZES = [1_000, 10_000, 50_000, 100_000, 200_000];
const DIMENSIONS = [384, 768, 1536, 3072];
const CELL = /^vectors-hier-/;
/** Cells of the same size come before those of the same dimensions. */
const SIZE_WEIGHT = 4;

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

/** `cells` must not be empty: the lists and records that a query reads come from the nearest. */
export function limitsRows(cells: readonly MeasuredCell[]): LimitsRow[] {
  return SIZES.flatMap((n) => DIMENSIONS.map((dims) => rowOf({ n, dims }, cells)));
}

function rowOf(size: LibrarySize, cells: readonly MeasuredCell[]): LimitsRow {
  const nearest = [...cells].sort((a, b) => distance(a, size) - distance(b, size))[0];
  if (nearest === undefined) throw new RangeError('limitsRows: expected a measured cell at least');
  return distance(nearest, size) === 0 ? measuredRow(nearest) : computedRow(size, nearest);
}

function measuredRow({ n, dims, cold, store }: MeasuredCell): LimitsRow {
  const units = cold.readUnits.mean;
  const stored = { values: store.values, bytes: store.bytes, writeUnits: store.writeUnits };
  const query = { units, roundTrips: cold.roundTrips.p95, modelMs: cold.modelMs.p50 };
  return lineOf({ n, dims }, 'measured', stored, query);
}

/** Exported for its comparison with what is measured. */
export function computedRow(size: LibrarySize, nearest: MeasuredCell): LimitsRow {
  const read = { lists: nearest.listsMean, records: nearest.recordsMean };
  const { units, roundTrips, bytes } = coldQueryOf(size, read);
  const computeMs = nearest.cold.computeMs.p50;
  const modelMs = modelMsOf({ computeMs, roundTrips, bytesRead: bytes });
  return lineOf(size, 'computed', storedOf(size), { units, roundTrips, modelMs });
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

function distance(cell: LibrarySize, size: LibrarySize): number {
  const bySize = Math.abs(Math.log(cell.n / size.n));
  return SIZE_WEIGHT * bySize + Math.abs(Math.log(cell.dims / size.dims));
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
