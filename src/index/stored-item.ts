/** Values about to be stored or read: their keys, and their sizes as the platform counts them. */

import { KVS_BATCH_BYTES_SAFE, KVS_BATCH_KEYS_MAX } from '../platform/limits';
import type { JsonValue, TimeToLive } from '../platform/ports';
import { sealValue, type ValueKind } from './envelope';

export interface KeySize {
  key: string;
  /** UTF-8 bytes of the key and of its value's JSON. */
  bytes: number;
}

export interface StoredItem extends KeySize {
  value: JsonValue;
  ttl?: TimeToLive;
}

/** UTF-8 bytes of a key and of its value's JSON. */
export function itemBytes(key: string, value: JsonValue): number {
  return Buffer.byteLength(key) + Buffer.byteLength(JSON.stringify(value));
}

/** A body in its envelope, to be stored under `key`. */
export function toItem(kind: ValueKind, key: string, body: string): StoredItem {
  const value = sealValue(kind, key, body);
  return { key, value, bytes: itemBytes(key, value) };
}

/** The same for a body of bytes, which is stored as base64. */
export function toBytesItem(kind: ValueKind, key: string, bytes: Uint8Array): StoredItem {
  return toItem(kind, key, toBase64(bytes));
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}

/** Groups reads or writes so that each batch keeps to 25 keys and the safe payload. */
export function planBatches<T extends KeySize>(items: readonly T[]): T[][] {
  const batches: T[][] = [];
  let batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const isFull = batch.length === KVS_BATCH_KEYS_MAX || bytes + item.bytes > KVS_BATCH_BYTES_SAFE;
    if (isFull && batch.length > 0) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += item.bytes;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}
