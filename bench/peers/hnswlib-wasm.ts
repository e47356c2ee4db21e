/**
 * HNSW in WebAssembly. The package is built for browsers: its entry cannot be imported in Node, and
 * the Emscripten module asks for a window and a document before it starts.
 */

import {
  installedVersion,
  loadPeer,
  type PeerAdapter,
  rowsOf,
  unitsOfBytes,
} from './support/adapter';

const LINKS = 16;
const EF_CONSTRUCTION = 200;
const EF_SEARCH = [10, 16, 24, 32, 48, 64, 96, 128, 200];
const SEED = 1;

interface HnswModule {
  HierarchicalNSW: new (space: 'ip', dims: number, autoSaveFilename: string) => HnswIndex;
}

interface HnswIndex {
  initIndex(maxElements: number, m: number, efConstruction: number, seed: number): void;
  addPoint(point: Float32Array, label: number, replaceDeleted: boolean): void;
  setEfSearch(ef: number): void;
  searchKnn(query: Float32Array, k: number, filter: undefined): { neighbors: number[] };
}

export const adapter: PeerAdapter = {
  name: 'hnswlib-wasm',
  isNative: false,
  version: installedVersion('hnswlib-wasm'),
  async build(base, n, dims) {
    const { HierarchicalNSW } = await loadModule();
    // Of unit vectors the inner product is the cosine.
    const index = new HierarchicalNSW('ip', dims, '');
    index.initIndex(n, LINKS, EF_CONSTRUCTION, SEED);
    for (const [label, row] of rowsOf(base, dims).entries()) index.addPoint(row, label, false);
    return {
      search: (query, k) => index.searchKnn(query, k, undefined).neighbors,
      knob: { name: 'ef', values: EF_SEARCH, set: (ef) => index.setEfSearch(ef) },
      stored: () => ({
        bytesPerVector: Math.round(fileBytesPerVector(dims)),
        coldUnits: unitsOfBytes(n * fileBytesPerVector(dims)),
        note: 'read whole; bytes reckoned from its file format, it saves in browsers only',
      }),
      close: () => undefined,
    };
  },
};

async function loadModule(): Promise<HnswModule> {
  Object.assign(globalThis, {
    window: globalThis,
    document: { currentScript: null },
    location: { href: import.meta.url },
  });
  const { default: create } = await loadPeer<{ default: () => Promise<HnswModule> }>(
    'hnswlib-wasm/lib/hnswlib.mjs',
  );
  return create();
}

/**
 * Vector, links of level 0 with their count, label, size of the upper levels' links; and these, for
 * the 1 in M vectors that reach each next level. All integers have 4 bytes in WebAssembly.
 */
function fileBytesPerVector(dims: number): number {
  const levelZero = 4 * dims + (4 + 2 * LINKS * 4) + 4 + 4;
  return levelZero + (4 + LINKS * 4) / (LINKS - 1);
}
