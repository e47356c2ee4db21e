/**
 * vectra: exact vectors, and behind them what BM25 adds. Its hybrid appends the best of BM25, of
 * the chunks that vectors did not find, behind those: with ten asked for, the first ten are
 * vectors' alone; with five, words fill the other half of the ten. Both are rows.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installedVersion, loadPeer } from '../../peers/support/adapter';
import type { QualityPeer } from './peer';

interface LocalIndex {
  createIndex(): Promise<void>;
  batchInsertItems(items: readonly object[]): Promise<unknown>;
  queryItems(
    vector: number[],
    query: string,
    topK: number,
    filter: undefined,
    isBm25: boolean,
  ): Promise<{ item: { id: string } }[]>;
}
interface Options {
  docReader: (documentId: string) => Promise<string>;
}
interface Package {
  LocalIndex: new (
    folder: string,
    name: undefined,
    storage: undefined,
    codec: undefined,
    options: Options,
  ) => LocalIndex;
}

export const VECTRA_FIVE = createPeer(5);
export const VECTRA_TEN = createPeer(10);

function createPeer(each: number): QualityPeer {
  return {
    name: `vectra, hybrid, ${each} by vectors and ${each} by words`,
    version: `vectra ${installedVersion('vectra')}`,
    needsVectors: true,
    async build(chunks) {
      const { LocalIndex } = await loadPeer<Package>('vectra');
      const folder = mkdtempSync(join(tmpdir(), 'groundwork-vectra-'));
      // A chunk is a document of its own to it: it reads a slice of a document for BM25.
      const docReader = async (id: string) => chunks[Number(id)]?.shown ?? '';
      const index = new LocalIndex(folder, undefined, undefined, undefined, { docReader });
      await index.createIndex();
      await index.batchInsertItems(
        chunks.map(({ vector, shown }, id) => ({
          id: String(id),
          vector: [...(vector ?? [])],
          metadata: { documentId: String(id), startPos: 0, endPos: shown.length },
        })),
      );
      return {
        async rank({ text, vector }, depth) {
          const found = await index.queryItems([...(vector ?? [])], text, each, undefined, true);
          return found.slice(0, depth).map(({ item }) => Number(item.id));
        },
        close: () => rmSync(folder, { recursive: true }),
      };
    },
  };
}
