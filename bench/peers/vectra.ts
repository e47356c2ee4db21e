/** Exact scan over vectors kept in a JSON file. */

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  installedVersion,
  loadPeer,
  type PeerAdapter,
  rowsOf,
  unitsOfText,
} from './support/adapter';

interface Item {
  id: string;
  vector: number[];
  metadata: Record<string, never>;
}

interface LocalIndex {
  createIndex(): Promise<void>;
  batchInsertItems(items: readonly Item[]): Promise<unknown>;
  queryItems(vector: number[], query: string, topK: number): Promise<{ item: { id: string } }[]>;
}

export const adapter: PeerAdapter = {
  name: 'vectra',
  isNative: false,
  version: installedVersion('vectra'),
  async build(base, n, dims) {
    const { LocalIndex } = await loadPeer<{ LocalIndex: new (folder: string) => LocalIndex }>(
      'vectra',
    );
    const folder = mkdtempSync(join(tmpdir(), 'groundwork-vectra-'));
    const index = new LocalIndex(folder);
    await index.createIndex();
    await index.batchInsertItems(
      rowsOf(base, dims).map((row, i) => ({ id: String(i), vector: [...row], metadata: {} })),
    );
    return {
      search: async (query, k) =>
        (await index.queryItems([...query], '', k)).map(({ item }) => Number(item.id)),
      stored: () => {
        const bytes = statSync(join(folder, 'index.json')).size;
        const note = 'one JSON file, read whole';
        return { bytesPerVector: Math.round(bytes / n), coldUnits: unitsOfText(bytes), note };
      },
      close: () => rmSync(folder, { recursive: true }),
    };
  },
};
