/**
 * The head of one segment's postings: fixed size, read with the centroids. What it answers needs no
 * further read.
 */

import type { KeySize } from './stored-item';

export interface LexicalHead {
  /** Chunks of the segment. */
  rows: number;
  /** Float32Array[rows]: terms of each row, by length class. */
  rowLengths: Float32Array;
  meanRowLength: number;
  /** Uint32Array[rows]: ordinal in the segment's document table. */
  documentOfRow: Uint32Array;
  /** Float32Array[documents]: terms of each document. */
  documentLengths: Float32Array;
  meanDocumentLength: number;
  /** Rows that hold one of the heaviest terms; undefined for any other, which is in fewer. */
  documentFrequency(term: string): number | undefined;
  /** The value that holds the term's postings; undefined where the segment cannot have the term. */
  valueOf(term: string): KeySize | undefined;
  /** Of a row found by its vector. */
  rowOf(chunk: { job: string; record: number }): number | undefined;
  recordOf(row: number): { job: string; record: number };
  /** The value that says where the row's text stands. */
  placeValueOf(row: number): KeySize;
}
