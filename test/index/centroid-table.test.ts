import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CentroidTable,
  decodeCentroidTable,
  encodeCentroidTable,
} from '../../src/index/centroid-table';
import { PART_BYTES_MAX, sealedBytes } from '../../src/index/envelope';
import { codeThrownBy } from '../support/error-code';
import { chunksOf, clearSpareBits, sampleCentroidTable } from '../support/stored-values';

const keyOf = (part: number) => `l:0123456789abcdef:s:fedcba9876543210:c:${part}`;
const partsOf = (encoded: readonly Uint8Array[]) =>
  encoded.map((bytes, part) => ({ key: keyOf(part), bytes: Buffer.from(bytes) }));
const decode = (encoded: readonly Uint8Array[], table: CentroidTable) =>
  decodeCentroidTable(partsOf(encoded), {
    dimensions: table.dimensions,
    chunks: chunksOf(table),
  });

const tables: fc.Arbitrary<CentroidTable> = fc
  .tuple(
    fc.integer({ min: 64, max: 200 }),
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: 1, max: 25 }),
  )
  .chain(([dimensions, lists, codeBytes]) => {
    const bytes = Math.min(codeBytes, Math.ceil(dimensions / 8));
    const column = { minLength: lists, maxLength: lists };
    const codes = fc.uint8Array({ minLength: lists * bytes, maxLength: lists * bytes });
    return fc.record({
      dimensions: fc.constant(dimensions),
      bits: fc.constant(8 * bytes),
      lists: fc.constant(lists),
      codes: codes.map((rows) => clearSpareBits(rows, Math.min(8 * bytes, dimensions))),
      scales: fc.float32Array({ ...column, min: 0, max: 2, noNaN: true }),
      radii: fc.float32Array({ ...column, min: 0, max: 2, noNaN: true }),
      counts: fc.uint32Array({ ...column, min: 1, max: 65_535 }),
      runs: fc.constant(new Uint32Array(lists).fill(1)),
    });
  });

describe('a centroid table', () => {
  it('comes back as it was, scales and radii within half a step of 65,536', () => {
    fc.assert(
      fc.property(tables, (table) => {
        const back = decode(encodeCentroidTable(table), table);
        const { scales, radii, ...exact } = table;
        expect(back).toMatchObject(exact);
        for (const [column, given] of [
          [back.scales, scales],
          [back.radii, radii],
        ] as const) {
          const max = Math.max(...given);
          const tolerance = max / 131_070 + max * 2 ** -22 + 1e-44;
          for (let i = 0; i < table.lists; i += 1) {
            const error = Math.abs((column[i] as number) - (given[i] as number));
            expect(error).toBeLessThanOrEqual(tolerance);
          }
        }
      }),
    );
  });

  it.each([
    [384, 128, 20_000],
    [100, 104, 10_000],
    [3072, 3072, 1_000],
  ])('of %i dimensions with codes of %i bits and %i lists is split and comes back', (...shape) => {
    const [dimensions, bits, lists] = shape;
    const table = sampleCentroidTable(7, { dimensions, bits, lists });
    const encoded = encodeCentroidTable(table);
    expect(encoded.length).toBeGreaterThan(1);
    for (const bytes of encoded) {
      expect(sealedBytes('centroids', bytes.length)).toBeLessThanOrEqual(PART_BYTES_MAX);
    }
    for (const bytes of encoded.slice(0, -1)) {
      const oneMore = bytes.length + bits / 8 + 8;
      expect(sealedBytes('centroids', oneMore)).toBeGreaterThan(PART_BYTES_MAX - 16);
    }
    const back = decode(encoded, table);
    expect(back.counts).toEqual(table.counts);
    expect(back.runs).toEqual(table.runs);
    expect(Buffer.compare(back.codes, table.codes)).toBe(0);
    expect(encodeCentroidTable(back)).toEqual(encoded);
  });

  it('is reported when a part is missing, doubled or of other codes', () => {
    const table = sampleCentroidTable(8, { dimensions: 384, bits: 384, lists: 5_000 });
    const encoded = encodeCentroidTable(table) as [Uint8Array, Uint8Array];
    expect(encoded.length).toBe(2);
    const [first, second] = encoded;
    const last = sampleCentroidTable(9, { dimensions: 384, bits: 8, lists: 3 });
    const other = encodeCentroidTable(last);
    for (const wrong of [[], [first], [second], [first, second, second], [first, ...other]]) {
      expect(codeThrownBy(() => decode(wrong, table))).toBe('value_corrupt');
    }
    expect(codeThrownBy(() => decode([first, ...other], joinedCounts([table, last])))).toBe(
      'value_corrupt',
    );
  });

  it('is reported when library or segment say otherwise', () => {
    const table = sampleCentroidTable(10, { dimensions: 100, bits: 64, lists: 3 });
    const parts = partsOf(encodeCentroidTable(table));
    const expected = { dimensions: 100, chunks: chunksOf(table) };
    expect(codeThrownBy(() => decodeCentroidTable(parts, expected))).toBeUndefined();
    for (const other of [{ dimensions: 101 }, { chunks: expected.chunks - 1 }, { chunks: 0 }]) {
      const wrong = { ...expected, ...other };
      expect(codeThrownBy(() => decodeCentroidTable(parts, wrong))).toBe('value_corrupt');
    }
  });
});

describe('what no centroid table can hold', () => {
  const sound = sampleCentroidTable(11, { dimensions: 70, bits: 72, lists: 3 });
  const cases: [string, Partial<CentroidTable>][] = [
    ['no lists', { lists: 0 }],
    ['no dimensions', { dimensions: 0 }],
    ['bits that are no bytes', { bits: 71 }],
    ['no bits', { bits: 0 }],
    ['more bits than dimensions', { bits: 80, codes: new Uint8Array(30) }],
    ['codes of another length', { codes: sound.codes.slice(1) }],
    ['a spare bit of a code', { codes: sound.codes.with(8, 0x40) }],
    ['too few scales', { scales: sound.scales.slice(1) }],
    ['too many radii', { radii: new Float32Array(4) }],
    ['too few counts', { counts: sound.counts.slice(1) }],
    ['too few runs', { runs: sound.runs.slice(1) }],
    ['a negative scale', { scales: sound.scales.with(1, -1) }],
    ['an infinite radius', { radii: sound.radii.with(1, Number.POSITIVE_INFINITY) }],
    ['a radius that is no number', { radii: sound.radii.with(0, Number.NaN) }],
    ['a list without rows', { counts: sound.counts.with(2, 0) }],
    ['a list of 65,536 rows', { counts: sound.counts.with(2, 65_536) }],
    ['a list without runs', { runs: sound.runs.with(2, 0) }],
    ['more runs than rows', { counts: sound.counts.with(0, 2), runs: sound.runs.with(0, 3) }],
  ];

  it.each(cases)('is refused: %s', (_, change) => {
    expect(codeThrownBy(() => encodeCentroidTable({ ...sound, ...change }))).toBe(
      'invariant_violated',
    );
  });

  it('differs from what it can: the sound table is written', () => {
    expect(codeThrownBy(() => encodeCentroidTable(sound))).toBeUndefined();
  });
});

/** A table whose chunks are those of several, to get past the check of their sum. */
function joinedCounts(joined: readonly CentroidTable[]): CentroidTable {
  const counts = joined.flatMap((table) => [...table.counts]);
  return { ...(joined[0] as CentroidTable), counts: Uint32Array.from(counts) };
}
