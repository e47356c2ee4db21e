/** Exact scan by ml-distance's cosine over float32 rows: what one writes first. */

import { similarity } from 'ml-distance';
import { installedVersion, type PeerAdapter, rowsOf, unitsOfBytes } from './support/adapter';

export const adapter: PeerAdapter = {
  name: 'ml-distance',
  isNative: false,
  version: installedVersion('ml-distance'),
  async build(base, _n, dims) {
    const rows = rowsOf(base, dims);
    return {
      search: (query, k) =>
        rows
          .map((row, i) => ({ row: i, score: similarity.cosine(row, query) }))
          .sort((a, b) => b.score - a.score)
          .slice(0, k)
          .map(({ row }) => row),
      stored: () => ({
        bytesPerVector: dims * Float32Array.BYTES_PER_ELEMENT,
        coldUnits: unitsOfBytes(base.byteLength),
        note: 'reads all float32',
      }),
      close: () => undefined,
    };
  },
};
