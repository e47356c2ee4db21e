import { describe, expect, it } from 'vitest';
import {
  type DocumentEntry,
  decodeDocuments,
  decodeVectors,
  encodeSegment,
  itemBytes,
  planBatches,
  type StoredItem,
  segmentKeys,
  type VectorRows,
} from '../../src/index/segment';
import { KVS_VALUE_BYTES_MAX } from '../../src/platform/limits';
import type { JsonValue } from '../../src/platform/ports';
import { codeThrownBy } from '../support/error-code';
import { seededRandom } from '../support/local-app';

const LIBRARY = '0123456789abcdef';
const SEGMENT = 'fedcba9876543210';

function rowsOf(count: number, dimensions: number): VectorRows {
  const random = seededRandom(count + dimensions);
  const values = Int8Array.from(
    { length: count * dimensions },
    () => Math.floor(random() * 255) - 127,
  );
  return { dimensions, count, scales: Float32Array.from({ length: count }, random), values };
}

function documentOf(name: string, chunks: number, job = SEGMENT): DocumentEntry {
  const refs = Array.from({ length: chunks }, (_, i) => {
    return { start: i * 1_200, end: (i + 1) * 1_200, job, record: i };
  });
  return { name, hash: 'ab'.repeat(32), chunks: refs };
}

function encode(documents: DocumentEntry[], dimensions = 8) {
  const count = documents.reduce((sum, { chunks }) => sum + chunks.length, 0);
  const vectors = rowsOf(count, dimensions);
  const options = { libraryId: LIBRARY, segmentId: SEGMENT, vectors, documents };
  return { vectors, ...encodeSegment(options) };
}

/** The two kinds of parts as a reader finds them, through JSON. */
function partsOf(items: readonly StoredItem[]) {
  const stored = items.map(({ key, value }) => ({
    key,
    value: JSON.parse(JSON.stringify(value)) as JsonValue,
  }));
  return {
    vectors: stored.filter(({ key }) => key.includes(':v:')),
    documents: stored.filter(({ key }) => key.includes(':d:')),
  };
}

describe('a segment', () => {
  it.each([
    ['no documents', [], 8],
    ['one chunk', [documentOf('a.md', 1)], 1],
    ['a document without chunks among others', [documentOf('a', 2), documentOf('b', 0)], 5],
    ['awkward names', [documentOf('"\\/漢字 👩‍💻', 2), documentOf("z'", 1)], 7],
    ['several parts of vectors', [documentOf('a', 150), documentOf('b', 151)], 1536],
    ['jobs of each document', [documentOf('a', 3, 'aa'), documentOf('b', 2, 'bb')], 4],
  ])('comes back as it was: %s', (_, documents, dimensions) => {
    const { items, descriptor, vectors } = encode(documents, dimensions);
    const parts = partsOf(items);
    const { count } = vectors;
    expect(decodeVectors(parts.vectors, { count, dimensions })).toEqual(vectors);
    expect(decodeDocuments(parts.documents, count)).toEqual(documents);
    expect(descriptor).toMatchObject({ chunks: count, documents: documents.length });
  });

  it('describes its values exactly: keys in order and bytes of key and JSON', () => {
    const { items, descriptor } = encode([documentOf('größe 📏.md', 301)], 1536);
    const keys = segmentKeys(LIBRARY, descriptor);
    expect([...keys.vectors, ...keys.documents]).toEqual(
      items.map(({ key, value }) => {
        const bytes = Buffer.byteLength(key, 'utf8') + Buffer.byteLength(JSON.stringify(value));
        return { key, bytes };
      }),
    );
    for (const item of items) expect(item.bytes).toBe(itemBytes(item.key, item.value));
  });

  it.each([
    ['100,000 rows of 128', [documentOf('a', 100_000)], 128],
    ['rows of 3,072', [documentOf('a', 400)], 3072],
    ['a document of 20,000 chunks', [documentOf('handbook.md', 20_000)], 1],
    ['many documents of long names', many(3_000, '漢字"\\'.repeat(100)), 1],
    ['many documents, each of its own job', many(6_000, 'x'), 1],
  ])('splits %s into parts below 240 KiB and comes back', (_, documents, dimensions) => {
    const { items, vectors } = encode(documents, dimensions);
    expect(items.length).toBeGreaterThan(2);
    for (const { value } of items) {
      const bytes = Buffer.byteLength(JSON.stringify(value));
      expect(bytes).toBeLessThanOrEqual(KVS_VALUE_BYTES_MAX);
    }
    const parts = partsOf(items);
    expect(decodeDocuments(parts.documents, vectors.count)).toEqual(documents);
    const back = decodeVectors(parts.vectors, { count: vectors.count, dimensions });
    expect(
      Buffer.compare(Buffer.from(back.values.buffer), Buffer.from(vectors.values.buffer)),
    ).toBe(0);
  });

  it('fills its parts: what the limit holds is not split', () => {
    const { descriptor } = encode([documentOf('a', 1_000)], 1536);
    for (const bytes of descriptor.vectorBytes.slice(0, -1)) expect(bytes).toBeGreaterThan(235_000);
  });

  it('is refused where vectors and chunks are not as many', () => {
    const documents = [documentOf('a', 3)];
    const base = { libraryId: LIBRARY, segmentId: SEGMENT, documents };
    expect(codeThrownBy(() => encodeSegment({ ...base, vectors: rowsOf(2, 4) }))).toBe(
      'counts_mismatch',
    );
  });
});

