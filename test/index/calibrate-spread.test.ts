import { beforeAll, describe, expect, it } from 'vitest';
import { buildSegment } from '../../src/index/build-segment';
import { calibrateSpread, type Probes, takeProbes } from '../../src/index/calibrate-spread';
import { type CentroidTable, decodeCentroidTable } from '../../src/index/centroid-table';
import { chooseLists } from '../../src/index/choose-lists';
import { createCoarseScanner } from '../../src/index/coarse-scan';
import { openBytes } from '../../src/index/envelope';
import { decodePostingList } from '../../src/index/posting-list';
import { pickRows, rowOf, toRows, type VectorRows } from '../../src/index/vector-rows';
import { quantizeInt8 } from '../../src/quantization/int8';
import { clusteredVectors, randomVectors } from '../support/random-vectors';
import { chunkRef } from '../support/stored-values';

const rowsOf = (vectors: readonly Float32Array[]): VectorRows =>
  toRows(vectors.map(quantizeInt8), vectors[0]?.length ?? 1);
const numbersTo = (end: number) => Uint32Array.from({ length: end }, (_, i) => i);

function decoded(rows: VectorRows, row: number): Float32Array {
  const { values, scale } = rowOf(rows, row);
  return Float32Array.from(values, (value) => value * scale);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}

describe('probes', () => {
  const all = rowsOf(clusteredVectors(300, 64, { seed: 5, clusters: 12, spread: 0.9 }));

  it('are rows of the sample with the nearest others, by exact int8', () => {
    const { vectors, neighbours } = takeProbes(all, numbersTo(300), 300);
    const perProbe = neighbours.length / vectors.count;
    expect(perProbe).toBe(10);
    expect(vectors.count).toBeGreaterThanOrEqual(60);
    for (let probe = 0; probe < vectors.count; probe += 9) {
      const query = decoded(vectors, probe);
      const values = rowOf(vectors, probe).values.join();
      const own = [...numbersTo(300)].find((row) => rowOf(all, row).values.join() === values);
      const nearest = [...numbersTo(300)]
        .filter((row) => row !== own)
        .map((row) => ({ row, score: dot(decoded(all, row), query) }))
        .sort((a, b) => b.score - a.score)
        .slice(0, 10);
      const found = [...neighbours.subarray(probe * 10, probe * 10 + 10)];
      expect(found).not.toContain(own);
      expect(found).toEqual(nearest.map(({ row }) => row));
    }
  });

  it('of a part of the segment have its row numbers, and as many fewer neighbours', () => {
    const numbers = Uint32Array.from({ length: 300 }, (_, i) => 5 * i + 2);
    const { vectors, neighbours } = takeProbes(all, numbers, 1_500);
    expect(neighbours.length / vectors.count).toBe(2);
    expect([...neighbours].every((row) => row % 5 === 2 && row < 1_500)).toBe(true);
  });

  it('of a few rows are what there is', () => {
    for (const count of [1, 2, 5]) {
      const few = pickRows(all, numbersTo(count));
      const { vectors, neighbours } = takeProbes(few, numbersTo(count), count);
      expect(vectors.count).toBe(count);
      expect(neighbours).toHaveLength(count * (count - 1));
    }
  });
});

