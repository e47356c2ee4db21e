/** The figures of `bench vectors`; the keys are an interface. */

import { mean, percentile } from '../../src/evaluation/scores';
import type { QueryOutcome } from './queries';

/** Milliseconds of a round trip to Forge's storage, and what it then carries in one. */
export const ROUND_TRIP_MS = 25;
export const BYTES_PER_MS = 60_000;

export interface QueryFigures {
  readUnits: { mean: number; p50: number; p95: number };
  roundTrips: { p50: number; p95: number };
  bytesRead: { p50: number };
  computeMs: { p50: number; p95: number };
  /** Compute, and what the platform takes by the model of `ROUND_TRIP_MS` and `BYTES_PER_MS`. */
  modelMs: { p50: number };
}

export interface VectorsReport {
  n: number;
  dims: number;
  'recall@10': number;
  cold: QueryFigures;
  warm: QueryFigures;
  /** What the installation holds, and what writing it took. */
  store: { values: number; bytes: number; writeUnits: number };
  buildMs: number;
  peakRssMb: number;
}

export function figuresOf(outcomes: readonly QueryOutcome[]): QueryFigures {
  const all = (value: (outcome: QueryOutcome) => number) => {
    const values = outcomes.map(value);
    return { p50: rounded(percentile(values, 0.5)), p95: rounded(percentile(values, 0.95)) };
  };
  const readUnits = all((outcome) => outcome.readUnits);
  return {
    readUnits: { mean: meanOf(outcomes, 'readUnits'), ...readUnits },
    roundTrips: all((outcome) => outcome.roundTrips),
    bytesRead: { p50: all((outcome) => outcome.bytesRead).p50 },
    computeMs: all((outcome) => outcome.computeMs),
    modelMs: { p50: all(modelMsOf).p50 },
  };
}

export function meanOf(outcomes: readonly QueryOutcome[], field: keyof QueryOutcome): number {
  return rounded(mean(outcomes.map((outcome) => outcome[field])));
}

export function modelMsOf(
  cost: Pick<QueryOutcome, 'computeMs' | 'roundTrips' | 'bytesRead'>,
): number {
  return cost.computeMs + ROUND_TRIP_MS * cost.roundTrips + cost.bytesRead / BYTES_PER_MS;
}

/** The report as lines for people. */
export function reportLines(report: VectorsReport): string[] {
  const { n, dims, cold, warm, store } = report;
  const figures = (name: string, { readUnits, roundTrips, ...rest }: QueryFigures) => [
    name,
    readUnits.mean,
    readUnits.p50,
    readUnits.p95,
    roundTrips.p50,
    roundTrips.p95,
    rest.bytesRead.p50,
    rest.computeMs.p50,
    rest.computeMs.p95,
    rest.modelMs.p50,
  ];
  return [
    `${grouped(n)} vectors of ${grouped(dims)} dimensions, recall@10 ${report['recall@10']}`,
    '',
    ...aligned([
      ['', 'units', '', '', 'round trips', '', 'bytes', 'compute ms', '', 'model ms'],
      ['', 'mean', 'p50', 'p95', 'p50', 'p95', 'p50', 'p50', 'p95', 'p50'],
      figures('cold', cold),
      figures('warm', warm),
    ]),
    '',
    `stored: ${grouped(store.values)} values, ${grouped(store.bytes)} bytes, ${grouped(store.writeUnits)} write units`,
    `built in ${grouped(report.buildMs)} ms, peak RSS ${grouped(report.peakRssMb)} MB`,
  ];
}

/** Four decimals: more would claim a precision that two hundred queries do not have. */
export function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

/** Columns as wide as their widest cell; numbers to the right, the first column to the left. */
function aligned(rows: readonly (readonly (string | number)[])[]): string[] {
  const cells = rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' ? grouped(cell) : cell)),
  );
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  return cells.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}
