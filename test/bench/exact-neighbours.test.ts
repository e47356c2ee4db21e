import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DotProducts } from '../../bench/workloads/dot-products';
import { ExactNeighbours, exactNeighbours } from '../../bench/workloads/exact-neighbours';
import { generateSynthetic, syntheticBase } from '../../bench/workloads/synthetic';
import { sourceOf } from '../../bench/workloads/vector-source';
import { randomVectors } from '../support/random-vectors';

const joined = (vectors: readonly Float32Array[]) =>
  Float32Array.from(vectors.flatMap((vector) => [...vector]));

/** Product of two vectors with one sum for each remainder of the dimension by 4, in float64. */
function plainDot(a: Float32Array, b: Float32Array): number {
  const sums = [0, 0, 0, 0];
  for (const [i, value] of a.entries()) sums[i % 4] = Number(sums[i % 4]) + value * Number(b[i]);
  return sums.reduce((total, sum) => total + sum);
}

function plainNeighbours(base: Float32Array[], query: Float32Array, k: number): number[] {
  return base
    .map((vector, row) => ({ row, score: plainDot(vector, query) }))
    .sort((a, b) => b.score - a.score || a.row - b.row)
    .slice(0, k)
    .map(({ row }) => row);
}

describe('exact neighbours', () => {
  it.each([
    [500, 64, 7, 100],
    [300, 384, 4, 10],
    [257, 100, 3, 100],
    [130, 30, 5, 1],
    [1000, 17, 1, 100],
  ])('of %i vectors of %i dimensions, %i queries, k %i equal a plain loop', async (...given) => {
    const [n, dims, count, k] = given;
    const base = randomVectors(n, dims, 1);
    const queries = randomVectors(count, dims, 2);
    const found = await exactNeighbours(joined(base), joined(queries), dims, k);
    expect([...found]).toEqual(queries.flatMap((query) => plainNeighbours(base, query, k)));
  });

  it('come best first, and of equal scores the lower row', async () => {
    const [a, b] = randomVectors(2, 64, 3) as [Float32Array, Float32Array];
    const base = joined(Array.from({ length: 250 }, (_, row) => (row % 2 === 0 ? a : b)));
    const found = await exactNeighbours(base, a, 64);
    expect([...found]).toEqual(Array.from({ length: 100 }, (_, i) => 2 * i));
  });

  it('are filled up with -1 where the base has fewer', async () => {
    const base = joined(randomVectors(3, 64, 1));
    const found = await exactNeighbours(base, base.subarray(64, 128), 64, 5);
    expect(found[0]).toBe(1);
    expect([...found].slice(3)).toEqual([-1, -1]);
  });

  it('are the same whether the base is whole or streamed, in whatever order', async () => {
    const spec = { kind: 'topic', n: 1500, dims: 256, queries: 30, seed: 7 } as const;
    const { base, queries } = generateSynthetic(spec);
    const whole = await exactNeighbours(base, queries, spec.dims);
    expect(await exactNeighbours(syntheticBase(spec), queries, spec.dims)).toEqual(whole);
    const neighbours = await ExactNeighbours.create(queries, spec.dims);
    for (const block of [...sourceOf(base, spec.dims).blocks(77)].reverse()) neighbours.add(block);
    expect(neighbours.result()).toEqual(whole);
  });
});

describe('the kernel of dot products', () => {
  it.each([4, 8, 12, 100, 1536])(
    'sums in float64 as a plain loop does: %i dimensions',
    async (dims) => {
      const rows = randomVectors(9, dims, 1);
      const columns = randomVectors(6, dims, 2);
      const products = await DotProducts.create(dims, columns.length, 'float64');
      products.setColumns(joined(columns));
      const { dots, stride } = products.of(joined(rows));
      for (const [r, row] of rows.entries()) {
        for (const [c, column] of columns.entries()) {
          expect(dots[r * stride + c]).toBe(plainDot(row, column));
        }
      }
    },
  );

  it('sums in float32 to within its precision', async () => {
    const rows = randomVectors(9, 100, 1);
    const columns = randomVectors(6, 100, 2);
    const products = await DotProducts.create(100, columns.length, 'float32');
    products.setColumns(joined(columns));
    const { dots, stride } = products.of(joined(rows));
    for (const [r, row] of rows.entries()) {
      for (const [c, column] of columns.entries()) {
        expect(dots[r * stride + c]).toBeCloseTo(plainDot(row, column), 6);
      }
    }
  });
});

const data = process.env['GROUNDWORK_DATA'];

describe.skipIf(data === undefined)('the script that defines the workloads', () => {
  it('gives the same neighbours', async () => {
    const path = join(data ?? '', 'vectors', 'synthetic.mjs');
    const script = (await import(/* @vite-ignore */ pathToFileURL(path).href)) as {
      exactNeighbours(base: Float32Array, queries: Float32Array, dims: number): Int32Array;
    };
    const spec = { kind: 'hier', n: 2000, dims: 384, queries: 50, seed: 5 } as const;
    const { base, queries } = generateSynthetic(spec);
    const expected = script.exactNeighbours(base, queries, spec.dims);
    expect(await exactNeighbours(base, queries, spec.dims)).toEqual(expected);
  });
});
