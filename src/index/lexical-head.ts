/**
 * The head of one segment's postings: which terms weigh most, how long rows and documents are, and
 * which document and record a row is of. It is read with the centroids, and what it answers needs
 * no further read. At most 5 read units, also of 100,000 rows, unless most of the documents were
 * embedded one by one.
 */

import { ANALYSIS_VERSION } from '../analysis/terms';
import { corrupt } from './envelope';
import { lexicalKey, placesKey, postingsKey } from './keys';
import { decodeLexicalColumns, type LexicalColumns } from './lexical-columns';
import { decodePlaces, type Place, placeBlocksOf, ROWS_PER_PLACES } from './places';
import { decodePostings, findHash, listOf, type PostingsValue } from './postings-value';
import { type RecordPlace, recordAt, rowFinder } from './record-runs';
import type { SegmentDescriptor } from './segment';
import { bytesOfClass, NO_VALUE } from './size-class';
import type { KeySize } from './stored-item';
import { bucketOf, hashTerm } from './term-hash';

/** Bytes of key and value of a block of places, near enough to plan batches with. */
const PLACES_BYTES_PLANNED = 500;

export interface LexicalHead {
  /** Chunks of the segment. */
  rows: number;
  /** Float32Array[rows]: terms of each row, by length class. */
  rowLengths: Float32Array;
  meanRowLength: number;
  /** Uint32Array[rows]: ordinal in the segment's document table. */
  documentOfRow: Uint32Array;
  /** Float32Array[documents]: terms of each document, by the classes of its rows. */
  documentLengths: Float32Array;
  meanDocumentLength: number;
  /** More than the rows of any term whose document frequency is not known. */
  rareBelow: number;
  /** Rows that hold one of the heaviest terms; undefined for any other, which is in fewer. */
  documentFrequency(term: string): number | undefined;
  /**
   * The value that holds the term's postings, with at least its size; of 0 bytes where it is read
   * with the head. Undefined where the segment cannot have the term, or where so many rows have it
   * that no postings are kept.
   */
  valueOf(term: string): KeySize | undefined;
  /** Of a row found by its vector. */
  rowOf(chunk: RecordPlace): number | undefined;
  recordOf(row: number): RecordPlace;
  /** The value that says where the row's text stands; of 0 bytes where it is read with the head. */
  placeValueOf(row: number): KeySize;
  /** As stored. */
  columns: LexicalColumns;
  /** Of a small segment: all its postings, and where the text of each row stands. */
  inline: { postings: PostingsValue | undefined; places: Place[] } | undefined;
}

/** Whether terms as this version makes them can be asked for in the segment. */
export function isAnalysisKnown({ lexical }: Pick<SegmentDescriptor, 'lexical'>): boolean {
  return lexical.analysis === ANALYSIS_VERSION;
}

/** Opens a head, its parts given in order. Errors: `value_corrupt`. */
export function openLexicalHead(
  libraryId: string,
  descriptor: Pick<SegmentDescriptor, 'id' | 'chunks' | 'documents' | 'lexical'>,
  parts: readonly Buffer[],
): LexicalHead {
  const { id, chunks, documents, lexical } = descriptor;
  const headKey = lexicalKey(libraryId, id, 0);
  const limits = { rows: chunks, documents };
  const expected = { ...limits, values: lexical.values };
  const columns = decodeLexicalColumns(headKey, Buffer.concat(parts), expected);
  const inline = openInline(headKey, columns);
  const blocks = inline === undefined ? placeBlocksOf(chunks) : 0;
  if (lexical.places !== blocks) {
    throw corrupt(headKey, `${blocks} values of places, the segment has ${lexical.places}`);
  }
  const { hashes, frequencies, sizes, bucketSizes, documentOfRow, runs, lengths } = columns;
  const rowLengths = Float32Array.from(lengths.classOf, (own) => lengths.lengths[own] as number);
  const documentLengths = new Float32Array(documents);
  let sum = 0;
  for (const [row, length] of rowLengths.entries()) {
    const document = documentOfRow[row] as number;
    documentLengths[document] = (documentLengths[document] as number) + length;
    sum += length;
  }
  const sized = (number: number, size: number): KeySize | undefined => {
    if (size === NO_VALUE) return undefined;
    return { key: postingsKey(libraryId, id, number), bytes: bytesOfClass(size) };
  };
  return {
    rows: chunks,
    rowLengths,
    meanRowLength: chunks === 0 ? 0 : sum / chunks,
    documentOfRow,
    documentLengths,
    meanDocumentLength: documents === 0 ? 0 : sum / documents,
    rareBelow: columns.rareBelow,
    documentFrequency(term) {
      const hash = hashTerm(term);
      if (inline !== undefined) {
        const { postings } = inline;
        return (postings && listOf(headKey, postings, hash)?.rows.length) ?? 0;
      }
      const number = findHash(hashes, hash);
      return number === undefined ? undefined : frequencies[number];
    },
    valueOf(term) {
      const hash = hashTerm(term);
      if (inline !== undefined) {
        const has = inline.postings && findHash(inline.postings.hashes, hash) !== undefined;
        return has ? { key: headKey, bytes: 0 } : undefined;
      }
      const number = findHash(hashes, hash);
      if (number !== undefined) {
        return sized(bucketSizes.length + number, sizes[number] as number);
      }
      const bucket = bucketOf(hash, bucketSizes.length);
      return sized(bucket, bucketSizes[bucket] as number);
    },
    rowOf: rowFinder(runs),
    recordOf: (row) => recordAt(runs, row),
    placeValueOf(row) {
      if (inline !== undefined) return { key: headKey, bytes: 0 };
      const key = placesKey(libraryId, id, Math.floor(row / ROWS_PER_PLACES));
      return { key, bytes: PLACES_BYTES_PLANNED };
    },
    columns,
    inline,
  };
}

/** Errors: `value_corrupt`. */
function openInline(key: string, columns: LexicalColumns): LexicalHead['inline'] {
  const { rows, documents, inline } = columns;
  if (inline === undefined) return undefined;
  const postings =
    inline.postings.length === 0
      ? undefined
      : decodePostings(key, Buffer.from(inline.postings), { rows, documents });
  const places = decodePlaces(key, Buffer.from(inline.places), { rows });
  return { postings, places };
}
