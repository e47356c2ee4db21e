/** From vectors to codes and back to estimates: what the rows of a list say of their cosines. */
import { describe, expect, it } from 'vitest';
import { createCoarseScanner } from '../../src/index/coarse-scan';
import { createClustering, type EncodedRows, encodeRows } from '../../src/index/encode-rows';
import type { PostingList } from '../../src/index/posting-list';
import { trainCentroids } from '../../src/index/train-centroids';
import { pickRows, rowOf, toRows, type VectorRows } from '../../src/index/vector-rows';
import { quantizeInt8 } from '../../src/quantization/int8';
import { codeBytes, encodeOneBit } from '../../src/quantization/one-bit';
import { createRotation } from '../../src/quantization/rotation';
import { seededRandom } from '../../src/quantization/seeded-random';
import { clusteredVectors } from '../support/random-vectors';

interface Sample {
  vectors: VectorRows;
  queries: Float32Array[];
  centroids: VectorRows;
}

function sampleOf(dimensions: number, lists = 12): Sample {
  const shape = { seed: dimensions, clusters: 15, spread: 0.9 };
  const all = clusteredVectors(460, dimensions, shape);
  const vectors = toRows(all.slice(0, 400).map(quantizeInt8), dimensions);
  const options = { lists, shareMax: 1, random: seededRandom(1) };
  return { vectors, queries: all.slice(400), centroids: trainCentroids(vectors, options) };
}

const numbersOf = ({ count }: VectorRows) => Uint32Array.from({ length: count }, (_, i) => i);

