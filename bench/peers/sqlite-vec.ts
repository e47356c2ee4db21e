/**
 * Exact scan in SQLite: a native reference. It is loaded into Node's own SQLite, because a package
 * that brings another one downloads a binary when it is installed.
 */

import { isBuiltin } from 'node:module';
import { installedVersion, loadPeer, type PeerAdapter, rowsOf } from './support/adapter';

interface Statement {
  run(...values: readonly unknown[]): unknown;
  all(...values: readonly unknown[]): unknown[];
}

interface Database {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}

type DatabaseSync = new (path: string, options: { allowExtension: boolean }) => Database;

const hasSqlite = isBuiltin('node:sqlite');

export const adapter: PeerAdapter = {
  name: 'sqlite-vec',
  isNative: true,
  version: installedVersion('sqlite-vec'),
  whyAbsent: hasSqlite ? undefined : 'not run: it needs node:sqlite, which Node has from 22.13',
  async build(base, n, dims) {
    const { DatabaseSync } = await loadPeer<{ DatabaseSync: DatabaseSync }>('node:sqlite');
    const extension = await loadPeer<{ load(database: Database): void }>('sqlite-vec');
    const database = new DatabaseSync(':memory:', { allowExtension: true });
    extension.load(database);
    database.exec(
      `create virtual table vectors using vec0(embedding float[${dims}] distance_metric=cosine)`,
    );
    const insert = database.prepare('insert into vectors(rowid, embedding) values (?, ?)');
    database.exec('begin');
    for (const [row, values] of rowsOf(base, dims).entries()) {
      insert.run(BigInt(row), bytesOf(values));
    }
    database.exec('commit');
    const nearest = database.prepare(
      'select rowid from vectors where embedding match ? and k = ? order by distance',
    );
    return {
      search: (query, k) =>
        (nearest.all(bytesOf(query), k) as { rowid: number }[]).map(({ rowid }) => rowid),
      stored: () => {
        const [size] = database
          .prepare(
            'select page_count * page_size as bytes from pragma_page_count, pragma_page_size',
          )
          .all() as { bytes: number }[];
        return size === undefined ? {} : { bytesPerVector: Math.round(size.bytes / n) };
      },
      close: () => database.close(),
    };
  },
};

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
