/** A library of a workload's vectors, in memory, to be asked with other knobs than the default. */

import { buildSegment } from '../../src/index/build-segment';
import type { LibraryEntry } from '../../src/index/catalogue';
import { recordKey } from '../../src/index/keys';
import { encodeRecord } from '../../src/index/record';
import type { SealKnobs } from '../../src/index/seal-knobs';
import { loadHeads } from '../../src/index/segment-heads';
import { itemBytes } from '../../src/index/stored-item';
import { rowOf, toRows } from '../../src/index/vector-rows';
import { quantizeInt8 } from '../../src/quantization/int8';
import type { SearchKnobs } from '../../src/retrieval/knobs';
import { nearestChunks } from '../../src/retrieval/nearest-chunks';
import type { LoadedWorkload } from '../workloads/load';
import { wholeOf } from '../workloads/vector-source';
import { createCountingStore } from './counting-store';

const LIBRARY = '1'.repeat(16);
const JOB = '2'.repeat(16);
const CHUNKS_PER_DOCUMENT = 8;
const TEXT = 'A release needs two approvals, and it goes out on Tuesday before noon. '.repeat(22);
const TEXT_CHARACTERS = 1_500;
const K = 10;
/** The catalogue of one library is one unit. */
const CATALOGUE_UNITS = 1;

export interface Asked {
  recall: number;
  units: { mean: number; p95: number };
  bytes: number;
}

export interface TunedLibrary {
  lists: number;
  spread: number;
  ask(knobs: SearchKnobs): Promise<Asked>;
}

/** Builds the library. Memory: the records of all vectors. */
export async function buildLibrary(
  workload: LoadedWorkload,
  knobs: SealKnobs,
): Promise<TunedLibrary> {
  const { dims, n, queries, truth } = workload;
  const base = wholeOf(workload.base);
  const quantized = Array.from({ length: n }, (_, row) =>
    quantizeInt8(base.subarray(row * dims, (row + 1) * dims)),
  );
  const vectors = toRows(quantized, dims);
  const documents = Array.from({ length: Math.ceil(n / CHUNKS_PER_DOCUMENT) }, (_, i) => ({
    name: `${i}`,
    hash: '',
    chunks: Array.from(
      { length: Math.min(CHUNKS_PER_DOCUMENT, n - i * CHUNKS_PER_DOCUMENT) },
      (__, c) => ({
        start: c * TEXT_CHARACTERS,
        end: (c + 1) * TEXT_CHARACTERS,
        job: JOB,
        record: i * CHUNKS_PER_DOCUMENT + c,
      }),
    ),
  }));
  const plan = { libraryId: LIBRARY, segmentId: JOB, dimensions: dims, documents, knobs };
  const segment = buildSegment({ ...plan, inlineCharactersMax: Number.POSITIVE_INFINITY }, vectors);
  const store = createCountingStore();
  store.put(segment.items);
  for (let row = 0; row < n; row += 1) {
    const key = recordKey(LIBRARY, JOB, row);
    const value = encodeRecord(key, {
      document: `${Math.floor(row / CHUNKS_PER_DOCUMENT)}`,
      headings: [],
      lead: '',
      text: TEXT.slice(0, TEXT_CHARACTERS),
      trail: '',
      vector: rowOf(vectors, row),
    });
    store.put([{ key, value, bytes: itemBytes(key, value) }]);
  }
  const library = {
    id: LIBRARY,
    fingerprint: { dimensions: dims },
    segments: [segment.descriptor],
  } as unknown as LibraryEntry;
  const { listCount, spread } = segment.descriptor;
  return { lists: listCount, spread, ask };

  async function ask(searchKnobs: SearchKnobs): Promise<Asked> {
    const count = queries.length / dims;
    const units: number[] = [];
    let found = 0;
    let bytes = 0;
    store.take();
    for (let i = 0; i < count; i += 1) {
      const vector = queries.slice(i * dims, (i + 1) * dims);
      const heads = await loadHeads(store, [library]);
      const query = { heads, libraries: [library], vectorOf: () => vector, k: K };
      const [best = []] = await nearestChunks(store, { ...query, knobs: searchKnobs });
      const nearest = new Set(truth.subarray(i * 100, i * 100 + K));
      found += best.filter(({ record, start }) =>
        nearest.has(Number(record.document) * CHUNKS_PER_DOCUMENT + start / TEXT_CHARACTERS),
      ).length;
      const taken = store.take();
      units.push(CATALOGUE_UNITS + taken.units);
      bytes += taken.bytes / count;
    }
    units.sort((a, b) => a - b);
    const mean = units.reduce((sum, value) => sum + value, 0) / count;
    const p95 = units[Math.ceil(count * 0.95) - 1] ?? 0;
    return { recall: found / (count * K), units: { mean, p95 }, bytes: Math.round(bytes) };
  }
}
