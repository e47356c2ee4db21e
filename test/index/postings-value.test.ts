import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/index/byte-stream';
import { decodePlaces, encodePlaces } from '../../src/index/places';
import {
  decodePostings,
  encodePostings,
  listOf,
  rowCountsOf,
  type TermList,
  writeList,
} from '../../src/index/postings-value';
import { bytesOfClass, sizeClassOf } from '../../src/index/size-class';
import { bucketOf, hashTerm } from '../../src/index/term-hash';
import { codeThrownBy } from '../support/error-code';

const KEY = 'l:0123456789abcdef:s:fedcba9876543210:b:0';
const HASHES = 2 ** 40;
const LIMITS = { rows: 100_000, documents: 900 };

/** Ascending packed postings of numbers below a limit. */
const packed = (numbers: number, minLength = 0) =>
  fc
    .uniqueArray(fc.nat(numbers - 1), { minLength, maxLength: 60 })
    .chain((found) =>
      fc
        .array(fc.nat(3), { minLength: found.length, maxLength: found.length })
        .map((extra) => Uint32Array.from(found, (n, i) => 4 * n + (extra[i] as number)).sort()),
    );
/** Lists of one bucket among 2^k, by ascending hash. */
const values = fc.record({ k: fc.nat(11), seed: fc.nat() }).chain(({ k, seed }) => {
  const buckets = 2 ** k;
  const bucket = seed % buckets;
  const span = HASHES / buckets;
  const list = fc
    .record({
      end: fc.bigInt({ min: 0n, max: BigInt(span) - 1n }),
      rows: packed(LIMITS.rows),
      titles: packed(LIMITS.documents),
      row: fc.nat(LIMITS.rows - 1),
    })
    .map(
      ({ end, rows, titles, row }): TermList => ({
        hash: bucket * span + Number(end),
        rows: rows.length + titles.length > 0 ? rows : Uint32Array.of(4 * row),
        titles,
      }),
    );
  return fc
    .uniqueArray(list, { minLength: 1, maxLength: 12, selector: ({ hash }) => hash })
    .map((lists) => ({ buckets, bucket, lists: lists.sort((a, b) => a.hash - b.hash) }));
});

function encode(lists: readonly TermList[], buckets: number): Buffer {
  const written = lists.map((list) => {
    const writer = new ByteWriter();
    writeList(writer, list);
    return { hash: list.hash, bytes: writer.finish() };
  });
  return Buffer.from(encodePostings(written, buckets));
}

describe('a value of postings', () => {
  it('comes back as it was, whatever its bucket', () => {
    fc.assert(
      fc.property(values, ({ buckets, bucket, lists }) => {
        const bytes = encode(lists, buckets);
        const value = decodePostings(KEY, bytes, LIMITS, { buckets, bucket });
        expect(lists.map(({ hash }) => listOf(KEY, value, hash))).toEqual(lists);
        expect([...rowCountsOf(value)]).toEqual(lists.map(({ rows }) => rows.length));
        const absent = (lists[0]?.hash ?? 0) + 1;
        const isThere = lists.some(({ hash }) => hash === absent);
        if (!isThere) expect(listOf(KEY, value, absent)).toBeUndefined();
      }),
    );
  });

  it('is refused when it is cut, has a byte more, or numbers beyond its segment', () => {
    fc.assert(
      fc.property(values, fc.nat(), ({ buckets, bucket, lists }, at) => {
        const bytes = encode(lists, buckets);
        const place = { buckets, bucket };
        const codeOf = (changed: Buffer, limits = LIMITS) =>
          codeThrownBy(() => decodePostings(KEY, changed, limits, place));
        expect(codeOf(bytes.subarray(0, at % bytes.length))).toBe('value_corrupt');
        expect(codeOf(Buffer.concat([bytes, Buffer.of(0)]))).toBe('value_corrupt');
        const numberOf = (posting = -1) => Math.floor(posting / 4);
        const rows = Math.max(...lists.map((list) => numberOf(list.rows.at(-1))));
        if (rows >= 0) expect(codeOf(bytes, { ...LIMITS, rows })).toBe('value_corrupt');
      }),
    );
  });

  it('never gives what it was not made of but by refusing it or giving what fits', () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.nat(255), ({ buckets, bucket, lists }, at, byte) => {
        const bytes = encode(lists, buckets);
        bytes[at % bytes.length] = byte;
        let value: ReturnType<typeof decodePostings>;
        try {
          value = decodePostings(KEY, bytes, LIMITS, { buckets, bucket });
        } catch (error) {
          expect(error).toMatchObject({ code: 'value_corrupt' });
          return;
        }
        for (const hash of value.hashes) {
          expect(bucketOf(hash, buckets)).toBe(bucket);
          const { rows, titles } = listOf(KEY, value, hash) as TermList;
          for (const [found, limit] of [
            [rows, LIMITS.rows],
            [titles, LIMITS.documents],
          ] as const) {
            const numbers = [...found].map((posting) => Math.floor(posting / 4));
            expect([...new Set(numbers)].sort((a, b) => a - b)).toEqual(numbers);
            expect(Math.max(-1, ...numbers)).toBeLessThan(limit);
          }
        }
      }),
    );
  });

  const one = (rows: number[], titles: number[] = []): TermList => ({
    hash: 7,
    rows: Uint32Array.from(rows),
    titles: Uint32Array.from(titles),
  });
  it.each([
    ['no terms', Buffer.of(0, 0)],
    ['the same term twice', encode([one([0]), one([4])], 1)],
    ['a term that stands nowhere', Buffer.of(1, 0, 7, 0, 0, 0, 0, 0)],
    ['titles announced and none', Buffer.of(1, 0, 7, 0, 0, 0, 0, 1, 0)],
    ['the same row twice', Buffer.of(1, 0, 7, 0, 0, 0, 0, 4, 8, 1)],
    ['a needless byte', Buffer.of(1, 0, 7, 0, 0, 0, 0, 0x82, 0, 8)],
    ['a number without end', Buffer.of(1, 0, 7, 0, 0, 0, 0, 2, ...Array(8).fill(0xff))],
    ['more postings than bytes', Buffer.of(1, 0, 7, 0, 0, 0, 0, 0xfe, 0xff, 0x7f, 8)],
  ])('is refused with %s', (_, bytes) => {
    expect(codeThrownBy(() => decodePostings(KEY, bytes, LIMITS))).toBe('value_corrupt');
  });

  it('is refused with a term of the bucket beside it', () => {
    const bytes = encode([{ ...one([0]), hash: 2 ** 39 }], 2);
    expect(decodePostings(KEY, bytes, LIMITS, { buckets: 2, bucket: 1 }).hashes[0]).toBe(2 ** 39);
    const asFirst = () => decodePostings(KEY, bytes, LIMITS, { buckets: 2, bucket: 0 });
    expect(codeThrownBy(asFirst)).toBe('value_corrupt');
  });
});

