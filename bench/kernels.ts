/**
 * What the kernels take at 1,536 dimensions: in WebAssembly, in TypeScript, and beside them
 * ml-distance over float32. GB/s counts the bytes of the rows once. Run: npm run bench -- kernels
 */

import { distance, similarity } from 'ml-distance';
import { Bench } from 'tinybench';
import { createKernels, type Kernels } from '../src/kernels/kernels';
import { seededRandom } from '../test/support/local-app';
import { saveResult } from './report';

const DIMENSIONS = 1536;
const CODE_BYTES = DIMENSIONS / 8;
const PLANES = 6;
const ROW_COUNTS = [1000, 10_000];
const CENTROIDS = 256;
const TRANSFORMS = 100;
const TRANSFORM_LENGTH = 2048;

interface Task {
  kernel: string;
  by: string;
  rows: number;
  bytes: number;
  run(): void;
}

const both = [createKernels({ target: 'wasm-simd128' }), createKernels({ target: 'typescript' })];
const tasks = [
  ...ROW_COUNTS.flatMap((rows) => [
    ...both.map((kernels) => dotTask(kernels, rows)),
    ...floatTasks(rows),
  ]),
  ...ROW_COUNTS.flatMap((rows) => both.map((kernels) => scanTask(kernels, rows))),
  ...both.map(nearestTask),
  ...both.map(transformTask),
];

const results = [];
for (const { kernel, by, rows, bytes, run } of tasks) {
  const bench = new Bench({ time: 400, warmupTime: 200 });
  bench.add(kernel, run);
  const [task] = await bench.run();
  if (task?.result.state !== 'completed') throw new Error(`${kernel} by ${by} did not complete`);
  const p50Ms = task.result.latency.p50;
  results.push({
    kernel,
    by,
    rows,
    p50Ms: Number(p50Ms.toPrecision(3)),
    gigabytesPerSecond: Number((bytes / p50Ms / 1e6).toPrecision(3)),
  });
}
console.table(results);
saveResult('kernels', results);

function dotTask(kernels: Kernels, rows: number): Task {
  const { offsets, fill } = regions([4 * rows, DIMENSIONS, rows * DIMENSIONS]);
  const [out = 0, query = 0, values = 0] = offsets;
  const run = () => kernels.dotInt8Rows(query, values, rows, DIMENSIONS, out);
  const bytes = rows * DIMENSIONS;
  return {
    kernel: 'dotInt8Rows',
    by: kernels.target,
    rows,
    bytes,
    run: filled(kernels, fill, run),
  };
}

function scanTask(kernels: Kernels, rows: number): Task {
  const { offsets, fill } = regions([4 * rows, PLANES * CODE_BYTES, rows * CODE_BYTES]);
  const [out = 0, planes = 0, codes = 0] = offsets;
  const run = () => kernels.scanOneBit(planes, PLANES, codes, CODE_BYTES, CODE_BYTES, rows, out);
  const bytes = rows * CODE_BYTES;
  return { kernel: 'scanOneBit', by: kernels.target, rows, bytes, run: filled(kernels, fill, run) };
}

function nearestTask(kernels: Kernels): Task {
  const rows = CENTROIDS;
  const parts = [4 * rows, 4 * rows, 4 * rows, DIMENSIONS, rows * DIMENSIONS];
  const { offsets, fill } = regions(parts);
  const [out = 0, scales = 0, bias = 0, query = 0, values = 0] = offsets;
  const run = () => {
    kernels.nearestRow(query, values, rows, DIMENSIONS, scales, bias, out);
  };
  const bytes = rows * DIMENSIONS;
  return { kernel: 'nearestRow', by: kernels.target, rows, bytes, run: filled(kernels, fill, run) };
}

/** Transforms zeros, which stay finite however often; the additions take as long as any others. */
function transformTask(kernels: Kernels): Task {
  const bytes = 4 * TRANSFORM_LENGTH * TRANSFORMS;
  const run = () => {
    for (let i = 0; i < TRANSFORMS; i += 1) {
      kernels.hadamard(4 * TRANSFORM_LENGTH * i, TRANSFORM_LENGTH);
    }
  };
  const zeros = (memory: Uint8Array) => memory.fill(0);
  const prepared = filled(kernels, { bytes, write: zeros }, run);
  const kernel = `hadamard of ${TRANSFORM_LENGTH}`;
  return { kernel, by: kernels.target, rows: TRANSFORMS, bytes, run: prepared };
}

function floatTasks(rows: number): Task[] {
  const random = seededRandom(rows);
  const vector = () => Float32Array.from({ length: DIMENSIONS }, () => random() - 0.5);
  const query = vector();
  const out = new Float64Array(rows);
  let vectors: Float32Array[] | undefined;
  const task = (by: string, score: (a: Float32Array, b: Float32Array) => number): Task => ({
    kernel: 'float32',
    by: `ml-distance ${by}`,
    rows,
    bytes: 4 * rows * DIMENSIONS,
    run: () => {
      vectors ??= Array.from({ length: rows }, vector);
      for (const [row, other] of vectors.entries()) out[row] = score(query, other);
    },
  });
  return [task('innerProduct', distance.innerProduct), task('cosine', similarity.cosine)];
}

interface Fill {
  bytes: number;
  write(memory: Uint8Array): void;
}

/** Offsets of parts of so many bytes, each at a multiple of 16, and random bytes for all of them. */
function regions(parts: readonly number[]): { offsets: number[]; fill: Fill } {
  let bytes = 0;
  const offsets = parts.map((part) => {
    const start = bytes;
    bytes += Math.ceil(part / 16) * 16;
    return start;
  });
  const random = seededRandom(bytes);
  const write = (memory: Uint8Array) => {
    for (let i = 0; i < bytes; i += 1) memory[i] = Math.floor(256 * random());
  };
  return { offsets, fill: { bytes, write } };
}

/** The same, with the memory filled at the first call: the tasks use one memory in turn. */
function filled(kernels: Kernels, { bytes, write }: Fill, run: () => void): () => void {
  let isFilled = false;
  return () => {
    if (!isFilled) {
      kernels.reserve(bytes);
      write(new Uint8Array(kernels.buffer));
      isFilled = true;
    }
    run();
  };
}
