import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classesOf } from '../../src/index/length-classes';
import {
  decodeLexicalColumns,
  encodeLexicalColumns,
  LEXICAL_HEADER,
  type LexicalColumns,
} from '../../src/index/lexical-columns';
import { recordAt, rowFinder, runsOf } from '../../src/index/record-runs';
import { codeThrownBy } from '../support/error-code';
import { LEXICAL } from '../support/golden-values';

const KEY = 'l:0123456789abcdef:s:fedcba9876543210:h:0';
const bytes8 = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const JOBS = ['00112233445566ff', 'fedcba9876543210', 'aaaaaaaaaaaaaaaa'];

/** Records of rows: each job's go on, or begin anywhere else that it has not used. */
function placesOf(rows: number, seeds: readonly number[]) {
  const next = new Map<string, number>();
  return Array.from({ length: rows }, (_, row) => {
    const seed = seeds[row % seeds.length] as number;
    const job = JOBS[seed % JOBS.length] as string;
    const record = (next.get(job) ?? 0) + (seed % 5 === 0 ? 3 : 0);
    next.set(job, record + 1);
    return { job, record };
  });
}

const columns: fc.Arbitrary<LexicalColumns> = fc
  .record({
    counts: fc.array(fc.nat(5), { minLength: 1, maxLength: 40 }),
    terms: fc.nat(6),
    k: fc.nat(5),
    bits: fc.constantFrom(0, 1, 2, 4),
    seeds: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 30 }),
    isInline: fc.boolean(),
  })
  .map(({ counts, ...rest }) => ({ counts: [...counts, 1], ...rest }))
  .chain(({ counts, terms, k, bits, seeds, isInline }) => {
    const documentOfRow = Uint32Array.from(
      counts.flatMap((count, ordinal) => Array<number>(count).fill(ordinal)),
    );
    const rows = documentOfRow.length;
    const own = isInline ? 0 : terms;
    return fc.record({
      rows: fc.constant(rows),
      documents: fc.constant(counts.length),
      postings: fc.nat(2 ** 31),
      rareBelow: fc.nat(rows + 1),
      lengths: fc
        .array(fc.nat(500), { minLength: rows, maxLength: rows })
        .map((lengths) => classesOf(Uint32Array.from(lengths), bits)),
      documentOfRow: fc.constant(documentOfRow),
      hashes: fc
        .uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 40n - 1n }), {
          minLength: own,
          maxLength: own,
        })
        .map((hashes) => Float64Array.from(hashes.map(Number)).sort()),
      frequencies: fc.uint32Array({ minLength: own, maxLength: own, max: rows }),
      sizes: bytes8(own),
      bucketSizes: bytes8(isInline ? 0 : 2 ** k),
      runs: fc.constant(runsOf(placesOf(rows, seeds))),
      inline: isInline
        ? fc.record({ postings: fc.uint8Array(), places: fc.uint8Array({ minLength: 1 }) })
        : fc.constant(undefined),
    });
  });

const expectedOf = ({ rows, documents, hashes, bucketSizes }: LexicalColumns) => ({
  ...{ rows, documents, values: hashes.length + bucketSizes.length },
});

