/**
 * This project's index in memory: codes decoded once, int8 vectors beside them, and for each query
 * the product's own steps, from choosing lists to rescoring, without a store between them.
 */

import { readFileSync } from 'node:fs';
import { ofPackage } from '../../cli/paths';
import { mean } from '../../src/evaluation/scores';
import { buildSegment } from '../../src/index/build-segment';
import { type CoarseScanner, createCoarseScanner } from '../../src/index/coarse-scan';
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
import { quantizeRows, rowOf, type VectorRows } from '../../src/index/vector-rows';
import type { JsonValue, KeyValueStore } from '../../src/platform/ports';
import { DEFAULT_KNOBS } from '../../src/retrieval/knobs';
import { findCandidates, listsToRead } from '../../src/retrieval/nearest-chunks';
import { createRescorer } from '../../src/retrieval/rescoring';
import { documentsOf, entryOf, LIBRARY_ID, planOf } from '../vectors/library';
import { recordBytesOf, unitsOfItems, unitsOfRecords } from '../vectors/read-units';
import { type PeerAdapter, type PeerIndex, rowsOf } from './support/adapter';

const K = 10;
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
    const vectors = quantizeRows(rowsOf(base, dims), dims);
    const { items, descriptor } = buildSegment(planOf(dims, documentsOf(n)), { vectors });
    const entry = entryOf(dims, [descriptor]);
    let opened: PeerIndex | undefined;
    const open = async () => {
      opened ??= toPeer(await decodeSegment(items, entry), items, vectors);
      return opened;
    };
    return {
      // Decoding is a reader's work, not the writer's: the first query does it, before any is timed.
      search: (query, k) =>
        opened?.search(query, k) ?? open().then((peer) => peer.search(query, k)),
      stored: async () => (await open()).stored(),
      close: () => undefined,
    };
  },
};

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

function toPeer(segment: Segment, items: readonly StoredItem[], vectors: VectorRows): PeerIndex {
  const { dimensions } = vectors;
  const scanner = createCoarseScanner(dimensions);
  const rescorer = createRescorer(dimensions);
  const asked = new Set<Float32Array>();
  return {
    search(query, k) {
      asked.add(query);
      const { rows } = findRows(segment, scanner, query, k);
      const scores = rescorer.score(
        query,
        rows.map((row) => rowOf(vectors, row)),
      );
      return rows
        .map((row, i) => ({ row, score: scores[i] as number }))
        .sort((a, b) => b.score - a.score)
        .slice(0, k)
        .map(({ row }) => row);
    },
    stored: () => {
      const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
      // A record's vector is stored as base64 too; its text is not counted.
      const vectorBytes = (dimensions * 4) / 3;
      const units = [...asked].map((query) =>
        coldUnits(segment, findRows(segment, scanner, query)),
      );
      return {
        bytesPerVector: Math.round(bytes / vectors.count + vectorBytes),
        coldUnits: Math.round(mean(units)),
        note: 'cold units with records of 1,500 characters',
      };
    },
    close: () => undefined,
  };
}

/** What a query reads before it rescores: posting lists, and rows that may be among the best. */
interface Found {
  wanted: readonly WantedList[];
  rows: readonly number[];
}

function findRows(
  { head, lists }: Segment,
  scanner: CoarseScanner,
  query: Float32Array,
  k = K,
): Found {
  const asked = { k, knobs: DEFAULT_KNOBS };
  const prepared = { heads: [head], scanner, coarse: scanner.prepare(query) };
  const wanted = listsToRead(prepared, asked);
  const numbers = head.table === undefined ? head.lists : wanted.map(({ number }) => lists[number]);
  const read = numbers.map((list) => ({ head, list: list as PostingList }));
  const candidates = findCandidates(prepared, read, asked);
  return { wanted, rows: candidates.map(({ chunk }) => chunk.record) };
}

/** Read units of the query, if all of this had to be read from the store. */
function coldUnits({ head }: Segment, { wanted, rows }: Found): number {
  const keys = segmentKeys(LIBRARY_ID, head.descriptor);
  const lists = wanted.map(({ number }) => listSize(head, number));
  return (
    CATALOGUE_UNITS +
    unitsOfItems([...keys.table, ...keys.lists]) +
    unitsOfItems(lists) +
    unitsOfRecords(rows.length, recordBytesOf(head.library.fingerprint.dimensions))
  );
}

function versionOfPackage(): string {
  const { version } = JSON.parse(readFileSync(ofPackage('package.json'), 'utf8'));
  return String(version);
}