describe('places', () => {
  const rows = fc.array(fc.record({ start: fc.nat(2 ** 24 - 1), length: fc.nat(2 ** 20) }), {
    maxLength: 64,
  });
  const toPlaces = (list: { start: number; length: number }[]) =>
    list.map(({ start, length }) => ({ start, end: start + length }));

  it('come back as they were, and are refused of another number of rows', () => {
    fc.assert(
      fc.property(rows, (list) => {
        const places = toPlaces(list);
        const bytes = Buffer.from(encodePlaces(places));
        expect(decodePlaces(KEY, bytes, { rows: places.length })).toEqual(places);
        for (const other of [places.length - 1, places.length + 1]) {
          if (other < 0) continue;
          const decode = () => decodePlaces(KEY, bytes, { rows: other });
          expect(codeThrownBy(decode)).toBe('value_corrupt');
        }
      }),
    );
  });

  it('take three bytes for a row that follows the one before', () => {
    const places = Array.from({ length: 64 }, (_, i) => ({
      start: 1_200 * i,
      end: 1_200 * (i + 1),
    }));
    expect(encodePlaces(places)).toHaveLength(3 * 64);
  });

  it('are refused before the beginning of a document', () => {
    expect(codeThrownBy(() => decodePlaces(KEY, Buffer.of(1, 1), { rows: 1 }))).toBe(
      'value_corrupt',
    );
  });
});

describe('the size of a value by its class', () => {
  it('is at least what it is, and a sixteenth more at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 17, max: 245_760 }), (bytes) => {
        const planned = bytesOfClass(sizeClassOf(bytes));
        expect(planned).toBeGreaterThanOrEqual(bytes);
        expect(planned).toBeLessThanOrEqual(bytes + bytes / 16);
      }),
    );
  });
});

describe('numbers of variable length', () => {
  it('come back as they were, of either sign too', () => {
    const numbers = fc.array(fc.integer({ min: -(2 ** 47), max: 2 ** 47 }));
    fc.assert(
      fc.property(numbers, (list) => {
        const writer = new ByteWriter(1);
        for (const number of list) {
          writer.signed(number);
          writer.varint(Math.abs(number));
        }
        const reader = new ByteReader(KEY, Buffer.from(writer.finish()));
        expect(list.map(() => [reader.signed(), reader.varint()])).toEqual(
          list.map((number) => [number, Math.abs(number)]),
        );
        reader.end();
      }),
    );
  });

  it.each([-1, 0.5, 2 ** 49, Number.NaN])('are not made of %s', (number) => {
    expect(codeThrownBy(() => new ByteWriter().varint(number))).toBe('invariant_violated');
  });
});

describe('the hash of a term', () => {
  it('is the beginning of the SHA-256 of its UTF-8 bytes', () => {
    expect(hashTerm('abc').toString(16)).toBe('ba7816bf8f');
    expect(hashTerm('')).toBe(0xe3b0c44298);
  });
});
