import { describe, expect, it } from 'vitest';
import { buildSegment, listsFor, sampleRows } from '../../src/index/build-segment';
import { PART_BYTES_MAX } from '../../src/index/envelope';
import { createAssigner } from '../../src/index/nearest-centroid';
import { decodePostingList, postingListRowsMax } from '../../src/index/posting-list';
import { trainCentroids } from '../../src/index/train-centroids';
import { pickRows, toRows, type VectorRows } from '../../src/index/vector-rows';
import { quantizeInt8 } from '../../src/quantization/int8';
import { seededRandom } from '../../src/quantization/seeded-random';
import { codeThrownBy } from '../support/error-code';
import { clusteredVectors, randomVectors } from '../support/random-vectors';
import { chunkRef } from '../support/stored-values';

const rowsOf = (vectors: readonly Float32Array[]): VectorRows =>
  toRows(vectors.map(quantizeInt8), vectors[0]?.length ?? 1);

const train = (
  rows: VectorRows,
  { lists, shareMax = 1, seed = 3 }: { lists: number; shareMax?: number; seed?: number },
) => trainCentroids(rows, { lists, shareMax, random: seededRandom(seed) });

/** Members of each centroid when every row goes to the nearest. */
function membersOf(rows: VectorRows, centroids: VectorRows): number[] {
  const assigner = createAssigner(centroids);
  const members = Array.from({ length: centroids.count }, () => 0);
  for (let row = 0; row < rows.count; row += 1) {
    const nearest = assigner.nearest(rows.values, row * rows.dimensions);
    members[nearest] = (members[nearest] ?? 0) + 1;
  }
  return members;
}

/** Mean cosine of rows with their nearest centroid. */
function cohesion(rows: VectorRows, centroids: VectorRows): number {
  const assigner = createAssigner(centroids);
  const { dimensions } = rows;
  const norm = (of: VectorRows, row: number) =>
    Math.hypot(...of.values.subarray(row * dimensions, (row + 1) * dimensions));
  let sum = 0;
  for (let row = 0; row < rows.count; row += 1) {
    const nearest = assigner.nearest(rows.values, row * dimensions);
    let dot = 0;
    for (let i = 0; i < dimensions; i += 1) {
      const component = centroids.values[nearest * dimensions + i] as number;
      dot += (rows.values[row * dimensions + i] as number) * component;
    }
    sum += dot / (norm(rows, row) * norm(centroids, nearest));
  }
  return sum / rows.count;
}

describe('training centroids', () => {
  const clustered = rowsOf(clusteredVectors(900, 96, { seed: 4, clusters: 30, spread: 0.6 }));

  it('gives the same centroids for the same sample and seed, and others for another', () => {
    const first = train(clustered, { lists: 30 });
    expect(train(clustered, { lists: 30 })).toEqual(first);
    expect(train(clustered, { lists: 30, seed: 4 })).not.toEqual(first);
  });

  it('leaves the sample as it was', () => {
    const before = { values: clustered.values.slice(), scales: clustered.scales.slice() };
    train(clustered, { lists: 12 });
    expect(clustered.values).toEqual(before.values);
    expect(clustered.scales).toEqual(before.scales);
  });

  it.each([1, 2, 10, 30, 75])('gives about as many as wanted: %i', (lists) => {
    const { count, dimensions } = train(clustered, { lists });
    expect(dimensions).toBe(96);
    expect(count).toBeGreaterThanOrEqual(Math.floor(0.8 * lists));
    expect(count).toBeLessThanOrEqual(lists);
  });

  it('finds clusters: rows lie nearer to their centroids than to rows drawn at random', () => {
    const random = seededRandom(5);
    const drawn = pickRows(
      clustered,
      Uint32Array.from({ length: 30 }, () => Math.floor(900 * random())),
    );
    const trained = cohesion(clustered, train(clustered, { lists: 30 }));
    expect(trained).toBeGreaterThan(0.8);
    expect(trained).toBeGreaterThan(cohesion(clustered, drawn) + 0.1);
  });

  it.each([
    { dimensions: 64, shareMax: 0.05, lists: 40 },
    { dimensions: 128, shareMax: 0.02, lists: 60 },
    { dimensions: 1_100, shareMax: 0.1, lists: 12 },
  ])('splits what would outgrow its list: at most $shareMax of all', (options) => {
    const { dimensions, shareMax } = options;
    // Two thirds of all are one tight cluster.
    const rows = rowsOf([
      ...clusteredVectors(800, dimensions, { seed: 5, clusters: 1, spread: 0.5 }),
      ...randomVectors(400, dimensions, 6),
    ]);
    const members = membersOf(rows, train(rows, options));
    // The last assignment is to centroids, which need not split a group as evenly as it was.
    expect(Math.max(...members) / rows.count).toBeLessThanOrEqual(2 * shareMax);
    expect(members.reduce((sum, count) => sum + count, 0)).toBe(rows.count);
  });

  it('takes fewer rows than lists, down to one', () => {
    for (const count of [1, 2, 3, 7]) {
      const rows = rowsOf(randomVectors(count, 64, count));
      const centroids = train(rows, { lists: 20 });
      expect(centroids.count).toBeGreaterThanOrEqual(1);
      expect(centroids.count).toBeLessThanOrEqual(count);
      expect(membersOf(rows, centroids).every((members) => members > 0)).toBe(true);
    }
  });

  it.each([1, 2, 50, 3_000])('ends with one centroid of %i equal vectors', (count) => {
    const [vector] = randomVectors(1, 64, 7) as [Float32Array];
    const rows = rowsOf(Array.from({ length: count }, () => vector));
    const centroids = train(rows, { lists: 40, shareMax: 0.02 });
    expect(centroids.count).toBe(1);
    expect([...centroids.values]).toEqual([...rows.values.subarray(0, 64)]);
    expect(centroids.scales[0]).toBeCloseTo(rows.scales[0] ?? 0, 6);
  });

  it('makes no zero centroid of vectors that cancel out', () => {
    const vectors = randomVectors(40, 64, 8);
    const rows = rowsOf(vectors.flatMap((vector) => [vector, vector.map((value) => -value)]));
    for (const lists of [1, 2, 5]) {
      const { values, count } = train(rows, { lists });
      for (let row = 0; row < count; row += 1) {
        const centroid = values.subarray(row * 64, (row + 1) * 64);
        expect(centroid.some((value) => value !== 0)).toBe(true);
      }
    }
  });

  it('refuses an empty sample', () => {
    const none = { dimensions: 8, count: 0, scales: new Float32Array(0), values: new Int8Array(0) };
    expect(codeThrownBy(() => train(none, { lists: 1 }))).toBe('invariant_violated');
  });
});

