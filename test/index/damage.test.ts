/**
 * Every binary kind of stored value, damaged in every way that one byte can be, and in many more.
 * Where the checksum is not recomputed it must be noticed. Where it is, as by a faulty writer, the
 * decoder answers by `value_corrupt` or by a structure that holds together: no other error, and no
 * read beyond the bytes it was given.
 */

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CENTROID_TABLE_HEADER,
  type CentroidTable,
  decodeCentroidTable,
  encodeCentroidTable,
} from '../../src/index/centroid-table';
import {
  FORMAT_VERSION,
  openBytes,
  sealValue,
  VALUE_KINDS,
  type ValueKind,
} from '../../src/index/envelope';
import {
  codeBytes,
  decodePostingList,
  encodePostingList,
  POSTING_LIST_HEADER,
  POSTING_LIST_RUN,
  type PostingList,
} from '../../src/index/posting-list';
import {
  decodeTombstones,
  encodeTombstones,
  TOMBSTONES_HEADER,
  type Tombstones,
} from '../../src/index/tombstones';
import type { JsonValue } from '../../src/platform/ports';
import { codeThrownBy } from '../support/error-code';
import {
  chunksOf,
  sampleCentroidTable,
  samplePostingList,
  sampleTombstones,
} from '../support/stored-values';

const KEY = 'l:0123456789abcdef:s:fedcba9876543210:p:0';
const U24_MAX = 2 ** 24 - 1;

interface Sample {
  name: string;
  kind: ValueKind;
  headerBytes: number;
  bytes: Buffer;
  decode(bytes: Buffer): unknown;
  /** Fails the test unless the decoded structure holds together. */
  expectSound(decoded: unknown): void;
}

function listSample(dimensions: number, count: number, runs: number): Sample {
  const list = samplePostingList(dimensions, { dimensions, count, runs });
  return {
    name: `a posting list of ${dimensions} dimensions`,
    kind: 'list',
    headerBytes: POSTING_LIST_HEADER.bytes,
    bytes: Buffer.from(encodePostingList(list)),
    decode: (bytes) => decodePostingList(KEY, bytes, dimensions),
    expectSound: (decoded) => expectSoundList(decoded as PostingList, dimensions),
  };
}

function tableSample(dimensions: number, bits: number, lists: number): Sample {
  const table = sampleCentroidTable(dimensions, { dimensions, bits, lists });
  const expected = { dimensions, chunks: chunksOf(table) };
  const [bytes] = encodeCentroidTable(table);
  return {
    name: `a centroid table of ${dimensions} dimensions, ${bits} bits a code`,
    kind: 'centroids',
    headerBytes: CENTROID_TABLE_HEADER.bytes,
    bytes: Buffer.from(bytes as Uint8Array),
    decode: (damaged) => decodeCentroidTable([{ key: KEY, bytes: damaged }], expected),
    expectSound: (decoded) => expectSoundTable(decoded as CentroidTable, expected),
  };
}

function tombstonesSample(documents: number): Sample {
  return {
    name: `tombstones of ${documents} documents`,
    kind: 'tombstones',
    headerBytes: TOMBSTONES_HEADER.bytes,
    bytes: Buffer.from(encodeTombstones(sampleTombstones(documents, documents))),
    decode: (bytes) => decodeTombstones(KEY, bytes, { documents }),
    expectSound: (decoded) => {
      const tombstones = decoded as Tombstones;
      expect(tombstones.documents).toBe(documents);
      expect(tombstones.bits.length).toBe(Math.ceil(documents / 8));
    },
  };
}

function expectSoundList(list: PostingList, dimensions: number): void {
  const { count, runs, centroid } = list;
  expect(list.dimensions).toBe(dimensions);
  expect(count).toBeGreaterThan(0);
  expect(runs.reduce((sum, { rows }) => sum + rows, 0)).toBe(count);
  expect(runs.every(({ job, rows }) => /^[0-9a-f]{16}$/.test(job) && rows > 0)).toBe(true);
  expect(list.codes.length).toBe(count * codeBytes(dimensions));
  expect(centroid.nibbles.length).toBe(Math.ceil(dimensions / 2));
  for (const column of [list.factors, list.offsets, [centroid.scale]]) {
    expect([...column].every(Number.isFinite)).toBe(true);
  }
  expect([...list.factors, centroid.scale].every((factor) => factor >= 0)).toBe(true);
  for (const column of [list.documents, list.records, list.starts, list.lengths]) {
    expect(column.length).toBe(count);
    expect(column.every((value) => value <= U24_MAX)).toBe(true);
  }
  expect([list.factors.length, list.offsets.length]).toEqual([count, count]);
}