describe('a head of words', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(columns, (head) => {
        const bytes = Buffer.from(encodeLexicalColumns(head));
        expect(decodeLexicalColumns(KEY, bytes, expectedOf(head))).toEqual(head);
      }),
    );
  });

  it('is refused when it is cut, has a byte more, or is of another segment', () => {
    fc.assert(
      fc.property(columns, fc.nat(), (head, at) => {
        const bytes = Buffer.from(encodeLexicalColumns(head));
        const expected = expectedOf(head);
        const codeOf = (changed: Buffer, change = {}) =>
          codeThrownBy(() => decodeLexicalColumns(KEY, changed, { ...expected, ...change }));
        expect(codeOf(bytes.subarray(0, at % bytes.length))).toBe('value_corrupt');
        expect(codeOf(Buffer.concat([bytes, Buffer.of(0)]))).toBe('value_corrupt');
        expect(codeOf(bytes, { rows: head.rows + 1 })).toBe('value_corrupt');
        expect(codeOf(bytes, { documents: head.documents + 1 })).toBe('value_corrupt');
        expect(codeOf(bytes, { values: expected.values + 1 })).toBe('value_corrupt');
      }),
    );
  });

  it('refuses any other byte, or gives what a writer could have meant', () => {
    const sample = Buffer.from(encodeLexicalColumns(LEXICAL));
    for (let at = 0; at < sample.length; at += 1) {
      for (const flip of [1, 0x10, 0x80, 0xff]) {
        const bytes = Buffer.from(sample);
        bytes[at] = (bytes[at] as number) ^ flip;
        let head: LexicalColumns;
        try {
          head = decodeLexicalColumns(KEY, bytes, expectedOf(LEXICAL));
        } catch (error) {
          expect(error, `byte ${at}`).toMatchObject({ code: 'value_corrupt' });
          continue;
        }
        expect(Buffer.from(encodeLexicalColumns(head)).equals(bytes), `byte ${at}`).toBe(true);
      }
    }
  });

  const at = LEXICAL_HEADER.bytes;
  it.each([
    ['a length that is no number', (b: Buffer) => b.writeFloatLE(Number.NaN, at)],
    ['lengths that do not ascend', (b: Buffer) => b.writeFloatLE(50, at)],
    ['a first row of no document', (b: Buffer) => b.writeUInt8(0b1000_1000, at + 16 + 3)],
    ['one document fewer', (b: Buffer) => b.writeUInt8(0b0000_1001, at + 16 + 3)],
    ['rows beyond the last', (b: Buffer) => b.writeUInt8(0b0001_0001, at + 16 + 4)],
    ['another document without rows', (b: Buffer) => b.writeUIntLE(5, at + 16 + 5, 3)],
    ['terms out of order', (b: Buffer) => b.writeUIntLE(1, at + 16 + 8 + 5, 5)],
    ['more rows of a term than there are', (b: Buffer) => b.writeUInt8(13, at + 16 + 8 + 15)],
    ['other terms in more rows', (b: Buffer) => b.writeUInt32LE(14, LEXICAL_HEADER.rareBelow)],
    ['reserved bytes', (b: Buffer) => b.writeUInt8(1, LEXICAL_HEADER.reserved)],
    ['three buckets', (b: Buffer) => b.writeUInt32LE((3 << 16) | 4, LEXICAL_HEADER.terms)],
    ['three bits', (b: Buffer) => b.writeUInt8(3, LEXICAL_HEADER.lengthBits)],
    ['a run of no rows', (b: Buffer) => b.writeUInt8(0, b.length - 12)],
    ['a job that is none', (b: Buffer) => b.writeUInt8(2, b.length - 11)],
  ])('is refused with %s', (_, change) => {
    const bytes = Buffer.from(encodeLexicalColumns(LEXICAL));
    change(bytes);
    const code = codeThrownBy(() => decodeLexicalColumns(KEY, bytes, expectedOf(LEXICAL)));
    expect(code).toBe('value_corrupt');
  });
});

describe('record runs', () => {
  it('lead from rows to records and back', () => {
    const seeds = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 80 }), (list, rows) => {
        const places = placesOf(rows, list);
        const runs = runsOf(places);
        const rowOf = rowFinder(runs);
        expect(places.map((_, row) => recordAt(runs, row))).toEqual(places);
        expect(places.map(rowOf)).toEqual(places.map((__, row) => row));
        expect(rowOf({ job: JOBS[0] as string, record: 1e6 })).toBeUndefined();
        expect(rowOf({ job: '0'.repeat(16), record: 0 })).toBeUndefined();
      }),
    );
  });
});

describe('classes of lengths', () => {
  it('have about as many rows each, and stand for their mean', () => {
    const lengths = Uint32Array.from({ length: 1_600 }, (_, row) => row);
    const { classOf, lengths: means } = classesOf(lengths, 4);
    for (let own = 0; own < 16; own += 1) {
      const rows = [...classOf.keys()].filter((row) => classOf[row] === own);
      expect(rows).toHaveLength(100);
      expect(means[own]).toBe(100 * own + 49.5);
    }
  });

  it('keep rows of the same length together, and the sum of all', () => {
    const list = fc.array(fc.nat(60), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(list, fc.constantFrom(0, 1, 2, 4), (rows, bits) => {
        const { classOf, lengths } = classesOf(Uint32Array.from(rows), bits);
        const own = new Map(rows.map((length, row) => [length, classOf[row]]));
        expect(rows.map((length) => own.get(length))).toEqual([...classOf]);
        const sum = rows.reduce((a, b) => a + b, 0);
        const kept = [...classOf].reduce((total, c) => total + (lengths[c] as number), 0);
        expect(kept).toBeCloseTo(sum, 1);
      }),
    );
  });
});
