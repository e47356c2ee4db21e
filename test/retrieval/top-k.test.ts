import { similarity } from 'ml-distance';
import { describe, expect, it } from 'vitest';
import type { VectorRows } from '../../src/index/segment';
import { quantizeInt8 } from '../../src/quantization/int8';
import { topRows } from '../../src/retrieval/top-k';
import { clusteredVectors, randomVectors } from '../support/random-vectors';

const K = 10;

function toRows(vectors: readonly Float32Array[]): VectorRows {
  const dimensions = vectors[0]?.length ?? 1;
  const quantized = vectors.map(quantizeInt8);
  const values = new Int8Array(vectors.length * dimensions);
  for (const [row, vector] of quantized.entries()) values.set(vector.values, row * dimensions);
  const scales = Float32Array.from(quantized, ({ scale }) => scale);
  return { dimensions, count: vectors.length, scales, values };
}

/** Exact search by another library over the float32 vectors. */
function exactTop(query: Float32Array, vectors: readonly Float32Array[]): number[] {
  return vectors
    .map((vector, row) => ({ row, score: similarity.cosine([...query], [...vector]) }))
    .sort((a, b) => b.score - a.score || a.row - b.row)
    .slice(0, K)
    .map(({ row }) => row);
}

/** Rows of the exact top ten that topRows found, over all queries. */
function rowsFound(vectors: readonly Float32Array[], queries: readonly Float32Array[]): number {
  const rows = toRows(vectors);
  return queries.reduce((found, query) => {
    const exact = new Set(exactTop(query, vectors));
    return found + topRows(quantizeInt8(query), rows, K).filter(({ row }) => exact.has(row)).length;
  }, 0);
}

describe('topRows against exact search by ml-distance over float32', () => {
  it('finds at least 98 % of the ten nearest among vectors without structure', () => {
    const vectors = randomVectors(1_500, 256, 21);
    const found = rowsFound(vectors, randomVectors(40, 256, 22));
    expect(found).toBeGreaterThanOrEqual(0.98 * 400);
    expect(found).toBe(393);
  });

  it('finds at least 96 % of the ten nearest inside tight clusters', () => {
    const shape = { seed: 31, clusters: 20, spread: 0.35 };
    const vectors = clusteredVectors(1_500, 256, shape);
    const queries = clusteredVectors(1_540, 256, shape).slice(1_500);
    const found = rowsFound(vectors, queries);
    expect(found).toBeGreaterThanOrEqual(0.96 * 400);
    expect(found).toBe(386);
  });

  it('gives scores that are cosines to within 0.01', () => {
    const vectors = randomVectors(200, 128, 41);
    for (const query of randomVectors(10, 128, 42)) {
      for (const { row, score } of topRows(quantizeInt8(query), toRows(vectors), 200)) {
        const exact = similarity.cosine([...query], [...(vectors[row] as Float32Array)]);
        expect(Math.abs(score - exact)).toBeLessThan(0.01);
      }
    }
  });
});

describe('topRows', () => {
  it('orders equal scores by row, also where the k-th place is contested', () => {
    const [a, b] = randomVectors(2, 32, 51) as [Float32Array, Float32Array];
    const vectors = [b, a, b, a, a, b, a];
    const query = quantizeInt8(a);
    expect(topRows(query, toRows(vectors), 3).map(({ row }) => row)).toEqual([1, 3, 4]);
    expect(topRows(query, toRows(vectors), 6).map(({ row }) => row)).toEqual([1, 3, 4, 6, 0, 2]);
  });

  it('gives the same order as sorting every score, for every k', () => {
    const vectors = randomVectors(60, 16, 61);
    const doubled = [...vectors, ...vectors];
    const rows = toRows(doubled);
    const query = quantizeInt8(randomVectors(1, 16, 62)[0] as Float32Array);
    const all = topRows(query, rows, 120);
    const sorted = [...all].sort((x, y) => y.score - x.score || x.row - y.row);
    expect(all).toEqual(sorted);
    for (let k = 1; k < 120; k += 1) expect(topRows(query, rows, k)).toEqual(all.slice(0, k));
  });

  it('gives every row once when k is more than there are, and none of no rows', () => {
    const vectors = randomVectors(5, 16, 71);
    const query = quantizeInt8(vectors[0] as Float32Array);
    const rows = topRows(query, toRows(vectors), 100).map(({ row }) => row);
    expect(rows.sort()).toEqual([0, 1, 2, 3, 4]);
    const none = {
      dimensions: 16,
      count: 0,
      scales: new Float32Array(0),
      values: new Int8Array(0),
    };
    expect(topRows(query, none, 10)).toEqual([]);
  });
});
