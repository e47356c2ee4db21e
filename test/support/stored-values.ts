/** Seeded structures of every binary kind of stored value, for tests of their bytes. */
import type { CentroidTable } from '../../src/index/centroid-table';
import type { ChunkRef } from '../../src/index/document-table';
import type { PostingList } from '../../src/index/posting-list';
import { type Tombstones, withTombstones } from '../../src/index/tombstones';
import { seededRandom } from '../../src/quantization/seeded-random';

const U24 = 2 ** 24;

/** A list with rows in runs of about the same length. */
export function samplePostingList(
  seed: number,
  { dimensions, count, runs }: { dimensions: number; count: number; runs: number },
): PostingList {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const u24s = () => Uint32Array.from({ length: count }, () => below(U24));
  return {
    dimensions,
    count,
    centroid: {
      scale: Math.fround(random() / 8),
      nibbles: randomBits(random, { rows: 1, rowBits: 4 * dimensions }),
    },
    runs: Array.from({ length: runs }, (_, i) => ({
      job: Array.from({ length: 16 }, () => below(16).toString(16)).join(''),
      rows: Math.floor((count * (i + 1)) / runs) - Math.floor((count * i) / runs),
    })),
    codes: randomBits(random, { rows: count, rowBits: dimensions }),
    factors: Float32Array.from({ length: count }, () => 0.05 + random() / 10),
    offsets: Float32Array.from({ length: count }, () => random() / 4 - 0.1),
    documents: u24s(),
    records: u24s(),
    starts: u24s(),
    lengths: u24s(),
  };
}

export function sampleCentroidTable(
  seed: number,
  { dimensions, bits, lists }: { dimensions: number; bits: number; lists: number },
): CentroidTable {
  const random = seededRandom(seed);
  const counts = Uint32Array.from({ length: lists }, () => 1 + Math.floor(random() * 65_535));
  return {
    dimensions,
    bits,
    lists,
    codes: randomBits(random, { rows: lists, rowBits: Math.min(bits, dimensions) }),
    scales: Float32Array.from({ length: lists }, () => random() / 10),
    radii: Float32Array.from({ length: lists }, () => 0.3 + random() / 2),
    counts,
    runs: counts.map((count) => 1 + Math.floor(random() * Math.min(count, 9))),
  };
}

/** About a third of the documents are deleted. */
export function sampleTombstones(seed: number, documents: number): Tombstones {
  const random = seededRandom(seed);
  const ordinals = Array.from({ length: documents }, (_, i) => i);
  return withTombstones(
    undefined,
    documents,
    ordinals.filter(() => random() < 1 / 3),
  );
}

export function chunksOf(table: CentroidTable): number {
  return table.counts.reduce((sum, count) => sum + count, 0);
}

/** Sets the bits beyond `rowBits` of each row to 0, in place. */
export function clearSpareBits(rows: Uint8Array, rowBits: number): Uint8Array {
  const rowBytes = Math.ceil(rowBits / 8);
  const mask = 0xff >> (8 * rowBytes - rowBits);
  for (let at = rowBytes - 1; at < rows.length; at += rowBytes) {
    rows[at] = (rows[at] as number) & mask;
  }
  return rows;
}

function randomBits(
  random: () => number,
  { rows, rowBits }: { rows: number; rowBits: number },
): Uint8Array {
  const length = rows * Math.ceil(rowBits / 8);
  const bytes = Uint8Array.from({ length }, () => Math.floor(random() * 256));
  return clearSpareBits(bytes, rowBits);
}

/** A chunk of one character, unless its end is given, whose hash is of no meaning. */
export function chunkRef(
  ref: Pick<ChunkRef, 'start' | 'job' | 'record'> & Partial<ChunkRef>,
): ChunkRef {
  return { end: ref.start + 1, hash: 'AAAAAAAAAAA', ...ref };
}