function decoded({ values, scale }: { values: Int8Array; scale: number }): Float32Array {
  return Float32Array.from(values, (value) => value * scale);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

const normOf = (a: Float32Array) => Math.sqrt(dot(a, a));

/** Coded rows as the posting list of each centroid would give them to the scanner. */
function listsOf(encoded: EncodedRows, dimensions: number, count: number) {
  const stride = codeBytes(dimensions);
  return Array.from({ length: count }, (_, centroid) => {
    const rows = [...encoded.lists.keys()].filter((row) => encoded.lists[row] === centroid);
    const column = (of: Float32Array) => Float32Array.from(rows, (row) => of[row] as number);
    const codes = new Uint8Array(rows.length * stride);
    for (const [i, row] of rows.entries()) {
      codes.set(encoded.codes.subarray(row * stride, (row + 1) * stride), i * stride);
    }
    const [factors, offsets] = [column(encoded.factors), column(encoded.offsets)];
    return { rows, count: rows.length, codes, factors, offsets };
  });
}

describe('coding rows', () => {
  it.each([64, 65, 384, 1_100])(
    'takes each to its nearest centroid in %i dimensions',
    (dimensions) => {
      const { vectors, centroids } = sampleOf(dimensions);
      const encoded = encodeRows(createClustering(centroids), vectors, numbersOf(vectors));
      let nearest = 0;
      for (let row = 0; row < vectors.count; row += 1) {
        const vector = decoded(rowOf(vectors, row));
        const cosines = Array.from({ length: centroids.count }, (_, i) => {
          const centroid = decoded(rowOf(centroids, i));
          return dot(vector, centroid) / normOf(centroid);
        });
        const found = cosines[encoded.lists[row] as number] as number;
        const best = Math.max(...cosines);
        // Beyond 1,024 dimensions a short list is compared, which may miss by a little.
        expect(found).toBeGreaterThan(best - 0.05);
        if (found > best - 1e-6) nearest += 1;
      }
      expect(nearest).toBeGreaterThanOrEqual(dimensions > 1_024 ? 392 : 400);
    },
  );

  it.each([64, 100, 127])(
    'codes the rotated residual of the decoded centroid in %i',
    (dimensions) => {
      const { vectors, centroids } = sampleOf(dimensions);
      const clustering = createClustering(centroids);
      const encoded = encodeRows(clustering, vectors, numbersOf(vectors));
      const rotation = createRotation(dimensions);
      const stride = codeBytes(dimensions);
      for (let row = 0; row < vectors.count; row += 7) {
        const centroid = clustering.decoded[encoded.lists[row] as number] as Float32Array;
        const rotated = decoded(rowOf(vectors, row));
        rotation.apply(rotated, rotated);
        const residual = rotated.map((value, i) => value - (centroid[i] as number));
        const code = new Uint8Array(stride);
        const terms = encodeOneBit(residual, centroid, code, 0);
        expect(encoded.codes.subarray(row * stride, (row + 1) * stride)).toEqual(code);
        expect(encoded.factors[row]).toBeCloseTo(terms.factor, 6);
        expect(encoded.offsets[row]).toBeCloseTo(terms.offset, 6);
        expect(encoded.squaredNorms[row]).toBeCloseTo(dot(residual, residual), 5);
      }
    },
  );

  it('of blocks is the same as of all at once, whatever their order', () => {
    const { vectors, centroids } = sampleOf(100);
    const clustering = createClustering(centroids);
    const whole = encodeRows(clustering, vectors, numbersOf(vectors));
    const numbers = Uint32Array.from(numbersOf(vectors)).reverse();
    for (const block of [numbers.slice(0, 150), numbers.slice(150)]) {
      const part = encodeRows(clustering, pickRows(vectors, block), block);
      expect(part.rows).toEqual(block);
      for (const [i, row] of block.entries()) {
        const stride = codeBytes(100);
        expect(part.codes.subarray(i * stride, (i + 1) * stride)).toEqual(
          whole.codes.subarray(row * stride, (row + 1) * stride),
        );
        for (const column of ['lists', 'factors', 'offsets', 'squaredNorms'] as const) {
          expect(part[column][i]).toBe(whole[column][row]);
        }
      }
    }
  });

  it('gives all rows to the one centroid of a flat segment, and none of none', () => {
    const { vectors, centroids } = sampleOf(64, 1);
    const clustering = createClustering(centroids);
    expect(clustering.count).toBe(1);
    const encoded = encodeRows(clustering, vectors, numbersOf(vectors));
    expect([...encoded.lists].every((list) => list === 0)).toBe(true);
    const none = { ...vectors, count: 0, scales: new Float32Array(0), values: new Int8Array(0) };
    expect(encodeRows(clustering, none, new Uint32Array(0)).count).toBe(0);
  });
});

describe('estimates of coded rows', () => {
  it.each([64, 65, 100, 127, 384])('are unbiased, with the error they say, in %i', (dimensions) => {
    const { vectors, queries, centroids } = sampleOf(dimensions);
    const clustering = createClustering(centroids);
    const encoded = encodeRows(clustering, vectors, numbersOf(vectors));
    const scanner = createCoarseScanner(dimensions);
    let [count, sum, squares, saidSquares, foundSquares] = [0, 0, 0, 0, 0];
    const lists = listsOf(encoded, dimensions, clustering.count);
    for (const query of queries) {
      const coarse = scanner.prepare(query);
      for (const [centroid, { rows, ...columns }] of lists.entries()) {
        const list = { ...columns, centroid: clustering.centroids[centroid] } as PostingList;
        const { estimates, errors } = scanner.scoreList(coarse, list);
        for (const [i, row] of rows.entries()) {
          const error = (estimates[i] as number) - dot(query, decoded(rowOf(vectors, row)));
          const said = errors[i] as number;
          count += 1;
          sum += error / said;
          squares += (error / said) ** 2;
          saidSquares += said ** 2;
          foundSquares += error ** 2;
        }
      }
    }
    const deviation = Math.sqrt(squares / count);
    expect(count).toBe(400 * queries.length);
    expect(Math.abs(sum / count)).toBeLessThan((4 * deviation) / Math.sqrt(400));
    expect(Math.abs(deviation - 1)).toBeLessThan(0.15);
    expect(Math.abs(Math.sqrt(foundSquares / saidSquares) - 1)).toBeLessThan(0.15);
  });
});
