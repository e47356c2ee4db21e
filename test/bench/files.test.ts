import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readTruth, vectorFile } from '../../bench/workloads/files';
import { loadFiles } from '../../bench/workloads/load';
import { wholeOf } from '../../bench/workloads/vector-source';
import { codeRejectedBy, codeThrownBy } from '../support/error-code';
import { randomVectors } from '../support/random-vectors';

const folder = mkdtempSync(join(tmpdir(), 'groundwork-vectors-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: ArrayBufferView): string {
  const path = join(folder, name);
  writeFileSync(path, new Uint8Array(content.buffer, content.byteOffset, content.byteLength));
  return path;
}

const joined = (vectors: readonly Float32Array[]) =>
  Float32Array.from(vectors.flatMap((vector) => [...vector]));

describe('a file of vectors', () => {
  it('.f32 gives its values as they stand, in blocks of any size', () => {
    const values = Float32Array.from({ length: 70 }, (_, i) => i - 30);
    const source = vectorFile(file('seven.f32', values), 10);
    expect(source).toMatchObject({ n: 7, dims: 10 });
    expect(wholeOf(source)).toEqual(values);
    const blocks = [...source.blocks(3)];
    expect(blocks.map(({ first, rows }) => [first, rows.length])).toEqual([
      [0, 30],
      [3, 30],
      [6, 10],
    ]);
    expect(joined(blocks.map(({ rows }) => rows))).toEqual(values);
  });

  it('.f16 is widened and made unit length', () => {
    // 1, -2, the least subnormal, 0.5; then zeros, which stay zeros
    const halves = Uint16Array.from([0x3c00, 0xc000, 0x0001, 0x3800, 0, 0, 0x8000, 0]);
    const rows = wholeOf(vectorFile(file('two.f16', halves), 4));
    const norm = Math.hypot(1, 2, 2 ** -24, 0.5);
    const expected = [1, -2, 2 ** -24, 0.5].map((value) => value / norm);
    for (const [i, value] of expected.entries()) expect(rows[i]).toBeCloseTo(value, 7);
    expect([...rows.subarray(4)].map(Math.abs)).toEqual([0, 0, 0, 0]);
  });

  it.each([
    ['vectors_ending', 'base.bin', new Uint8Array(40)],
    ['vectors_ending', 'noending', new Uint8Array(40)],
    ['vectors_size', 'cut.f32', new Uint8Array(41)],
    ['vectors_size', 'otherdims.f32', new Uint8Array(44)],
    ['vectors_size', 'cut.f16', new Uint8Array(30)],
    ['vectors_size', 'empty.f32', new Uint8Array(0)],
  ])('is refused as %s: %s', (code, name, bytes) => {
    expect(codeThrownBy(() => vectorFile(file(name, bytes), 10))).toBe(code);
  });

  it('that is missing or a folder is refused by its path', () => {
    expect(codeThrownBy(() => vectorFile(join(folder, 'absent.f32'), 10))).toBe('vectors_missing');
    expect(() => vectorFile(join(folder, 'absent.f32'), 10)).toThrow(/absent\.f32.*found nothing/);
    expect(codeThrownBy(() => readTruth(folder, 1, 10))).toBe('vectors_missing');
  });

  it('with values that are no numbers is refused by its row', () => {
    const values = new Float32Array(50);
    values[33] = Number.NaN;
    const source = vectorFile(file('nan.f32', values), 10);
    expect(codeThrownBy(() => wholeOf(source))).toBe('vectors_not_finite');
    expect(() => wholeOf(source)).toThrow(/row 3/);
    const infinite = vectorFile(file('infinite.f16', Uint16Array.from([0x7c00, 0])), 2);
    expect(codeThrownBy(() => wholeOf(infinite))).toBe('vectors_not_finite');
  });
});

describe('a file of truth', () => {
  const truth = Int32Array.from({ length: 200 }, (_, i) => i);

  it('gives 100 rows a query', () => {
    expect(readTruth(file('truth.i32', truth), 2, 200)).toEqual(truth);
  });

  it('is refused when it is not for these queries or not for this base', () => {
    const path = file('truth.i32', truth);
    expect(codeThrownBy(() => readTruth(path, 3, 200))).toBe('truth_size');
    expect(codeThrownBy(() => readTruth(path, 2, 199))).toBe('truth_row');
    expect(() => readTruth(path, 2, 150)).toThrow(/query 1 names row 150/);
    const negative = file(
      'negative.i32',
      Int32Array.from(truth, (row) => row - 1),
    );
    expect(codeThrownBy(() => readTruth(negative, 2, 200))).toBe('truth_row');
  });
});

describe('vectors named file by file', () => {
  const base = file('base.f32', joined(randomVectors(150, 64, 1)));
  const queries = file('queries.f32', joined(randomVectors(2, 64, 2)));

  it('are loaded with their truth, or with the exact one where none is given', async () => {
    const computed = await loadFiles({ base, queries, dims: 64 });
    expect(computed).toMatchObject({ n: 150, dims: 64 });
    const truth = file('own.i32', Int32Array.from(computed.truth).reverse());
    const given = await loadFiles({ base, queries, truth, dims: 64 }, { holdBytesMax: 0 });
    expect([...given.truth].reverse()).toEqual([...computed.truth]);
    expect(wholeOf(given.base)).toEqual(wholeOf(computed.base));
  });

  it('are refused when the dimensions are not theirs', async () => {
    expect(await codeRejectedBy(loadFiles({ base, queries, dims: 65 }))).toBe('vectors_size');
  });
});
