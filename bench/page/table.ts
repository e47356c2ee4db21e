/** Tables of markdown. */

import { numberAt, type ResultRow, valueAt } from './results';

/** Title and path of one column. */
export type Column = readonly [title: string, path: string];

/** A table whose columns are right-aligned where they hold nothing but numbers. */
export function table(columns: readonly Column[], rows: readonly ResultRow[]): string {
  const rules = columns.map(([, path]) => (isNumeric(rows, path) ? '--:' : '---'));
  return [
    line(columns.map(([title]) => title)),
    line(rules),
    ...rows.map((row) => line(columns.map(([, path]) => cell(valueAt(row, path))))),
  ].join('\n');
}

/** Every key of the rows as a column of its own name, those of nested figures joined by a space. */
export function allColumns(rows: readonly ResultRow[]): Column[] {
  const paths = new Set(rows.flatMap((row) => pathsOf(row)));
  return [...paths].map((path) => [path.replaceAll('.', ' '), path]);
}

function pathsOf(row: ResultRow, prefix = ''): string[] {
  return Object.entries(row).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? pathsOf(value as ResultRow, `${prefix}${key}.`)
      : [`${prefix}${key}`],
  );
}

function isNumeric(rows: readonly ResultRow[], path: string): boolean {
  const given = rows.filter((row) => valueAt(row, path) !== undefined);
  return given.length > 0 && given.every((row) => numberAt(row, path) !== undefined);
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** A dash where nothing was measured; four significant digits below a thousand. */
function cell(value: unknown): string {
  if (value === undefined || value === null || value === '') return '–';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value !== 'number') return String(value).replaceAll('|', '\\|').replaceAll('\n', ' ');
  const isLarge = Math.abs(value) >= 1000;
  return (isLarge ? Math.round(value) : Number(value.toPrecision(4))).toLocaleString('en-US', {
    maximumSignificantDigits: 15,
  });
}
