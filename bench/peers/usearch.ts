/** HNSW in C++: a native reference. */

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installedVersion, loadPeer, type PeerAdapter } from './support/adapter';

interface UsearchIndex {
  add(keys: BigUint64Array, vectors: Float32Array, threads: number): void;
  search(query: Float32Array, k: number, threads: number): { keys: BigUint64Array };
  save(path: string): void;
}

interface Usearch {
  Index: new (config: {
    dimensions: number;
    metric: 'cos';
    quantization: 'f32';
    connectivity: number;
    expansion_add: number;
    expansion_search: number;
    multi: boolean;
  }) => UsearchIndex;
}

/** One, like every other peer. */
const THREADS = 1;

export const adapter: PeerAdapter = {
  name: 'usearch',
  isNative: true,
  version: installedVersion('usearch'),
  async build(base, n, dims) {
    const { Index } = await loadPeer<Usearch>('usearch');
    const index = new Index({
      dimensions: dims,
      metric: 'cos',
      quantization: 'f32',
      connectivity: 16,
      expansion_add: 200,
      expansion_search: 64,
      multi: false,
    });
    const keys = BigUint64Array.from({ length: n }, (_, row) => BigInt(row));
    index.add(keys, base, THREADS);
    return {
      search: (query, k) => Array.from(index.search(query, k, THREADS).keys, Number),
      stored: () => ({ bytesPerVector: Math.round(savedBytes(index) / n), note: 'ef 64' }),
      close: () => undefined,
    };
  },
};

function savedBytes(index: UsearchIndex): number {
  const folder = mkdtempSync(join(tmpdir(), 'groundwork-usearch-'));
  try {
    const path = join(folder, 'index');
    index.save(path);
    return statSync(path).size;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
