/**
 * Documents on their way into a job: a page sends them in as many calls as they need, a large one
 * in pieces, and each call writes under keys of its own, so that repeating it changes nothing.
 */

import * as v from 'valibot';
import { corrupt, openValue } from '../index/envelope';
import type { GivenDocument } from '../index/prepare-document';
import { readValues, writeValues } from '../index/read-values';
import { type KeySize, toItem } from '../index/stored-item';
import type { KeyValueStore, TimeToLive } from '../platform/ports';
import { stagedCallKey, stagedPieceKey } from './job-keys';

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
  fault?: 'document_incomplete' | 'document_duplicate';
}

/** Base64 characters of a value; well below the platform's 240 KiB. */
const VALUE_CHARACTERS = 200_000;
/** A job that is not done by then has been left alone; its texts go. */
const STAGED_TTL: TimeToLive = { value: 7, unit: 'DAYS' };

const callSchema = v.array(v.tuple([v.string(), v.number(), v.number(), v.array(v.number())]));
type CallRow = v.InferOutput<typeof callSchema>[number];

/** Stores what one call brings; the list of its pieces last: without it the call is not there. */
export async function stageCall(
  kv: KeyValueStore,
  jobId: string,
  call: number,
  pieces: readonly StagedPiece[],
): Promise<void> {
  let number = 0;
  const rows: CallRow[] = [];
  for (const { name, part, parts, content } of pieces) {
    const items = [];
    for (let start = 0; start === 0 || start < content.length; start += VALUE_CHARACTERS) {
      const key = stagedPieceKey(jobId, call, number);
      const slice = content.slice(start, start + VALUE_CHARACTERS);
      items.push({ ...toItem('work', key, slice), ttl: STAGED_TTL });
      number += 1;
    }
    await writeValues(kv, items);
    rows.push([name, part, parts, items.map(({ bytes }) => bytes)]);
  }
  const list = toItem('work', stagedCallKey(jobId, call), JSON.stringify(rows));
  await writeValues(kv, [{ ...list, ttl: STAGED_TTL }]);
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
  const wanted = Array.from({ length: calls }, (_, call) => ({
    key: stagedCallKey(jobId, call),
    bytes: LIST_BYTES_PLANNED,
  }));
  const lists = await readValues(kv, wanted);
  const gathering = new Map<string, Gathered>();
  const duplicates: StagedDocument[] = [];
  for (const [call, { key, value }] of lists.entries()) {
    let number = 0;
    for (const [name, part, parts, bytes] of parseCall(key, openValue('work', key, value))) {
      const values = bytes.map((size) => ({
        key: stagedPieceKey(jobId, call, number++),
        bytes: size,
      }));
      const known = gathering.get(name);
      const gathered = known ?? { name, parts, pieces: new Map() };
      if (known === undefined) gathering.set(name, gathered);
      if (gathered.parts !== parts || gathered.pieces.has(part)) {
        // Whole documents under one name are two documents; their first pieces tell how many.
        if (part === 0) duplicates.push({ name, values: [], fault: 'document_duplicate' });
      } else gathered.pieces.set(part, values);
    }
  }
  return [...[...gathering.values()].map(toDocument), ...duplicates];
}

/** A list of pieces is rarely more; a batch of them keeps to the safe payload. */
const LIST_BYTES_PLANNED = 36_000;

interface Gathered {
  name: string;
  parts: number;
  pieces: Map<number, KeySize[]>;
}

function toDocument({ name, parts, pieces }: Gathered): StagedDocument {
  const values: KeySize[] = [];
  for (let part = 0; part < parts; part += 1) {
    const piece = pieces.get(part);
    if (piece === undefined) return { name, values: [], fault: 'document_incomplete' };
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
  const lists = Array.from({ length: calls }, (_, call) => stagedCallKey(jobId, call));
  const documents = await loadStaged(kv, jobId, calls);
  return [...documents.flatMap(({ values }) => values.map(({ key }) => key)), ...lists];
}

function parseCall(key: string, body: string): CallRow[] {
  const result = v.safeParse(callSchema, JSON.parse(body));
  if (result.success) return result.output;
  throw corrupt(key, 'not a list of pieces');
}
