/**
 * The steps between a flat scan and the product: the product's posting lists, chosen by centroids of
 * int8 instead of one bit a dimension.
 */

import type { Site } from '../../cli/local-site';
import type { LibraryEntry } from '../../src/index/catalogue';
import type { CentroidTable } from '../../src/index/centroid-table';
import { chooseLists } from '../../src/index/choose-lists';
import { BODY_BYTES_MAX, openBytes } from '../../src/index/envelope';
import { workKey } from '../../src/index/keys';
import { readValues, writeValues } from '../../src/index/read-values';
import { readGeneration } from '../../src/index/reader';
import { listSize, loadHeads, loadLists, type SegmentHead } from '../../src/index/segment-heads';
import { type KeySize, toBytesItem } from '../../src/index/stored-item';
import { emptyRows, rowOf, type VectorRows } from '../../src/index/vector-rows';
import { quantizeInt8Into } from '../../src/quantization/int8';
import type { VectorKnobs } from '../../src/retrieval/knobs';
import { nearestChunks } from '../../src/retrieval/nearest-chunks';
import { createRescorer } from '../../src/retrieval/rescoring';
import { JOB_ID, LIBRARY_ID, rowOfChunk } from '../vectors/library';
import { K, type RowSearch } from '../vectors/queries';

/** Beside the values: scale, radius, count and runs of a list. */
const TABLE_ROW_BYTES = 4 + 4 + 2 + 2;

/** Numbers of the lists to read, from the scores of all. */
export type ListChoice = (scores: Float32Array, head: SegmentHead) => number[];

interface Int8Table {
  centroids: VectorRows;
  /** Counts, runs and radii; its codes are left empty. */
  table: CentroidTable;
}

/** As many lists as wanted, by their scores. */
export function fixedChoice(lists: number): ListChoice {
  return (scores) => {
    const numbers = Array.from(scores, (_, number) => number);
    const byScore = (a: number, b: number) => (scores[b] as number) - (scores[a] as number);
    return numbers.sort(byScore).slice(0, lists);
  };
}

/** The product's rule. The spread is as it was calibrated with the product's table. */
export function adaptiveChoice({ coverage }: VectorKnobs): ListChoice {
  return (scores, head) => {
    const { dimensions, radii, counts } = head.table as CentroidTable;
    const bytes = (number: number) => listSize(head, number).bytes;
    const { spread } = head.descriptor;
    return chooseLists({ dimensions, scores, radii, counts, bytes }, K, { coverage, spread });
  };
}

/** Stores a table of the means of all posting lists; returns what is to be read of it. */
export async function writeInt8Table(site: Site, vectors: VectorRows): Promise<KeySize[]> {
  const { result } = await site.run('table', (platform) =>
    readGeneration(platform, async ({ libraries }) => {
      const [head] = (await loadHeads(platform.kv, libraries)) as [SegmentHead];
      const { lists: count } = head.table as CentroidTable;
      const numbers = Array.from({ length: count }, (_, number) => ({ head, number }));
      const lists = await loadLists(platform.kv, numbers);
      const centroids = emptyRows(count, vectors.dimensions);
      for (const [number, { records }] of lists.entries()) {
        const mean = meanOf(vectors, records);
        const at = number * vectors.dimensions;
        centroids.scales[number] = quantizeInt8Into(mean, centroids.values, at);
      }
      const items = encodeTable({ centroids, table: head.table as CentroidTable }).map(
        (bytes, part) => toBytesItem('work', workKey(LIBRARY_ID, JOB_ID, `table:${part}`), bytes),
      );
      await writeValues(platform.kv, items);
      return items.map(({ key, bytes }) => ({ key, bytes }));
    }),
  );
  return result;
}

/** Reads the table, then the lists that are chosen, and goes on as the product does. */
export function int8TableSearch(
  parts: readonly KeySize[],
  choice: ListChoice,
  knobs: VectorKnobs,
): RowSearch {
  return (platform, query) =>
    readGeneration(platform, async ({ libraries }) => {
      const { kv } = platform;
      const [library] = libraries as [LibraryEntry];
      const [descriptor] = library.segments as [SegmentHead['descriptor']];
      const values = await readValues(kv, parts);
      const { table, centroids } = decodeTable(
        values.map(({ key, value }) => openBytes('work', key, value)),
        library.fingerprint.dimensions,
      );
      const none = { tombstones: undefined, lexical: undefined };
      const head = { library, descriptor, table, lists: [], ...none };
      const rows = Array.from({ length: centroids.count }, (_, number) => rowOf(centroids, number));
      const scores = createRescorer(centroids.dimensions).score(query, rows);
      const numbers = choice(Float32Array.from(scores), head);
      const lists = await loadLists(
        kv,
        numbers.map((number) => ({ head, number })),
      );
      // A head without a table is that of a flat segment: its lists are at hand, and all count.
      const heads = [{ ...head, table: undefined, lists }];
      const asked = { heads, libraries, vectorOf: () => query, k: K, knobs };
      const ranking = (await nearestChunks(kv, asked)).flat();
      return ranking.map(({ record, start }) => rowOfChunk(record.document, start));
    });
}

function meanOf({ dimensions, values, scales }: VectorRows, rows: Uint32Array): Float32Array {
  const mean = new Float32Array(dimensions);
  for (const row of rows) {
    const scale = (scales[row] as number) / rows.length;
    const at = row * dimensions;
    for (let i = 0; i < dimensions; i += 1) {
      mean[i] = (mean[i] as number) + scale * (values[at + i] as number);
    }
  }
  return mean;
}

/** Row after row: values, scale, radius, count, runs. */
function encodeTable({ centroids, table }: Int8Table): Buffer[] {
  const { dimensions, count } = centroids;
  const rowBytes = dimensions + TABLE_ROW_BYTES;
  const rowsMax = Math.floor(BODY_BYTES_MAX / rowBytes);
  const parts: Buffer[] = [];
  for (let first = 0; first < count; first += rowsMax) {
    const bytes = Buffer.alloc(Math.min(rowsMax, count - first) * rowBytes);
    for (let at = 0; at < bytes.length; at += rowBytes) {
      const number = first + at / rowBytes;
      bytes.set(new Uint8Array(rowOf(centroids, number).values), at);
      const end = at + dimensions;
      bytes.writeFloatLE(centroids.scales[number] as number, end);
      bytes.writeFloatLE(table.radii[number] as number, end + 4);
      bytes.writeUInt16LE(table.counts[number] as number, end + 8);
      bytes.writeUInt16LE(table.runs[number] as number, end + 10);
    }
    parts.push(bytes);
  }
  return parts;
}

function decodeTable(parts: readonly Buffer[], dimensions: number): Int8Table {
  const rowBytes = dimensions + TABLE_ROW_BYTES;
  const lists = parts.reduce((sum, part) => sum + part.length, 0) / rowBytes;
  const centroids = emptyRows(lists, dimensions);
  const table: CentroidTable = {
    dimensions,
    bits: 0,
    lists,
    codes: new Uint8Array(0),
    scales: new Float32Array(lists),
    radii: new Float32Array(lists),
    counts: new Uint32Array(lists),
    runs: new Uint32Array(lists),
  };
  let number = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; at += rowBytes, number += 1) {
      const end = at + dimensions;
      centroids.values.set(part.subarray(at, end), number * dimensions);
      centroids.scales[number] = part.readFloatLE(end);
      table.radii[number] = part.readFloatLE(end + 4);
      table.counts[number] = part.readUInt16LE(end + 8);
      table.runs[number] = part.readUInt16LE(end + 10);
    }
  }
  return { centroids, table };
}
