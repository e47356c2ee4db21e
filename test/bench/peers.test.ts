import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adapter as mlDistance } from '../../bench/peers/ml-distance';
import type { PeerAdapter } from '../../bench/peers/support/adapter';
import { measurePeer } from '../../bench/peers/support/measure';
import { exactNeighbours } from '../../bench/workloads/exact-neighbours';
import { generateSynthetic } from '../../bench/workloads/synthetic';
import { ROOT } from '../support/project-files';

const spec = { kind: 'hier', n: 300, dims: 64, queries: 30, seed: 1 } as const;
const generated = generateSynthetic(spec);
const truth = await exactNeighbours(generated.base, generated.queries, spec.dims);
const input = { n: spec.n, dims: spec.dims, ...generated, truth };

/** Finds as many of the ten nearest as its knob says, each query being known by its address. */
function fakePeer(closed: string[]): PeerAdapter {
  let right = 0;
  const search = (query: Float32Array, k: number) => {
    const at = query.byteOffset / query.byteLength;
    const rows = [...truth.subarray(at * 100, at * 100 + right)];
    return [...rows, ...Array.from({ length: k - right }, () => -1)];
  };
  const knob = {
    name: 'right',
    values: [2, 5, 8, 10],
    set: (value: number) => {
      right = value;
    },
  };
  const close = () => void closed.push('closed');
  return {
    name: 'fake',
    isNative: false,
    version: '1.0.0',
    build: async () => ({ search, knob, stored: () => ({ note: 'nothing stored' }), close }),
  };
}

describe('a peer', () => {
  it('is measured: an exact one finds all', async () => {
    const row = await measurePeer(mlDistance, 'sample', input, 0.97);
    expect(row).toMatchObject({
      workload: 'sample',
      peer: 'ml-distance',
      native: false,
      'recall@10': 1,
      bytesPerVector: 256,
      coldUnits: Math.ceil((300 * 256 * 4) / 3 / 10_000),
    });
    expect(row.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(row).not.toHaveProperty('setting');
  });

  it.each([
    [0.1, 'right 2', 0.2],
    [0.5, 'right 5', 0.5],
    [0.7, 'right 8', 0.8],
    [1.1, 'right 10', 1],
  ])('is turned up until its recall reaches %f', async (floor, setting, recall) => {
    const closed: string[] = [];
    const row = await measurePeer(fakePeer(closed), 'sample', input, floor);
    expect(row).toMatchObject({ setting, 'recall@10': recall, note: 'nothing stored' });
    expect(row).not.toHaveProperty('coldUnits');
    expect(closed).toEqual(['closed']);
  });

  it('can be described without its package', async () => {
    const files = readdirSync(join(ROOT, 'bench', 'peers')).filter((file) => file.endsWith('.ts'));
    expect(files).toContain('hnswlib-wasm.ts');
    for (const file of files) {
      const { adapter } = (await import(join(ROOT, 'bench', 'peers', file))) as {
        adapter: PeerAdapter;
      };
      expect(adapter.name).toBe(file.replace(/\.ts$/, ''));
      expect(adapter.version).toMatch(/^(\d+\.\d+\.\d+|not installed)$/);
    }
  });
});
