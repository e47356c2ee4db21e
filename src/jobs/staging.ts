/**
 * Documents on their way into a job: a page sends them in as many calls as they need, a large one
 * in pieces, and each call writes under keys of its own, so that repeating it changes nothing.
 */

import * as v from 'valibot';
import { corrupt, openValue } from '../index/envelope';
import type { GivenDocument } from '../index/prepare-document';
import { readValues, writeValues } from '../index/read-values';
import { type KeySize, type StoredItem, toItem } from '../index/stored-item';
import type { KeyValueStore, TimeToLive } from '../platform/ports';
import { stagedListKey, stagedPieceKey } from './job-keys';

/** A piece of a document as a call brings it. */
export interface StagedPiece {
  name: string;
  /** 0-based; all of them together are the document. */
  part: number;
  parts: number;
  /** Base64; of every piece but the last, the bytes are a multiple of three. */
  content: string;
}

/** A document that was staged, and where its pieces lie. */
export interface StagedDocument {
  name: string;
  values: KeySize[];
  /** Set when it cannot be read: a piece did not come, or the name came twice. */
  fault?: 'incomplete' | 'duplicate';
}

/** Base64 characters of a value; well below the platform's 240 KiB. */
const VALUE_CHARACTERS = 200_000;
/** A job that is not done by then has been left alone; its texts go. */
const STAGED_TTL: TimeToLive = { value: 7, unit: 'DAYS' };

/** Bytes of a part of a list of pieces, before it is escaped; more than most calls need. */
const LIST_BYTES = 30_000;
/** A part with its envelope; a batch of them keeps to the safe payload. */
const LIST_BYTES_PLANNED = 36_000;

const rowSchema = v.tuple([v.string(), v.number(), v.number(), v.array(v.number())]);
/** The first part of a list says how many there are. */
const listSchema = v.object({ parts: v.number(), rows: v.array(rowSchema) });
type PieceRow = v.InferOutput<typeof rowSchema>;

/**
 * Stores what one call brings; the list of its pieces last, and the first part of that last of all:
 * without it the call is not there.
 */
export async function stageCall(
  kv: KeyValueStore,
  jobId: string,
  call: number,
  pieces: readonly StagedPiece[],
): Promise<void> {
  const items: StoredItem[] = [];
  const rows: PieceRow[] = [];
  for (const { name, part, parts, content } of pieces) {
    const first = items.length;
    for (let start = 0; start === 0 || start < content.length; start += VALUE_CHARACTERS) {
      const key = stagedPieceKey(jobId, call, items.length);
      items.push(toItem('work', key, content.slice(start, start + VALUE_CHARACTERS)));
    }
    rows.push([name, part, parts, items.slice(first).map(({ bytes }) => bytes)]);
  }
  // Together, as small documents share a unit and a request.
  await writeValues(
    kv,
    items.map((item) => ({ ...item, ttl: STAGED_TTL })),
  );
  const lists = inParts(rows);
  for (const [part, own] of [...lists.entries()].reverse()) {
    const list = JSON.stringify({ parts: lists.length, rows: own });
    const item = toItem('work', stagedListKey(jobId, call, part), list);
    await writeValues(kv, [{ ...item, ttl: STAGED_TTL }]);
  }
}