describe('the spread of a segment', () => {
  const SPREADS = [3, 3.25, 3.5, 3.75, 4, 4.5, 5, 5.5, 6, 7, 8];
  const LIBRARY = '0123456789abcdef';
  const SEGMENT = 'fedcba9876543210';

  interface Built {
    spread: number;
    table: CentroidTable;
    probes: Probes;
    listOf: Uint32Array;
    bytes: (list: number) => number;
  }

  function build(vectors: readonly Float32Array[]): Built {
    const rows = rowsOf(vectors);
    const chunks = vectors.map((_, record) => chunkRef({ start: record, job: SEGMENT, record }));
    const documents = [{ name: 'a.md', hash: 'ab'.repeat(32), chunks }];
    const ids = { libraryId: LIBRARY, segmentId: SEGMENT };
    const { dimensions } = rows;
    const plan = { ...ids, dimensions, documents, inlineCharactersMax: 24_000 };
    const { items, descriptor } = buildSegment(plan, { vectors: rows });
    const parts = [{ key: 'table', bytes: Buffer.from(String(descriptor.table), 'base64') }];
    const table = decodeCentroidTable(parts, { dimensions, chunks: rows.count });
    const listOf = new Uint32Array(rows.count);
    for (const [number, { key, value }] of items.slice(0, descriptor.listCount).entries()) {
      const list = decodePostingList(key, openBytes('list', key, value), dimensions);
      for (const record of list.records) listOf[record] = number;
    }
    const probes = takeProbes(rows, numbersTo(rows.count), rows.count);
    const bytes = (list: number) => items[list]?.bytes ?? 0;
    return { spread: descriptor.spread, table, probes, listOf, bytes };
  }

  /** Share of the probes' neighbours whose lists are read at a spread. */
  function foundShare({ table, probes, listOf, bytes }: Built, spread: number): number {
    const scanner = createCoarseScanner(table.dimensions);
    const { vectors, neighbours } = probes;
    const perProbe = neighbours.length / vectors.count;
    let found = 0;
    for (let probe = 0; probe < vectors.count; probe += 1) {
      const scores = scanner.scoreCentroids(scanner.prepare(decoded(vectors, probe)), table);
      const { dimensions, radii, counts } = table;
      const statistics = { dimensions, scores, radii, counts, bytes };
      const read = new Set(chooseLists(statistics, 10, { coverage: 0.985, spread }));
      for (const row of neighbours.subarray(probe * perProbe, (probe + 1) * perProbe)) {
        if (read.has(listOf[row] as number)) found += 1;
      }
    }
    return found / neighbours.length;
  }

  let tight: Built;
  let loose: Built;
  beforeAll(() => {
    tight = build(clusteredVectors(900, 64, { seed: 6, clusters: 60, spread: 0.5 }));
    loose = build(randomVectors(900, 64, 7));
  });

  it('is one of a few, the same every time, and that of the descriptor', () => {
    for (const built of [tight, loose]) {
      const { spread, table, probes, listOf, bytes } = built;
      expect(SPREADS).toContain(spread);
      expect(calibrateSpread(table, probes, listOf, bytes)).toBe(spread);
    }
  });

  it('is the least with which nearly all neighbours are in lists that are read', () => {
    for (const built of [tight, loose]) {
      const position = SPREADS.indexOf(built.spread);
      const isLast = position === SPREADS.length - 1;
      if (!isLast) expect(foundShare(built, built.spread)).toBeGreaterThanOrEqual(0.975);
      for (const less of SPREADS.slice(0, position)) {
        expect(foundShare(built, less)).toBeLessThan(0.975);
      }
    }
  });

  it('is no less where the vectors have no clusters', () => {
    expect(loose.spread).toBeGreaterThanOrEqual(tight.spread);
    // Each list is nearly all that matters of a tight cluster, and little without any.
    const listsRead = (built: Built) => {
      const scanner = createCoarseScanner(64);
      const { table, probes, bytes, spread } = built;
      const { dimensions, radii, counts } = table;
      let lists = 0;
      for (let probe = 0; probe < 30; probe += 1) {
        const query = scanner.prepare(decoded(probes.vectors, probe));
        const scores = scanner.scoreCentroids(query, table);
        const statistics = { dimensions, scores, radii, counts, bytes };
        lists += chooseLists(statistics, 10, { coverage: 0.985, spread }).length;
      }
      return lists / 30 / table.lists;
    };
    expect(listsRead(tight)).toBeLessThan(0.25);
    expect(listsRead(loose)).toBeGreaterThan(listsRead(tight));
  });
});
