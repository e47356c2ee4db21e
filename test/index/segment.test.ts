import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../src/index/catalogue';
import { FORMAT_VERSION } from '../../src/index/envelope';
import { encodePostingList, postingListBytes } from '../../src/index/posting-list';
import {
  allSegmentKeys,
  listKeySize,
  liveChunks,
  type SegmentDescriptor,
  segmentKeys,
} from '../../src/index/segment';
import { toBytesItem } from '../../src/index/stored-item';
import { KVS_KEY_PATTERN } from '../../src/platform/limits';
import type { EntityStore } from '../../src/platform/ports';
import { codeRejectedBy } from '../support/error-code';
import { CATALOGUE, SEGMENTS } from '../support/golden-values';
import { samplePostingList } from '../support/stored-values';

const LIBRARY = '0123456789abcdef';
const [inline, parted, flat] = SEGMENTS as [
  SegmentDescriptor,
  SegmentDescriptor,
  SegmentDescriptor,
];
const prefixOf = ({ id }: SegmentDescriptor) => `l:${LIBRARY}:s:${id}`;

describe('the keys of a segment', () => {
  it('are those of documents and words alone where the centroid table stands in the catalogue', () => {
    expect(segmentKeys(LIBRARY, inline)).toEqual({
      table: [],
      lists: [],
      lexical: [{ key: `${prefixOf(inline)}:h:0`, bytes: 1_234 }],
      documents: [
        { key: `${prefixOf(inline)}:d:${inline.id}:0`, bytes: 240_001 },
        { key: `${prefixOf(inline)}:d:${inline.id}:1`, bytes: 1_234 },
      ],
      tombstones: [],
    });
  });

  it('name parts of the centroid table, and tombstones by their job', () => {
    expect(segmentKeys(LIBRARY, parted)).toEqual({
      table: [
        { key: `${prefixOf(parted)}:c:0`, bytes: 241_000 },
        { key: `${prefixOf(parted)}:c:1`, bytes: 77_000 },
      ],
      lists: [],
      lexical: [
        { key: `${prefixOf(parted)}:h:0`, bytes: 49_000 },
        { key: `${prefixOf(parted)}:h:1`, bytes: 1_000 },
      ],
      documents: [{ key: `${prefixOf(parted)}:d:${parted.documentsJob}:0`, bytes: 200_000 }],
      tombstones: [{ key: `${prefixOf(parted)}:x:${parted.tombstones?.job}`, bytes: 260 }],
    });
  });

  it('name the lists of a flat segment', () => {
    expect(segmentKeys(LIBRARY, flat)).toEqual({
      table: [],
      lists: [{ key: `${prefixOf(flat)}:p:0`, bytes: 3_210 }],
      lexical: [{ key: `${prefixOf(flat)}:h:0`, bytes: 2_222 }],
      documents: [{ key: `${prefixOf(flat)}:d:${flat.id}:0`, bytes: 1_111 }],
      tombstones: [],
    });
  });

  it.each([
    ['inline', inline],
    ['in parts', parted],
    ['flat', flat],
  ])('to delete are all of them, each once, and as the platform takes keys: %s', (_, segment) => {
    const keys = allSegmentKeys(LIBRARY, segment);
    const { table, lists, lexical, documents, tombstones } = segmentKeys(LIBRARY, segment);
    for (const { key } of [...table, ...lists, ...lexical, ...documents, ...tombstones]) {
      expect(keys).toContain(key);
    }
    expect(new Set(keys).size).toBe(keys.length);
    const others = table.length + lexical.length + documents.length + tombstones.length;
    const { values, places } = segment.lexical;
    expect(keys.length).toBe(segment.listCount + values + places + others);
    if (values > 0) expect(keys).toContain(`${prefixOf(segment)}:b:${values - 1}`);
    if (places > 0) expect(keys).toContain(`${prefixOf(segment)}:t:${places - 1}`);
    expect(keys).toContain(`${prefixOf(segment)}:p:${segment.listCount - 1}`);
    for (const key of keys) expect(key).toMatch(KVS_KEY_PATTERN);
  });
});

describe('what is known of a segment beforehand', () => {
  it('is the size of a list, exact but for digits that its checksum has not', () => {
    for (const [dimensions, count, runs] of [
      [64, 1, 1],
      [100, 60, 7],
      [1536, 300, 2],
    ] as const) {
      const list = { number: 12, dimensions, count, runs };
      const planned = listKeySize(LIBRARY, inline.id, list);
      const bytes = encodePostingList(samplePostingList(count, { dimensions, count, runs }));
      const item = toBytesItem('list', planned.key, bytes);
      const { checksum } = item.value as { checksum: number };
      expect(bytes.length).toBe(postingListBytes(dimensions, count, runs));
      expect(planned.key).toBe(`${prefixOf(inline)}:p:12`);
      expect(planned.bytes - item.bytes).toBe(10 - String(checksum).length);
    }
  });

  it('is how many of its chunks live', () => {
    expect(SEGMENTS.map(liveChunks)).toEqual([inline.chunks, 100_000 - 41, 40]);
  });
});

describe('a segment in the catalogue', () => {
  const load = (segment: unknown, format = FORMAT_VERSION) => {
    const { libraries, generation } = CATALOGUE;
    const changed = libraries.map((library) => ({ ...library, segments: [segment] }));
    const stored = { generation, body: { format, libraries: changed } };
    const entities = { get: async () => stored } as unknown as EntityStore;
    return loadCatalogue(entities);
  };

  it.each(SEGMENTS)('is read as it was written: $kind, $listCount lists', async (segment) => {
    const { libraries } = await load(segment);
    expect(libraries[0]?.segments).toEqual([segment]);
  });

  it.each([
    ['no word of its words', { lexical: undefined }],
    ['more postings than there may be', { lexical: { ...parted.lexical, values: 2_561 } }],
    ['more places than chunks', { lexical: { ...parted.lexical, places: 100_001 } }],
    ['another kind', { kind: 'tree' }],
    ['bytes that are no numbers', { lists: ['1'] }],
    ['a table that is neither', { table: null }],
    ['a negative count', { listCount: -1 }],
    ['a negative spread', { spread: -0.1 }],
    ['half a chunk', { chunks: 0.5 }],
    ['tombstones without a job', { tombstones: { bytes: 1, documents: 1, chunks: 1 } }],
    ['no word of tombstones', { tombstones: undefined }],
    ['no job of documents', { documentsJob: undefined }],
  ])('is refused with %s', async (_, change) => {
    expect(await codeRejectedBy(load({ ...parted, ...change }))).toBe('catalogue_corrupt');
  });

  it('is refused by name in a newer format, whatever it holds', async () => {
    const newer = { ...parted, lexical: 'elsewhere', kind: 'tree' };
    expect(await codeRejectedBy(load(newer, FORMAT_VERSION + 1))).toBe('format_newer');
  });
});