function expectSoundTable(
  table: CentroidTable,
  expected: { dimensions: number; chunks: number },
): void {
  const { lists, bits, counts, runs } = table;
  expect(table.dimensions).toBe(expected.dimensions);
  expect(lists).toBeGreaterThan(0);
  expect(table.codes.length).toBe(lists * (bits / 8));
  expect(chunksOf(table)).toBe(expected.chunks);
  for (const column of [table.scales, table.radii]) {
    expect(column.length).toBe(lists);
    expect(column.every((value) => value >= 0 && Number.isFinite(value))).toBe(true);
  }
  expect([counts.length, runs.length]).toEqual([lists, lists]);
  expect(runs.every((of, i) => of >= 1 && of <= (counts[i] as number))).toBe(true);
}

const SAMPLES: readonly Sample[] = [
  listSample(64, 9, 2),
  listSample(71, 5, 3),
  tableSample(64, 64, 4),
  tableSample(99, 104, 3),
  tombstonesSample(24),
  tombstonesSample(21),
];

/** The outcome of a decoder; any error but a GroundworkError fails the test. */
function outcomeOf({ decode }: Sample, bytes: Buffer): { code?: string; decoded?: unknown } {
  let decoded: unknown;
  const code = codeThrownBy(() => {
    decoded = decode(bytes);
  });
  return code === undefined ? { decoded } : { code };
}

/**
 * Decodes the bytes between two kinds of surroundings: an outcome that differs was read from them.
 * Gives the code of the error, if any.
 */
function codeOfDamaged(sample: Sample, bytes: Uint8Array): string | undefined {
  const [first, second] = [0x00, 0xff].map((filling) => {
    const around = Buffer.alloc(bytes.length + 64, filling);
    around.set(bytes, 32);
    return outcomeOf(sample, around.subarray(32, 32 + bytes.length));
  }) as [ReturnType<typeof outcomeOf>, ReturnType<typeof outcomeOf>];
  expect(isDeepStrictEqual(first, second)).toBe(true);
  if (first.code !== undefined) expect(first.code).toBe('value_corrupt');
  else sample.expectSound(first.decoded);
  return first.code;
}

const withByte = (bytes: Buffer, at: number, xor: number) => {
  const damaged = Buffer.from(bytes);
  damaged[at] = (damaged[at] as number) ^ xor;
  return damaged;
};

describe.each(SAMPLES)('$name', (sample) => {
  const { kind, bytes, headerBytes } = sample;
  const sealed = sealValue(kind, KEY, bytes.toString('base64')) as Record<string, JsonValue>;
  const openDamaged = (body: Buffer) =>
    codeThrownBy(() => openBytes(kind, KEY, { ...sealed, body: body.toString('base64') }));

  it('is decoded while it is whole', () => {
    expect(openBytes(kind, KEY, sealed)).toEqual(bytes);
    expect(codeOfDamaged(sample, bytes)).toBeUndefined();
  });

  it('is reported when it is cut off at any byte, checksum recomputed or not', () => {
    for (let length = 0; length < bytes.length; length += 1) {
      expect(codeOfDamaged(sample, bytes.subarray(0, length))).toBe('value_corrupt');
      expect(openDamaged(bytes.subarray(0, length))).toBe('value_corrupt');
    }
  });

  it('is reported when bytes follow it', () => {
    for (const more of [1, 2, 3, 16, bytes.length]) {
      const longer = Buffer.concat([bytes, Buffer.alloc(more)]);
      expect(codeOfDamaged(sample, longer)).toBe('value_corrupt');
      expect(openDamaged(longer)).toBe('value_corrupt');
    }
  });

  it('is reported by its checksum for every bit of every byte', () => {
    for (let at = 0; at < bytes.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        expect(openDamaged(withByte(bytes, at, 1 << bit))).toBe('value_corrupt');
      }
    }
  });

  it('is reported, or holds together, with any other value of any byte of its header', () => {
    for (let at = 0; at < headerBytes; at += 1) {
      for (let xor = 1; xor < 256; xor += 1) codeOfDamaged(sample, withByte(bytes, at, xor));
    }
  });

  it('is reported, or holds together, with any bit of any byte flipped', () => {
    for (let at = headerBytes; at < bytes.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) codeOfDamaged(sample, withByte(bytes, at, 1 << bit));
    }
  });

  it('is reported, or holds together, with any header, and whatever the bytes are', () => {
    const header = fc.uint8Array({ minLength: headerBytes, maxLength: headerBytes });
    fc.assert(
      fc.property(header, (random) => {
        codeOfDamaged(sample, Buffer.concat([random, bytes.subarray(headerBytes)]));
      }),
      { numRuns: 300 },
    );
    const anything = fc.uint8Array({ maxLength: 2 * bytes.length });
    fc.assert(
      fc.property(anything, (random) => {
        codeOfDamaged(sample, random);
      }),
      { numRuns: 300 },
    );
  });

  it('is refused by name in a newer format, and as another kind', () => {
    const newer = { ...sealed, format: FORMAT_VERSION + 1 };
    expect(codeThrownBy(() => openBytes(kind, KEY, newer))).toBe('format_newer');
    for (const other of VALUE_KINDS.filter((one) => one !== kind)) {
      expect(codeThrownBy(() => openBytes(other, KEY, sealed))).toBe('value_corrupt');
    }
  });
});

