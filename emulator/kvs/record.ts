/** A stored value with its metadata, and the shapes in which it is answered. */
export interface StoredRecord {
  /** The value as JSON text: a read counts its bytes without encoding it again. */
  valueJson: string;
  /** Milliseconds since the epoch. Whether Forge counts in seconds here is unconfirmed. */
  createdAt: number;
  updatedAt: number;
  expireAt?: number;
}

export type MetadataField = 'CREATED_AT' | 'UPDATED_AT' | 'EXPIRE_TIME';

export interface Row {
  key: string;
  value: unknown;
  createdAt?: number;
  updatedAt?: number;
  expireTime?: string;
}

/** One line of metadata, then the value. */
export function encodeRecord(record: StoredRecord): string {
  const { valueJson, ...metadata } = record;
  return `${JSON.stringify(metadata)}\n${valueJson}`;
}

export function decodeRecord(text: string): StoredRecord {
  const end = text.indexOf('\n');
  const metadata = JSON.parse(text.slice(0, end)) as Omit<StoredRecord, 'valueJson'>;
  return { ...metadata, valueJson: text.slice(end + 1) };
}

export function isExpired(record: StoredRecord, now: number): boolean {
  return record.expireAt !== undefined && record.expireAt <= now;
}

/** Only the metadata asked for; `expireTime` is absent where no TTL was set. */
export function toRow(
  key: string,
  record: StoredRecord,
  fields: readonly MetadataField[] = [],
): Row {
  const row: Row = { key, value: JSON.parse(record.valueJson) };
  if (fields.includes('CREATED_AT')) row.createdAt = record.createdAt;
  if (fields.includes('UPDATED_AT')) row.updatedAt = record.updatedAt;
  if (fields.includes('EXPIRE_TIME') && record.expireAt !== undefined) {
    row.expireTime = new Date(record.expireAt).toISOString();
  }
  return row;
}

/** UTF-8 bytes of a key as JSON. */
export function keyBytes(key: string): number {
  return Buffer.byteLength(JSON.stringify(key));
}

/** UTF-8 bytes of a key and its value as JSON: what the quotas count. */
export function recordBytes(key: string, record: StoredRecord): number {
  return keyBytes(key) + Buffer.byteLength(record.valueJson);
}
