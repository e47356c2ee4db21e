/** `groundwork bench vectors` as a process: the figures of the interface, and what it refuses. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exactNeighbours } from '../../bench/workloads/exact-neighbours';
import { generateSynthetic } from '../../bench/workloads/synthetic';
import { groundwork } from '../support/cli-process';

const DIMS = 64;
const ROWS = 300;
const QUERIES = 20;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'groundwork-bench-'));
  const spec = { kind: 'topic', n: ROWS, dims: DIMS, queries: QUERIES, seed: 3 } as const;
  const { base, queries } = generateSynthetic(spec);
  await writeFile(join(folder, 'base.f32'), base);
  await writeFile(join(folder, 'queries.f32'), queries);
  await writeFile(join(folder, 'truth.i32'), await exactNeighbours(base, queries, DIMS));
  await writeFile(join(folder, 'short.i32'), new Int32Array(7));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bench = (...args: string[]) => groundwork(['bench', 'vectors', ...args], { cwd: folder });
const files = ['--base', 'base.f32', '--queries', 'queries.f32', '--truth', 'truth.i32'];
const hier = ['--synthetic', 'hier', '--n', '1000', '--dims', '256', '--seed', '1', '--json'];

const number = expect.any(Number);
const figures = {
  readUnits: { mean: number, p50: number, p95: number },
  roundTrips: { p50: number, p95: number },
  bytesRead: { p50: number },
  computeMs: { p50: number, p95: number },
  modelMs: { p50: number },
};
const report = {
  'recall@10': number,
  cold: figures,
  warm: figures,
  store: { values: number, bytes: number, writeUnits: number },
  buildMs: number,
  peakRssMb: number,
};

/** What must be the same in every run: all but times and memory. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is tested above.
function counts(json: any) {
  const ofQueries = ({ readUnits, roundTrips, bytesRead }: typeof figures) => ({
    readUnits,
    roundTrips,
    bytesRead,
  });
  const { n, dims, store } = json;
  const recall = json['recall@10'];
  return { n, dims, recall, store, cold: ofQueries(json.cold), warm: ofQueries(json.warm) };
}

describe('made-up vectors', () => {
  it('give the keys of the interface, good recall, and the same counts in every run', async () => {
    const [first, second] = await Promise.all([bench(...hier), bench(...hier)]);
    expect(first?.exitCode).toBe(0);
    const { json } = first ?? {};
    expect(json).toEqual({ n: 1000, dims: 256, ...report });
    expect(json['recall@10']).toBeGreaterThanOrEqual(0.97);
    expect(json.cold.roundTrips.p95).toBeLessThanOrEqual(3);
    expect(json.warm.roundTrips.p95).toBe(2);
    expect(json.warm.readUnits.mean).toBeLessThan(json.cold.readUnits.mean);
    expect(json.cold.modelMs.p50).toBeGreaterThan(25 * json.cold.roundTrips.p50);
    expect(json.store.values).toBeGreaterThan(1000);
    expect(json.store.writeUnits).toBeGreaterThan(json.store.bytes / 10_000);
    expect(counts(second?.json)).toEqual(counts(json));
  });

  it('leave no store behind, and print lines for people', async () => {
    const { exitCode, stdout } = await bench('--synthetic', 'uniform', '--n', '50', '--dims', '64');
    expect(exitCode).toBe(0);
    // Fifty rows are one flat list: all of them are rescored where the errors allow.
    expect(stdout).toMatch(/^50 vectors of 64 dimensions, recall@10 (1|0\.\d+)\n/);
    expect(stdout).toMatch(/\nstored: \d+ values, /);
    const stats = await groundwork(['stats', '--json'], { cwd: folder });
    expect(stats.json).toEqual({ libraries: [], keys: 0, bytes: 0 });
  });

  it.each([
    [['--synthetic', 'cube', '--n', '10', '--dims', '64'], 'Allowed choices are hier'],
    [['--synthetic', 'hier', '--n', '0', '--dims', '64'], 'whole number above 0'],
    [['--synthetic', 'hier', '--n', '9', '--dims', '6.4'], 'whole number above 0'],
    [['--synthetic', 'hier', '--n', '9', '--dims', '64', '--seed', '-1'], 'from 0 to'],
    [['--synthetic', 'hier', '--base', 'base.f32'], 'cannot be used with'],
    [['--synthetic', 'hier', '--depth', '3'], "unknown option '--depth'"],
  ])('%j end with 2', async (args, words) => {
    const { exitCode, stdout, stderr } = await bench(...args);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(words);
  });

  it.each([
    [['--synthetic', 'hier', '--n', '9', '--dims', '32'], 'dimensions_out_of_range'],
    [['--synthetic', 'hier', '--n', '9', '--dims', '8192'], 'dimensions_out_of_range'],
    [['--synthetic', 'hier', '--n', '9', '--dims', '100'], 'workload_dims'],
    [['--synthetic', 'hier', '--n', '9000000', '--dims', '64'], 'workload_size'],
    [['--synthetic', 'hier', '--n', '9'], 'vectors_unnamed'],
    [['--synthetic', 'hier', '--dims', '64'], 'vectors_unnamed'],
    [[], 'vectors_unnamed'],
  ])('%j are %s', async (args, code) => {
    const { exitCode, json, stderr } = await bench(...args, '--json');
    expect(json).toEqual({ error: { code, message: expect.any(String) } });
    expect(exitCode).toBe(1);
    expect(stderr).not.toContain('    at ');
  });
});

describe('vectors in files', () => {
  it('are measured', async () => {
    const { exitCode, json } = await bench(...files, '--dims', `${DIMS}`, '--json');
    expect(exitCode).toBe(0);
    expect(json).toEqual({ n: ROWS, dims: DIMS, ...report });
    expect(json['recall@10']).toBeGreaterThanOrEqual(0.9);
  });

  it.each([
    [[...files, '--dims', '63'], 'dimensions_out_of_range'],
    [[...files, '--dims', '128'], 'truth_size'],
    [[...files, '--dims', '96'], 'vectors_size'],
    [[...files, '--dims', '65'], 'vectors_size'],
    [[...files], 'vectors_unnamed'],
    [[...files.slice(0, 4), '--dims', '64'], 'vectors_unnamed'],
    [[...files.slice(0, 5), 'short.i32', '--dims', '64'], 'truth_size'],
    [[...files.slice(0, 5), 'absent.i32', '--dims', '64'], 'vectors_missing'],
    [['--base', 'truth.i32', ...files.slice(2), '--dims', '64'], 'vectors_ending'],
  ])('%j are %s', async (args, code) => {
    const { exitCode, json } = await bench(...args, '--json');
    expect(json).toEqual({ error: { code, message: expect.any(String) } });
    expect(exitCode).toBe(1);
  });
});