describe('what a writer must leave 0', () => {
  const lastCodeByte = (rowBytes: number, first: number) => first + rowBytes - 1;
  const [, oddList, , oddTable, , oddTombstones] = SAMPLES as [
    Sample,
    Sample,
    Sample,
    Sample,
    Sample,
    Sample,
  ];
  const oddCentroid = POSTING_LIST_HEADER.bytes + 35;
  const oddCodes = POSTING_LIST_HEADER.bytes + 36 + 3 * 10;

  it.each([
    ['the reserved bytes of a list', oddList, POSTING_LIST_HEADER.reserved, 0x01],
    ['their second byte', oddList, POSTING_LIST_HEADER.reserved + 1, 0x80],
    ['the last nibble of a centroid', oddList, oddCentroid, 0x10],
    ['the spare bit of the first code', oddList, lastCodeByte(9, oddCodes), 0x80],
    ['the spare bit of the last code', oddList, lastCodeByte(9, oddCodes + 4 * 9), 0x80],
    ['a spare bit of a centroid code', oddTable, lastCodeByte(13, 16 + 2 * 13), 0x08],
    ['a spare bit of tombstones', oddTombstones, TOMBSTONES_HEADER.bytes + 2, 0x20],
  ])('is refused when it is not: %s', (_, sample, at, xor) => {
    expect((sample.bytes[at] as number) & xor).toBe(0);
    expect(codeOfDamaged(sample, withByte(sample.bytes, at, xor))).toBe('value_corrupt');
  });

  it.each([
    ['centroidScale', Number.NaN],
    ['centroidScale', -1],
    ['factorMax', Number.POSITIVE_INFINITY],
    ['factorMax', -0.5],
    ['offsetMin', Number.NEGATIVE_INFINITY],
    ['offsetMin', Number.NaN],
    ['offsetSpan', -1e-9],
    ['offsetSpan', Number.NaN],
  ] as const)('and so is %s of %d', (field, value) => {
    const damaged = Buffer.from(oddList.bytes);
    damaged.writeFloatLE(value, POSTING_LIST_HEADER[field]);
    expect(codeOfDamaged(oddList, damaged)).toBe('value_corrupt');
  });

  it('and so are a run without rows, and a list or a table without any', () => {
    const [rows, more] = [0, 1].map(
      (run) =>
        POSTING_LIST_HEADER.bytes + 36 + run * POSTING_LIST_RUN.bytes + POSTING_LIST_RUN.rows,
    ) as [number, number];
    const emptyRun = Buffer.from(oddList.bytes);
    const together = emptyRun.readUInt16LE(rows) + emptyRun.readUInt16LE(more);
    emptyRun.writeUInt16LE(0, rows);
    emptyRun.writeUInt16LE(together, more);
    expect(codeOfDamaged(oddList, emptyRun)).toBe('value_corrupt');

    const emptyList = Buffer.from(oddList.bytes.subarray(0, POSTING_LIST_HEADER.bytes + 36));
    emptyList.writeUInt16LE(0, POSTING_LIST_HEADER.count);
    emptyList.writeUInt16LE(0, POSTING_LIST_HEADER.runs);
    expect(codeOfDamaged(oddList, emptyList)).toBe('value_corrupt');

    const emptyTable = Buffer.from(oddTable.bytes.subarray(0, CENTROID_TABLE_HEADER.bytes));
    emptyTable.writeUInt32LE(0, CENTROID_TABLE_HEADER.lists);
    const expected = { dimensions: 99, chunks: 0 };
    const parts = [{ key: KEY, bytes: emptyTable }];
    expect(codeThrownBy(() => decodeCentroidTable(parts, expected))).toBe('value_corrupt');
  });

  it('and so are offsets that no float32 holds', () => {
    const damaged = Buffer.from(oddList.bytes);
    damaged.writeFloatLE(3e38, POSTING_LIST_HEADER.offsetMin);
    damaged.writeFloatLE(3e38, POSTING_LIST_HEADER.offsetSpan);
    expect(codeOfDamaged(oddList, damaged)).toBe('value_corrupt');
  });
});
