/** A job's own texts in storage: in parts that fit a value each, with a checksum around each. */

import { openValue, PART_BYTES_MAX } from '../index/envelope';
import { readValues, writeValues } from '../index/read-values';
import { toItem } from '../index/stored-item';
import type { KeyValueStore } from '../platform/ports';

/**
 * UTF-16 units of a part: with every unit escaped in the envelope's JSON, which texts of JSON come
 * near to with their quotes, a part still fits a value.
 */
const PART_CHARACTERS = Math.floor(PART_BYTES_MAX / 3) - 200;

/** Stores a text under `key` and returns the bytes of its parts, which reading asks for. */
export async function writeText(kv: KeyValueStore, key: string, text: string): Promise<number[]> {
  const items = [];
  for (let start = 0; start === 0 || start < text.length; start += PART_CHARACTERS) {
    const part = text.slice(start, start + PART_CHARACTERS);
    items.push(toItem('work', partKey(key, items.length), part));
  }
  await writeValues(kv, items);
  return items.map(({ bytes }) => bytes);
}

/** Errors: `value_missing`, `value_corrupt`, `format_newer`. */
export async function readTexts(
  kv: KeyValueStore,
  wanted: readonly { key: string; bytes: readonly number[] }[],
): Promise<string[]> {
  const parts = wanted.map(({ key, bytes }) =>
    bytes.map((size, part) => ({ key: partKey(key, part), bytes: size })),
  );
  const values = await readValues(kv, parts.flat());
  let at = 0;
  return parts.map((own) => {
    const texts = values
      .slice(at, at + own.length)
      .map(({ key, value }) => openValue('work', key, value));
    at += own.length;
    return texts.join('');
  });
}

/** Names of the parts, for deleting them. */
export function textKeys(key: string, bytes: readonly number[]): string[] {
  return bytes.map((_, part) => partKey(key, part));
}

function partKey(key: string, part: number): string {
  return `${key}:${part}`;
}
