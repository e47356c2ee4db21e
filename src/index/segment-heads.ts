/**
 * What a query reads of its libraries' segments: first the heads (centroid tables, tombstones, the
 * lists of flat segments, and the heads of their words), then the posting lists it chose. Each is
 * one round trip however many libraries.
 */

import type { JsonValue, KeyValueStore } from '../platform/ports';
import type { LibraryEntry } from './catalogue';
import { type CentroidTable, decodeCentroidTable } from './centroid-table';
import { corrupt, openBytes } from './envelope';
import { isAnalysisKnown, type LexicalHead, openLexicalHead } from './lexical-head';
import { decodePostingList, type PostingList, postingListBytes } from './posting-list';
import type { PostingsValue } from './postings-value';
import { readValues } from './read-values';
import { listKeySize, type SegmentDescriptor, segmentKeys } from './segment';
import type { KeySize } from './stored-item';
import { decodeTombstones, type Tombstones } from './tombstones';

/** Key and envelope of a posting list. */
const LIST_FRAME_BYTES = 110;

/** What is kept between queries of one installation; never text or records. */
export type Decoded = CentroidTable | PostingList | LexicalHead | PostingsValue;

export interface CodeCache {
  get(library: LibraryEntry, key: string): Decoded | undefined;
  set(library: LibraryEntry, key: string, decoded: Decoded): void;
}

export interface SegmentHead {
  library: LibraryEntry;
  descriptor: SegmentDescriptor;
  /** Of a clustered segment. */
  table: CentroidTable | undefined;
  /** Of a flat segment: all of them. */
  lists: PostingList[];
  tombstones: Tombstones | undefined;
  /** Undefined where its terms are of another analysis than that of this version. */
  lexical: LexicalHead | undefined;
}

/** A list of a clustered segment to be read, by its number in the centroid table. */
export interface WantedList {
  head: SegmentHead;
  number: number;
}

/**
 * The heads of all segments of the libraries, in their order.
 * Errors: `value_missing`, `value_corrupt`, `format_newer`.
 */
export async function loadHeads(
  kv: KeyValueStore,
  libraries: readonly LibraryEntry[],
  cache?: CodeCache,
): Promise<SegmentHead[]> {
  const segments = libraries.flatMap((library) =>
    library.segments.map((descriptor) => {
      const keys = segmentKeys(library.id, descriptor);
      const words = isAnalysisKnown(descriptor) ? keys.lexical : [];
      const isKept = (size: KeySize | undefined) =>
        size !== undefined && cache?.get(library, size.key) !== undefined;
      const codes = [...keys.table, ...keys.lists].filter((size) => !isKept(size));
      return { library, descriptor, keys, wanted: isKept(words[0]) ? codes : [...codes, ...words] };
    }),
  );
  const wanted = segments.flatMap((segment) => [...segment.wanted, ...segment.keys.tombstones]);
  const values = new Map((await readValues(kv, wanted)).map(({ key, value }) => [key, value]));
  return segments.map(({ library, descriptor, keys }) => {
    const { dimensions } = library.fingerprint;
    const read = ({ key }: KeySize) => ({ key, value: values.get(key) as JsonValue });
    const flatList = (size: KeySize) =>
      cached(cache, library, size.key, () => {
        const { key, value } = read(size);
        return decodeList(key, value, library, descriptor);
      });
    const [stored] = keys.tombstones.map(read);
    const tombstones =
      stored &&
      decodeTombstones(stored.key, openBytes('tombstones', stored.key, stored.value), {
        documents: descriptor.documents,
      });
    const table = descriptor.kind === 'flat' ? undefined : decodeTable();
    const lists = keys.lists.map(flatList);
    return { library, descriptor, table, lists, tombstones, lexical: openLexical() };

    function openLexical(): LexicalHead | undefined {
      if (!isAnalysisKnown(descriptor)) return undefined;
      return cached(cache, library, keys.lexical[0]?.key ?? '', () => {
        const parts = keys.lexical.map(read);
        const bytes = parts.map(({ key, value }) => openBytes('lexical', key, value));
        return openLexicalHead(library.id, descriptor, bytes);
      });
    }

    function decodeTable(): CentroidTable {
      const expected = { dimensions, chunks: descriptor.chunks };
      if (typeof descriptor.table === 'string') {
        const key = `centroid table of segment ${descriptor.id}`;
        const bytes = Buffer.from(descriptor.table, 'base64');
        return decodeCentroidTable([{ key, bytes }], expected);
      }
      return cached(cache, library, keys.table[0]?.key ?? '', () => {
        const parts = keys.table.map(read);
        return decodeCentroidTable(
          parts.map(({ key, value }) => ({ key, bytes: openBytes('centroids', key, value) })),
          expected,
        );
      });
    }
  });
}

/** Posting lists in the order wanted. Errors: as `loadHeads`. */
export async function loadLists(
  kv: KeyValueStore,
  wanted: readonly WantedList[],
  cache?: CodeCache,
): Promise<PostingList[]> {
  const sizes = wanted.map(({ head, number }) => ({
    library: head.library,
    ...listSize(head, number),
  }));
  const missing = sizes.filter(({ library, key }) => cache?.get(library, key) === undefined);
  const values = new Map((await readValues(kv, missing)).map(({ key, value }) => [key, value]));
  return sizes.map(({ library, key }, i) =>
    cached(cache, library, key, () => {
      const { descriptor } = (wanted[i] as WantedList).head;
      return decodeList(key, values.get(key) as JsonValue, library, descriptor);
    }),
  );
}

/** A list whose rows all belong to documents that the segment has. */
function decodeList(
  key: string,
  value: JsonValue,
  library: LibraryEntry,
  descriptor: SegmentDescriptor,
): PostingList {
  const bytes = openBytes('list', key, value);
  const list = decodePostingList(key, bytes, library.fingerprint.dimensions);
  const beyond = list.documents.find((ordinal) => ordinal >= descriptor.documents);
  if (beyond === undefined) return list;
  throw corrupt(key, `document ${beyond} of ${descriptor.documents}`);
}

/** Bytes of a list's value, near enough to weigh one list against another. */
export function listBytes({ dimensions, counts, runs }: CentroidTable, number: number): number {
  const bytes = postingListBytes(dimensions, counts[number] as number, runs[number] as number);
  return LIST_FRAME_BYTES + (4 / 3) * bytes;
}

/** Key and size of a list of a clustered segment. */
export function listSize({ library, descriptor, table }: SegmentHead, number: number): KeySize {
  const { dimensions, counts, runs } = table as CentroidTable;
  const count = counts[number] as number;
  const list = { number, dimensions, count, runs: runs[number] as number };
  return listKeySize(library.id, descriptor.id, list);
}

/** What the cache has under a key, or what is decoded now and kept. */
export function cached<T extends Decoded>(
  cache: CodeCache | undefined,
  library: LibraryEntry,
  key: string,
  decode: () => T,
): T {
  // A key is written once with one kind of value, so what stands under it has the kind asked for.
  const known = cache?.get(library, key) as T | undefined;
  if (known !== undefined) return known;
  const decoded = decode();
  cache?.set(library, key, decoded);
  return decoded;
}
