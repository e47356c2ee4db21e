/**
 * The tables of docs/format.md: found by their headings, and read as instructions, so that a test
 * can decode stored bytes by the document alone.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './project-files';

export interface Row {
  /** `0–1`, `24–` or `then` of bytes; a path of JSON. */
  place: string;
  field: string;
  type: string;
}

export interface Table {
  /** The section's heading, as it stands there. */
  heading: string;
  rows: Row[];
}

/** A number of bytes of a fixed type, or the rows of another table. */
const SCALAR_BYTES: Readonly<Record<string, number>> = { u8: 1, u16: 2, u24: 3, u32: 4, f32: 4 };

export function formatDoc(): string {
  return readFileSync(join(ROOT, 'docs', 'format.md'), 'utf8');
}

export function readFormatDoc(): Table[] {
  const tables: Table[] = [];
  let heading = '';
  let table: Table | undefined;
  for (const line of formatDoc().split('\n')) {
    if (line.startsWith('#')) heading = line.replace(/^#+ /, '');
    const cells = line.startsWith('|') ? line.split('|').slice(1, -1) : [];
    const [place = '', field = '', type = ''] = cells.map((cell) => cell.trim());
    if (cells.length !== 4) table = undefined;
    else if (field === 'field') {
      table = { heading, rows: [] };
      tables.push(table);
    } else if (!/^-+$/.test(place)) {
      table?.rows.push({ place: place.replace(/^`|`$/g, ''), field, type });
    }
  }
  return tables;
}

/** The one table of a kind of stored value, or of another section by its heading. */
export function tableOf(tables: readonly Table[], heading: string): Table {
  const found = tables.filter((table) => table.heading === heading);
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new Error(`docs/format.md: ${found.length} tables under "${heading}", expected 1`);
  }
  return only;
}

/**
 * The fixed fields of a table as an object of offsets with the length of them all as `bytes`, which
 * is the form of the headers that the code exports.
 */
export function headerOf(table: Table): Record<string, number> {
  const header: Record<string, number> = {};
  let end = 0;
  for (const { place, field, type } of table.rows) {
    const range = /^(\d+)–(\d+)$/.exec(place);
    if (range === null) break;
    const [, first, last] = range.map(Number) as [number, number, number];
    if (first !== end || last - first + 1 !== fixedBytes(type)) {
      throw new Error(`docs/format.md: ${field} at ${place} is no ${type} after byte ${end}`);
    }
    header[field] = first;
    end = last + 1;
  }
  const next = table.rows[Object.keys(header).length];
  if (next !== undefined && next.place !== `${end}–`) {
    throw new Error(`docs/format.md: ${next.field} at ${next.place}, expected ${end}–`);
  }
  return { ...header, bytes: end };
}

export type Decoded = number | number[] | Record<string, unknown>[];

/** Reads bytes field after field as the table says; `rest` is what it leaves. */
export function decodeByTable(
  tables: readonly Table[],
  table: Table,
  bytes: Buffer,
): { fields: Record<string, Decoded>; rest: Buffer } {
  const fields: Record<string, Decoded> = {};
  let rest = bytes;
  for (const { place, field, type } of table.rows) {
    const at = bytes.length - rest.length;
    if (/^\d/.test(place) && Number.parseInt(place, 10) !== at) {
      throw new Error(`docs/format.md: ${field} begins at byte ${at}, not at ${place}`);
    }
    const [scalar = '', ...factors] = type.split(' × ');
    const count = factors.reduce((product, factor) => product * factorOf(factor, fields), 1);
    const values: unknown[] = [];
    for (let i = 0; i < count; i += 1) {
      const width = SCALAR_BYTES[scalar];
      if (width === undefined) {
        const inner = decodeByTable(tables, tableOf(tables, headingOf(scalar)), rest);
        values.push(inner.fields);
        rest = inner.rest;
      } else {
        values.push(scalar === 'f32' ? rest.readFloatLE(0) : rest.readUIntLE(0, width));
        rest = rest.subarray(width);
      }
    }
    fields[field] = (factors.length === 0 ? values[0] : values) as Decoded;
  }
  return { fields, rest };
}

/** The values at a path such as `documents[][1]`, `[6]` or `a.b`; `[]` stands for every entry. */
export function valuesAt(json: unknown, path: string): unknown[] {
  const steps = [...path.matchAll(/\[(\d*)\]|([^.[\]]+)/g)];
  return steps.reduce<unknown[]>(
    (values, [, index, name]) => {
      const next = values as Record<string, unknown>[];
      if (name !== undefined) return next.map((value) => value[name]);
      return index === '' ? next.flat() : next.map((value) => value[index ?? '']);
    },
    [json],
  );
}

/** Whether a value of JSON is of a type as the tables name them. */
export function isOfType(value: unknown, type: string): boolean {
  const alternatives = type.split(' or ');
  if (alternatives.length > 1) return alternatives.some((one) => isOfType(value, one));
  if (type.endsWith('[]')) {
    return Array.isArray(value) && value.every((entry) => isOfType(entry, type.slice(0, -2)));
  }
  if (type.startsWith('"')) return JSON.stringify(value) === type;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  switch (type) {
    case 'string':
    case 'boolean':
    case 'number':
      return typeof value === type;
    case 'count':
      return Number.isInteger(value) && (value as number) >= 0;
    case 'tuple':
      return Array.isArray(value);
    case 'object':
    case 'descriptor':
      return isObject;
    case 'null':
      return value === null;
    default:
      throw new Error(`docs/format.md: "${type}" is no type`);
  }
}

function fixedBytes(type: string): number {
  const [scalar = '', ...factors] = type.split(' × ');
  return factors.reduce((bytes, factor) => bytes * Number(factor), SCALAR_BYTES[scalar] ?? 0);
}

/** A number, a field read before, or `ceil(field / number)`. */
function factorOf(factor: string, fields: Readonly<Record<string, Decoded>>): number {
  if (/^\d+$/.test(factor)) return Number(factor);
  const ceil = /^ceil\((\w+) \/ (\d+)\)$/.exec(factor);
  const value = fields[ceil?.[1] ?? factor];
  if (typeof value !== 'number') throw new Error(`docs/format.md: "${factor}" is no number`);
  return ceil === null ? value : Math.ceil(value / Number(ceil[2]));
}

function headingOf(name: string): string {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}
