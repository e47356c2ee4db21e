/**
 * This project's index in memory: codes decoded once, int8 vectors beside them, and for each query
 * the product's own steps, from choosing lists to rescoring, without a store between them.
 */

import { readFileSync } from 'node:fs';
import { ofPackage } from '../../cli/paths';
import { buildSegment } from '../../src/index/build-segment';
import { createCoarseScanner } from '../../src/index/coarse-scan';
import type { PostingList } from '../../src/index/posting-list';
import { segmentKeys } from '../../src/index/segment';
import {
  listSize,
  loadHeads,
  loadLists,
  type SegmentHead,
  type WantedList,
} from '../../src/index/segment-heads';
import type { StoredItem } from '../../src/index/stored-item';
import { emptyRows, rowOf, type VectorRows } from '../../src/index/vector-rows';
import type { JsonValue, KeyValueStore } from '../../src/platform/ports';
import { quantizeInt8 } from '../../src/quantization/int8';
import { DEFAULT_KNOBS } from '../../src/retrieval/knobs';
import { cosine, findCandidates, listsToRead } from '../../src/retrieval/nearest-chunks';
import { documentsOf, entryOf, LIBRARY_ID, planOf } from '../vectors/library';
import { recordBytesOf, unitsOfItems, unitsOfRecords } from '../vectors/read-units';
import { type PeerAdapter, type PeerIndex, rowsOf } from './support/adapter';

/** The catalogue of an installation with one library. */
const CATALOGUE_UNITS = 1;

interface Segment {
  head: SegmentHead;
  /** Of a clustered segment: all lists by their numbers. */
  lists: readonly PostingList[];
}

export const adapter: PeerAdapter = {
  name: 'groundwork',
  isNative: false,
  version: versionOfPackage(),
  async build(base, n, dims) {
    const vectors = quantized(base, n, dims);
    const { items, descriptor } = buildSegment(planOf(dims, documentsOf(n)), vectors);
    return toPeer(await decodeSegment(items, entryOf(dims, [descriptor])), items, vectors);
  },
};

function quantized(base: Float32Array, n: number, dims: number): VectorRows {
  const vectors = emptyRows(n, dims);
  for (const [row, values] of rowsOf(base, dims).entries()) {
    const { values: int8, scale } = quantizeInt8(values);
    vectors.values.set(int8, row * dims);
    vectors.scales[row] = scale;
  }
  return vectors;
}

/** Reads the values that were built, as a query reads them from the store. */
async function decodeSegment(
  items: readonly StoredItem[],
  library: SegmentHead['library'],
): Promise<Segment> {
  const values = new Map(items.map(({ key, value }) => [key, value]));
  const store: Pick<KeyValueStore, 'get' | 'batchGet'> = {
    get: async (key) => values.get(key),
    batchGet: async (keys) => new Map(keys.map((key) => [key, values.get(key) as JsonValue])),
  };
  const kv = store as KeyValueStore;
  const [head] = (await loadHeads(kv, [library])) as [SegmentHead];
  const wanted = Array.from({ length: head.table?.lists ?? 0 }, (_, number) => ({ head, number }));
  return { head, lists: await loadLists(kv, wanted) };
}

function toPeer(
  { head, lists }: Segment,
  items: readonly StoredItem[],
  vectors: VectorRows,
): PeerIndex {
  const { dimensions } = vectors;
  const scanner = createCoarseScanner(dimensions);
  const flat = head.lists.map((list) => ({ head, list }));
  const cost = { queries: 0, units: 0 };
  const keys = segmentKeys(LIBRARY_ID, head.descriptor);
  const headUnits = unitsOfItems([...keys.table, ...keys.lists]);
  const recordBytes = recordBytesOf(dimensions);
  return {
    search(query, k) {
      const asked = { k, knobs: DEFAULT_KNOBS };
      const prepared = { heads: [head], scanner, coarse: scanner.prepare(query) };
      const wanted = listsToRead(prepared, asked);
      const read = wanted.map(({ number }) => ({ head, list: lists[number] as PostingList }));
      const rows = findCandidates(prepared, [...flat, ...read], asked).map(
        ({ chunk }) => chunk.record,
      );
      cost.queries += 1;
      cost.units += CATALOGUE_UNITS + headUnits + readUnits(wanted, rows.length, recordBytes);
      return rescored(query, vectors, rows).slice(0, k);
    },
    stored: () => {
      const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
      // A record's vector is stored as base64 too; its text is not counted.
      const vectorBytes = (dimensions * 4) / 3;
      return {
        bytesPerVector: Math.round(bytes / vectors.count + vectorBytes),
        coldUnits: Math.round(cost.units / Math.max(1, cost.queries)),
        note: 'cold units with records of 1,500 characters',
      };
    },
    close: () => undefined,
  };
}

function readUnits(wanted: readonly WantedList[], records: number, recordBytes: number): number {
  const lists = wanted.map(({ head, number }) => listSize(head, number));
  return unitsOfItems(lists) + unitsOfRecords(records, recordBytes);
}

/** Rows by their int8 scores, best first. */
function rescored(query: Float32Array, vectors: VectorRows, rows: readonly number[]): number[] {
  const scored = rows.map((row) => ({ row, score: cosine(query, rowOf(vectors, row)) }));
  return scored.sort((a, b) => b.score - a.score).map(({ row }) => row);
}

function versionOfPackage(): string {
  const { version } = JSON.parse(readFileSync(ofPackage('package.json'), 'utf8'));
  return String(version);
}