describe('the lists of a segment', () => {
  const KEY = 'l:0123456789abcdef:s:fedcba9876543210:p:0';
  const JOB = '00112233445566ff';

  function build(vectors: readonly Float32Array[]) {
    const rows = rowsOf(vectors);
    const chunks = vectors.map((_, record) => chunkRef({ start: record, job: JOB, record }));
    const documents = [{ name: 'a.md', hash: 'ab'.repeat(32), chunks }];
    const ids = { libraryId: '0123456789abcdef', segmentId: 'fedcba9876543210' };
    const plan = { ...ids, dimensions: rows.dimensions, documents, inlineCharactersMax: 24_000 };
    const { items, descriptor } = buildSegment(plan, { vectors: rows });
    const lists = items.slice(0, descriptor.listCount).map(({ value, bytes }) => {
      expect(bytes).toBeLessThanOrEqual(PART_BYTES_MAX + KEY.length + 8);
      const body = Buffer.from((value as { body: string }).body, 'base64');
      return decodePostingList(KEY, body, rows.dimensions);
    });
    const records = lists.flatMap((list) => [...list.records]).sort((a, b) => a - b);
    expect(records).toEqual(vectors.map((_, i) => i));
    return { descriptor, lists };
  }

  it.each([
    [1, 1, 'flat'],
    [127, 1, 'flat'],
    [128, 1, 'flat'],
    [129, 11, 'clustered'],
    [1_000, 83, 'clustered'],
  ] as const)('of %i rows are %i, %s', (rows, lists, kind) => {
    expect(listsFor(rows)).toBe(lists);
    const { descriptor } = build(randomVectors(rows, 64, rows));
    expect(descriptor).toMatchObject({ kind, chunks: rows, documents: 1 });
    expect(descriptor.listCount).toBeLessThanOrEqual(lists);
    expect(descriptor.listCount).toBeGreaterThanOrEqual(Math.floor(0.8 * lists));
    expect(descriptor.lists).toHaveLength(kind === 'flat' ? descriptor.listCount : 0);
    expect(descriptor.spread > 0).toBe(kind === 'clustered');
  });

  it('are cut to values where all vectors are equal, and the segment is flat', () => {
    const [vector] = randomVectors(1, 1_536, 9) as [Float32Array];
    const rowsMax = postingListRowsMax(1_536, 1);
    const { descriptor, lists } = build(Array.from({ length: 2 * rowsMax + 1 }, () => vector));
    expect(descriptor).toMatchObject({ kind: 'flat', listCount: 3 });
    expect(lists.map(({ count }) => count)).toEqual([rowsMax, rowsMax, 1]);
  });

  it('grow with the cube root of the rows, and train on a part of many', () => {
    for (const rows of [10_000, 25_000, 100_000]) {
      expect(listsFor(8 * rows) / listsFor(rows)).toBeCloseTo(2, 1);
    }
    for (const rows of [1, 128, 129, 5_000]) {
      expect([...sampleRows(rows)]).toEqual(Array.from({ length: rows }, (_, i) => i));
    }
    const sample = sampleRows(100_000);
    expect(sample.length).toBeLessThan(30_000);
    expect(sampleRows(100_000)).toEqual(sample);
    expect([...sample].every((row, i) => i === 0 || row > (sample[i - 1] ?? 0))).toBe(true);
    expect(sample.at(-1)).toBeLessThan(100_000);
    const mean = sample.reduce((sum, row) => sum + row, 0) / sample.length;
    expect(Math.abs(mean - 50_000)).toBeLessThan(1_500);
  });
});
