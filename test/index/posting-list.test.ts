import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PART_BYTES_MAX, sealValue } from '../../src/index/envelope';
import {
  codeBytes,
  decodePostingList,
  encodePostingList,
  type PostingList,
  postingListBytes,
  postingListRowsMax,
} from '../../src/index/posting-list';
import { codeThrownBy } from '../support/error-code';
import { clearSpareBits, samplePostingList } from '../support/stored-values';

const KEY = 'l:0123456789abcdef:s:fedcba9876543210:p:0';
const U24_MAX = 2 ** 24 - 1;

const bitRows = (rows: number, rowBits: number) => {
  const length = rows * Math.ceil(rowBits / 8);
  return fc
    .uint8Array({ minLength: length, maxLength: length })
    .map((bytes) => clearSpareBits(bytes, rowBits));
};
const u24s = (count: number) =>
  fc.uint32Array({ minLength: count, maxLength: count, max: U24_MAX });
const floats = (count: number, min: number, max: number) =>
  fc.float32Array({ minLength: count, maxLength: count, min, max, noNaN: true });
const job = fc
  .bigInt({ min: 0n, max: 2n ** 64n - 1n })
  .map((id) => id.toString(16).padStart(16, '0'));

/** Runs of 1 to `count` rows that are `count` together. */
const runsOf = (count: number): fc.Arbitrary<PostingList['runs']> =>
  fc.array(fc.tuple(job, fc.integer({ min: 1, max: count })), { maxLength: 8 }).map((wanted) => {
    const runs: PostingList['runs'] = [];
    let left = count;
    for (const [id, rows] of wanted) {
      if (left === 0) break;
      runs.push({ job: id, rows: Math.min(rows, left) });
      left -= Math.min(rows, left);
    }
    return left > 0 ? [...runs, { job: 'ff'.repeat(8), rows: left }] : runs;
  });

const lists: fc.Arbitrary<PostingList> = fc
  .tuple(fc.integer({ min: 64, max: 200 }), fc.integer({ min: 1, max: 60 }))
  .chain(([dimensions, count]) =>
    fc.record({
      dimensions: fc.constant(dimensions),
      count: fc.constant(count),
      centroid: fc.record({
        scale: fc.float({ min: 0, max: 1, noNaN: true }),
        nibbles: bitRows(1, 4 * dimensions),
      }),
      runs: runsOf(count),
      codes: bitRows(count, dimensions),
      factors: floats(count, 0, 4),
      offsets: floats(count, -2, 2),
      documents: u24s(count),
      records: u24s(count),
      starts: u24s(count),
      lengths: u24s(count),
    }),
  );

/** Half a step of 256 over the range of a column, and what float32 rounds. */
function toleranceOf(values: Float32Array, from: number): number {
  const low = Math.min(from, ...values);
  const high = Math.max(from, ...values);
  return ((high - low) / 510) * 1.000_01 + Math.max(-low, high) * 2 ** -22 + 1e-44;
}

describe('a posting list', () => {
  it('comes back as it was, factors and offsets within half a step of 256', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const bytes = Buffer.from(encodePostingList(list));
        const back = decodePostingList(KEY, bytes, list.dimensions);
        const { factors, offsets, ...exact } = list;
        expect(back).toMatchObject(exact);
        const factorTolerance = toleranceOf(factors, 0);
        const offsetTolerance = toleranceOf(offsets, offsets[0] as number);
        for (let i = 0; i < list.count; i += 1) {
          const factorError = (back.factors[i] as number) - (factors[i] as number);
          const offsetError = (back.offsets[i] as number) - (offsets[i] as number);
          expect(Math.abs(factorError)).toBeLessThanOrEqual(factorTolerance);
          expect(Math.abs(offsetError)).toBeLessThanOrEqual(offsetTolerance);
        }
      }),
    );
  });

  it('has the bytes it was said to have, whatever surrounds them in memory', () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 0, max: 9 }), (list, at) => {
        const bytes = encodePostingList(list);
        const { dimensions, count, runs } = list;
        expect(bytes.length).toBe(postingListBytes(dimensions, count, runs.length));
        const around = Buffer.alloc(bytes.length + 20, 0xff);
        around.set(bytes, at);
        const inside = around.subarray(at, at + bytes.length);
        const back = decodePostingList(KEY, inside, dimensions);
        expect(back).toEqual(decodePostingList(KEY, Buffer.from(bytes), dimensions));
      }),
    );
  });

  it('keeps what it decoded when it is encoded again', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const shape = { dimensions: 64 + seed, count: 3 * seed, runs: 1 + (seed % 3) };
      const bytes = Buffer.from(encodePostingList(samplePostingList(seed, shape)));
      const again = encodePostingList(decodePostingList(KEY, bytes, shape.dimensions));
      expect(Buffer.compare(bytes, again)).toBe(0);
    }
  });

  it('keeps a column of one number exactly', () => {
    const list = samplePostingList(1, { dimensions: 64, count: 3, runs: 1 });
    list.factors.fill(0.125);
    list.offsets.fill(-0.1);
    const back = decodePostingList(KEY, Buffer.from(encodePostingList(list)), 64);
    expect(back.factors).toEqual(list.factors);
    expect(back.offsets).toEqual(list.offsets);
  });

  it.each([
    [64, 1],
    [127, 3],
    [384, 1],
    [1536, 40],
    [3072, 300],
  ])('of %i dimensions in %i runs fills one stored value and no more', (dimensions, runs) => {
    const rows = postingListRowsMax(dimensions, runs);
    const jsonBytes = (count: number) => {
      const body = Buffer.alloc(postingListBytes(dimensions, count, runs)).toString('base64');
      const value = sealValue('list', KEY, body) as { checksum: number };
      return Buffer.byteLength(JSON.stringify({ ...value, checksum: 0xffff_ffff }));
    };
    expect(jsonBytes(rows)).toBeLessThanOrEqual(PART_BYTES_MAX);
    expect(jsonBytes(rows + 1)).toBeGreaterThan(PART_BYTES_MAX - 16);
    const shape = { dimensions, count: rows, runs };
    const encoded = Buffer.from(encodePostingList(samplePostingList(2, shape)));
    expect(decodePostingList(KEY, encoded, dimensions).count).toBe(rows);
    const oneMore = samplePostingList(2, { ...shape, count: rows + 2 });
    expect(codeThrownBy(() => encodePostingList(oneMore))).toBe('invariant_violated');
  });

  it('has no room for rows where the runs take all of it', () => {
    expect(postingListRowsMax(64, 60_000)).toBe(0);
    expect(postingListRowsMax(1, 1)).toBeLessThanOrEqual(65_535);
  });
});