describe('a damaged segment', () => {
  const documents = [documentOf('a', 500), documentOf('b', 1)];
  const { items, vectors } = encode(documents, 1536);
  const parts = partsOf(items);
  const size = { count: vectors.count, dimensions: 1536 };

  it('is reported when a part is missing, doubled or in another place', () => {
    const [first, second, ...rest] = parts.vectors as [Part, Part, ...Part[]];
    const wrong: Part[][] = [
      [],
      [first],
      [second, ...rest],
      [first, second, ...rest, first],
      [{ ...first, value: second.value }, { ...second, value: first.value }, ...rest],
      [first, { ...second, value: first.value }, ...rest],
      parts.documents,
    ];
    for (const list of wrong) {
      expect(codeThrownBy(() => decodeVectors(list, size))).toBe('value_corrupt');
    }
    expect(codeThrownBy(() => decodeDocuments([], size.count))).toBe('value_corrupt');
    expect(codeThrownBy(() => decodeDocuments(parts.vectors, size.count))).toBe('value_corrupt');
    expect(codeThrownBy(() => decodeDocuments(parts.documents, size.count + 1))).toBe(
      'value_corrupt',
    );
  });

  it('is reported when the library has other dimensions or the manifest other counts', () => {
    for (const other of [
      { dimensions: 1535 },
      { dimensions: 3072 },
      { count: 500 },
      { count: 502 },
    ]) {
      const expected = { ...size, ...other };
      expect(codeThrownBy(() => decodeVectors(parts.vectors, expected))).toBe('value_corrupt');
    }
  });

  it('is reported for every single character of a small value that differs or is cut off', () => {
    const small = encode([documentOf('a.md', 2)], 4);
    const { vectors: vectorParts, documents: tableParts } = partsOf(small.items);
    let tried = 0;
    for (const [part, decode] of [
      [vectorParts[0] as Part, (list: Part[]) => decodeVectors(list, { count: 2, dimensions: 4 })],
      [tableParts[0] as Part, (list: Part[]) => decodeDocuments(list, 2)],
    ] as const) {
      const envelope = part.value as { body: string };
      for (let at = 0; at < envelope.body.length; at += 1) {
        const { body } = envelope;
        const other = body[at] === 'A' ? 'B' : 'A';
        for (const changed of [body.slice(0, at), body.slice(0, at) + other + body.slice(at + 1)]) {
          const damaged = { key: part.key, value: { ...envelope, body: changed } as JsonValue };
          expect(codeThrownBy(() => decode([damaged]))).toBe('value_corrupt');
          tried += 1;
        }
      }
    }
    expect(tried).toBeGreaterThan(200);
  });
});

describe('planBatches', () => {
  it('keeps every batch to 25 keys and 0.9 MB, the order, and every item once', () => {
    const random = seededRandom(81);
    for (let round = 0; round < 200; round += 1) {
      const count = Math.floor(random() * 120);
      const bytesMax = [100, 36_000, 60_000, 245_760][round % 4] as number;
      const items = Array.from({ length: count }, (_, i) => {
        return { key: `k${i}`, bytes: 1 + Math.floor(random() * bytesMax) };
      });
      const batches = planBatches(items);
      expect(batches.flat()).toEqual(items);
      for (const batch of batches) {
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(25);
        expect(batch.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(900_000);
      }
    }
  });

  it('makes no more batches than it must of equal items', () => {
    const items = (count: number, bytes: number) =>
      Array.from({ length: count }, (_, i) => ({ key: `k${i}`, bytes }));
    expect(planBatches([])).toEqual([]);
    expect(planBatches(items(25, 36_000)).length).toBe(1);
    expect(planBatches(items(26, 36_000)).length).toBe(2);
    expect(planBatches(items(25, 36_001)).length).toBe(2);
    expect(planBatches(items(6, 240_000)).length).toBe(2);
  });
});

type Part = { key: string; value: JsonValue };

function many(count: number, name: string): DocumentEntry[] {
  return Array.from({ length: count }, (_, i) => {
    const number = String(i).padStart(6, '0');
    const job = number.padStart(16, 'f');
    return documentOf(`${number}${name}`.slice(0, 400), 1, job);
  });
}
