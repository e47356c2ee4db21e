/** The dated files in bench/results, as saveResult writes them. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface BenchResult {
  name: string;
  date: string;
  commit: string;
  uncommittedChanges: boolean;
  machine: string;
  node: string;
  rows: readonly ResultRow[];
}

/** Flat, or with figures one level below as `bench vectors` prints them. */
export type ResultRow = Readonly<Record<string, unknown>>;

/** The newest result of each name. Files that hold something else are left out. */
export function newestResults(folder: string): Map<string, BenchResult> {
  const newest = new Map<string, BenchResult>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const result: unknown = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    if (!isResult(result)) continue;
    const { date } = newest.get(result.name) ?? { date: '' };
    if (result.date > date) newest.set(result.name, result);
  }
  return newest;
}

function isResult(value: unknown): value is BenchResult {
  if (typeof value !== 'object' || value === null) return false;
  const { name, date, rows } = value as Partial<BenchResult>;
  return typeof name === 'string' && typeof date === 'string' && Array.isArray(rows);
}

/** The value at a path such as `cold.readUnits.mean`; undefined where there is none. */
export function valueAt(row: ResultRow, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null ? (value as ResultRow)[key] : undefined,
      row,
    );
}

/** The number at a path; undefined where there is none. */
export function numberAt(row: ResultRow, path: string): number | undefined {
  const value = valueAt(row, path);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