describe('what no posting list can hold', () => {
  const shape = { dimensions: 70, count: 4, runs: 2 };
  const sound = samplePostingList(3, shape);
  const first = (values: Uint32Array, value: number) => values.with(0, value);
  const cases: [string, Partial<PostingList>][] = [
    ['no rows', { ...samplePostingList(1, { ...shape, count: 0, runs: 0 }) }],
    ['too many rows', { count: 65_536 }],
    ['no dimensions', { dimensions: 0 }],
    ['other dimensions', { dimensions: 80 }],
    ['half a row', { count: 3.5 }],
    ['more rows than columns', { count: 5 }],
    ['no runs', { runs: [] }],
    ['runs of fewer rows', { runs: [{ job: 'ab'.repeat(8), rows: 3 }] }],
    ['a run without rows', { runs: [...sound.runs, { job: 'ab'.repeat(8), rows: 0 }] }],
    ['a job that is no id', { runs: [{ job: 'AB'.repeat(8), rows: 4 }] }],
    ['a job too long', { runs: [{ job: 'ab'.repeat(9), rows: 4 }] }],
    ['codes of another length', { codes: sound.codes.slice(1) }],
    ['a spare bit of a code', { codes: sound.codes.with(codeBytes(70) - 1, 0x40) }],
    ['a centroid of another length', { centroid: { scale: 1, nibbles: new Uint8Array(36) } }],
    ['a negative scale', { centroid: { ...sound.centroid, scale: -0.1 } }],
    ['a scale beyond float32', { centroid: { ...sound.centroid, scale: 1e39 } }],
    ['a scale that is no number', { centroid: { ...sound.centroid, scale: Number.NaN } }],
    ['a negative factor', { factors: sound.factors.with(2, -0.01) }],
    ['a factor that is no number', { factors: sound.factors.with(2, Number.NaN) }],
    ['an infinite factor', { factors: sound.factors.with(0, Number.POSITIVE_INFINITY) }],
    ['an offset that is no number', { offsets: sound.offsets.with(3, Number.NaN) }],
    ['offsets too far apart', { offsets: Float32Array.of(-3e38, 3e38, 0, 0) }],
    ['too few factors', { factors: sound.factors.slice(1) }],
    ['too few offsets', { offsets: sound.offsets.slice(1) }],
    ['a document of 2^24', { documents: first(sound.documents, 2 ** 24) }],
    ['a record of 2^24', { records: first(sound.records, 2 ** 24) }],
    ['a start of 2^24', { starts: first(sound.starts, 2 ** 24) }],
    ['a length of 2^24', { lengths: first(sound.lengths, 2 ** 24) }],
    ['too many documents', { documents: new Uint32Array(5) }],
  ];

  it.each(cases)('is refused: %s', (_, change) => {
    expect(codeThrownBy(() => encodePostingList({ ...sound, ...change }))).toBe(
      'invariant_violated',
    );
  });

  it('is refused for odd dimensions with a last high nibble', () => {
    const list = samplePostingList(4, { dimensions: 65, count: 1, runs: 1 });
    list.centroid.nibbles[32] = 0x10;
    expect(codeThrownBy(() => encodePostingList(list))).toBe('invariant_violated');
  });

  it('differs from what it can: the sound list is written', () => {
    expect(codeThrownBy(() => encodePostingList(sound))).toBeUndefined();
  });
});