function inParts(rows: readonly PieceRow[]): PieceRow[][] {
  const parts: PieceRow[][] = [[]];
  let bytes = 0;
  for (const row of rows) {
    bytes += Buffer.byteLength(JSON.stringify(row));
    if (bytes > LIST_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(row);
  }
  return parts;
}

/**
 * What so many calls staged, in the order in which the documents first came.
 * Errors: `value_missing` when a call did not arrive, `value_corrupt`.
 */
export async function loadStaged(
  kv: KeyValueStore,
  jobId: string,
  calls: number,
): Promise<StagedDocument[]> {
  const lists = await loadLists(kv, jobId, calls);
  const gathering = new Map<string, Gathered>();
  const duplicates: StagedDocument[] = [];
  for (const [call, { rows }] of lists.entries()) {
    let number = 0;
    for (const [name, part, parts, bytes] of rows) {
      const values = bytes.map((size) => ({
        key: stagedPieceKey(jobId, call, number++),
        bytes: size,
      }));
      const known = gathering.get(name);
      const gathered = known ?? { name, parts, pieces: new Map() };
      if (known === undefined) gathering.set(name, gathered);
      if (gathered.parts !== parts || gathered.pieces.has(part)) {
        // Whole documents under one name are two documents; their first pieces tell how many.
        if (part === 0) duplicates.push({ name, values: [], fault: 'duplicate' });
      } else gathered.pieces.set(part, values);
    }
  }
  return [...[...gathering.values()].map(toDocument), ...duplicates];
}

/** The list of each call, and of how many parts it is. */
async function loadLists(
  kv: KeyValueStore,
  jobId: string,
  calls: number,
): Promise<{ parts: number; rows: PieceRow[] }[]> {
  const numbers = Array.from({ length: calls }, (_, call) => call);
  const lists = await readLists(
    kv,
    numbers.map((call) => stagedListKey(jobId, call, 0)),
  );
  const further = lists.flatMap(({ parts }, call) =>
    Array.from({ length: parts - 1 }, (_, part) => ({ call, part: part + 1 })),
  );
  const rest = await readLists(
    kv,
    further.map(({ call, part }) => stagedListKey(jobId, call, part)),
  );
  for (const [i, { call }] of further.entries()) lists[call]?.rows.push(...(rest[i]?.rows ?? []));
  return lists;
}

async function readLists(
  kv: KeyValueStore,
  keys: readonly string[],
): Promise<{ parts: number; rows: PieceRow[] }[]> {
  const wanted = keys.map((key) => ({ key, bytes: LIST_BYTES_PLANNED }));
  const values = await readValues(kv, wanted);
  return values.map(({ key, value }) => parseList(key, openValue('work', key, value)));
}

interface Gathered {
  name: string;
  parts: number;
  pieces: Map<number, KeySize[]>;
}

function toDocument({ name, parts, pieces }: Gathered): StagedDocument {
  const values: KeySize[] = [];
  for (let part = 0; part < parts; part += 1) {
    const piece = pieces.get(part);
    if (piece === undefined) return { name, values: [], fault: 'incomplete' };
    values.push(...piece);
  }
  return { name, values };
}

/** Reads documents whose pieces are all there. Errors: `value_missing`, `value_corrupt`. */
export async function readStaged(
  kv: KeyValueStore,
  documents: readonly StagedDocument[],
): Promise<GivenDocument[]> {
  const values = await readValues(
    kv,
    documents.flatMap((document) => document.values),
  );
  let at = 0;
  return documents.map(({ name, values: own }) => {
    const pieces = values.slice(at, at + own.length);
    at += own.length;
    const content = pieces.map(({ key, value }) => openValue('work', key, value)).join('');
    return { name, bytes: Buffer.from(content, 'base64') };
  });
}

/** Every key that staging wrote, as far as its lists are there. */
export async function stagedKeys(
  kv: KeyValueStore,
  jobId: string,
  calls: number,
): Promise<string[]> {
  const lists = await loadLists(kv, jobId, calls);
  return lists.flatMap(({ parts, rows }, call) => {
    const values = rows.reduce((sum, [, , , bytes]) => sum + bytes.length, 0);
    return [
      ...Array.from({ length: values }, (_, number) => stagedPieceKey(jobId, call, number)),
      ...Array.from({ length: parts }, (_, part) => stagedListKey(jobId, call, part)),
    ];
  });
}

function parseList(key: string, body: string): { parts: number; rows: PieceRow[] } {
  const result = v.safeParse(listSchema, JSON.parse(body));
  if (result.success) return result.output;
  throw corrupt(key, 'not a list of pieces');
}
