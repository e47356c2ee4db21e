import { describe, expect, it } from 'vitest';
import { exactNeighbours, TRUTH_WIDTH } from '../../bench/workloads/exact-neighbours';
import { loadWorkload, whyAbsent } from '../../bench/workloads/load';
import { wholeOf } from '../../bench/workloads/vector-source';
import { readWorkload, syntheticWorkload, workloadNames } from '../../bench/workloads/workload';
import { codeRejectedBy, codeThrownBy } from '../support/error-code';

const data = process.env['GROUNDWORK_DATA'];

describe('the workloads', () => {
  const workloads = workloadNames().map(readWorkload);

  it('are the cells of the bench', () => {
    const cells = workloads.map((workload) => workload.name).sort();
    expect(cells).toEqual(
      [
        ...['1k', '10k', '50k', '100k', '200k'].map((n) => `hier-${n}-1536`),
        ...['256', '512', '768', '3072'].map((dims) => `hier-10k-${dims}`),
        ...['1k', '10k', '100k'].map((n) => `topic-${n}-1536`),
        ...['gmm', 'spec', 'uniform'].map((kind) => `${kind}-10k-1536`),
        'lsa-20000x512',
        'minilm-778x384',
      ].sort(),
    );
  });

  it('are called by what they hold', () => {
    for (const workload of workloads) {
      if (!('kind' in workload)) continue;
      const { name, kind, n, dims, queries, seed } = workload;
      expect(name).toBe(`${kind}-${n / 1000}k-${dims}`);
      expect({ queries, seed }).toEqual({ queries: 200, seed: 1 });
    }
  });

  it('are unknown by any other name', () => {
    expect(codeThrownBy(() => readWorkload('hier-2k-1536'))).toBe('workload_unknown');
  });
});

describe('a loaded workload', () => {
  it('is the same held or streamed', async () => {
    const spec = { kind: 'hier', n: 900, dims: 256, queries: 10, seed: 3 } as const;
    const workload = syntheticWorkload(spec);
    const held = await loadWorkload(workload);
    const streamed = await loadWorkload(workload, { holdBytesMax: 0 });
    expect(held).toMatchObject({ n: 900, dims: 256 });
    expect(held.truth).toHaveLength(10 * TRUTH_WIDTH);
    expect(streamed.queries).toEqual(held.queries);
    expect(streamed.truth).toEqual(held.truth);
    expect(wholeOf(streamed.base)).toEqual(wholeOf(held.base));
  });

  it('of a package has every 8th vector as a query, all of unit length', async () => {
    const { n, dims, base, queries, truth } = await loadWorkload(readWorkload('minilm-778x384'));
    const rows = wholeOf(base);
    expect({ n, dims, queries: queries.length / dims }).toEqual({ n: 681, dims: 384, queries: 97 });
    for (const vectors of [rows, queries]) {
      for (let start = 0; start < vectors.length; start += dims) {
        expect(Math.hypot(...vectors.subarray(start, start + dims))).toBeCloseTo(1, 5);
      }
    }
    expect(truth.every((row) => row >= 0 && row < n)).toBe(true);
  });

  it('is absent where its folder is not named, and says so', async () => {
    const lsa = readWorkload('lsa-20000x512');
    expect(whyAbsent(readWorkload('hier-1k-1536'), undefined)).toBeUndefined();
    if (data === undefined) {
      expect(whyAbsent(lsa)).toMatch(/GROUNDWORK_DATA/);
      expect(await codeRejectedBy(loadWorkload(lsa))).toBe('workload_absent');
    }
    expect(await codeRejectedBy(loadWorkload(lsa, { data: 'absent' }))).toBe('vectors_missing');
  });

  it.skipIf(data === undefined)('of real text has the truth that comes with it', async () => {
    const { n, dims, base, queries, truth } = await loadWorkload(readWorkload('lsa-20000x512'));
    expect({ n, dims, queries: queries.length / dims }).toEqual({
      n: 20_000,
      dims: 512,
      queries: 100,
    });
    // The truth was computed before the vectors were made unit length again: near ties may swap.
    const exact = await exactNeighbours(base, queries, dims);
    for (let start = 0; start < truth.length; start += TRUTH_WIDTH) {
      const given = new Set(truth.subarray(start, start + 10));
      const own = exact.subarray(start, start + 10);
      expect(own.filter((row) => !given.has(row)).length).toBeLessThanOrEqual(1);
    }
  });
});
