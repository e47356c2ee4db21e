import {
  type Address,
  encodeAddress,
  installationPrefix,
  prefixEnd,
  type Space,
  spacePrefix,
} from './address';
import type { KvsEngine } from './engine';
import { History } from './history';
import { decodeRecord, encodeRecord, recordBytes, type StoredRecord } from './record';

export interface Change {
  address: Address;
  /** Undefined deletes. */
  record: StoredRecord | undefined;
}

export interface ScanOptions {
  space: Space;
  entityName?: string;
  /** Keys that begin with this; all when empty. */
  beginsWith?: string;
  /** Only keys after this one. */
  after?: string;
  /** Sees the state of this time. */
  at: number;
}

/** The values of one installation. The caller serialises its use. */
export class InstallationStore {
  private readonly history = new History();

  constructor(
    private readonly engine: KvsEngine,
    private readonly installation: string,
  ) {}

  async get(address: Address): Promise<StoredRecord | undefined> {
    const [record] = await this.getMany([address]);
    return record;
  }

  /** Shapes: one answer per address, in their order. With `at`, the state of that time. */
  async getMany(addresses: readonly Address[], at?: number): Promise<(StoredRecord | undefined)[]> {
    const keys = addresses.map((address) => encodeAddress(this.installation, address));
    const texts = await this.engine.getMany(keys);
    return texts.map((text, i) => {
      const present = text === undefined ? undefined : decodeRecord(text);
      const key = keys[i];
      if (at === undefined || key === undefined) return present;
      return this.history.versionAt(key, at, present);
    });
  }

  /** Rows in lexicographic order of their keys. */
  async *scan(options: ScanOptions): AsyncGenerator<{ key: string; record: StoredRecord }> {
    const prefix = spacePrefix(this.installation, options.space, options.entityName);
    const beginsWith = options.beginsWith ?? '';
    const first = prefix + beginsWith;
    const after = options.after === undefined ? '' : `${prefix}${options.after}\u0000`;
    const start = after > first ? after : first;
    const end = prefixEnd(prefix);
    for await (const [engineKey, record] of this.versions(start, end, options.at)) {
      const key = engineKey.slice(prefix.length);
      if (!key.startsWith(beginsWith)) return;
      yield { key, record };
    }
  }

  /** All or nothing. Versions that this replaces stay visible to reads lagging up to `keepMs`. */
  async write(changes: readonly Change[], now: number, keepMs: number): Promise<void> {
    if (keepMs > 0) {
      const before = await this.getMany(changes.map((change) => change.address));
      changes.forEach((change, i) => {
        const key = encodeAddress(this.installation, change.address);
        this.history.note(key, before[i], now, keepMs);
      });
    }
    await this.engine.batch(
      changes.map(({ address, record }) => {
        const key = encodeAddress(this.installation, address);
        return record === undefined
          ? { type: 'del' as const, key }
          : { type: 'put' as const, key, value: encodeRecord(record) };
      }),
    );
  }

  /** Removes every key of the installation, its past included. */
  async drop(): Promise<void> {
    const prefix = installationPrefix(this.installation);
    await this.engine.clear({ gte: prefix, lt: prefixEnd(prefix) });
    this.history.clear();
  }

  /** Merges the engine's present with the versions replaced since `at`; both are sorted. */
  private async *versions(
    start: string,
    end: string,
    at: number,
  ): AsyncGenerator<[string, StoredRecord]> {
    const changed = this.history.changedAfter(at, start, end);
    let next = 0;
    for await (const [key, text] of this.engine.iterator({ gte: start, lt: end })) {
      for (; next < changed.length; next++) {
        const gone = changed[next];
        if (gone === undefined || gone >= key) break;
        const record = this.history.versionAt(gone, at, undefined);
        if (record !== undefined) yield [gone, record];
      }
      if (changed[next] === key) next++;
      const record = this.history.versionAt(key, at, decodeRecord(text));
      if (record !== undefined) yield [key, record];
    }
    for (const gone of changed.slice(next)) {
      const record = this.history.versionAt(gone, at, undefined);
      if (record !== undefined) yield [gone, record];
    }
  }
}

/** Bytes and number of values that the installation holds. */
export interface StoreStats {
  keys: number;
  /** UTF-8 bytes of keys and values as JSON. */
  bytes: number;
}

export function addToStats(stats: StoreStats, key: string, record: StoredRecord): StoreStats {
  return { keys: stats.keys + 1, bytes: stats.bytes + recordBytes(key, record) };
}
