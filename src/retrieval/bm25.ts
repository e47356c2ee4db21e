/**
 * BM25 at two levels: the chunk, and the document it stands in. A passage that says a rule seldom
 * repeats what its page is about; the page does.
 *
 * Source: S. Robertson, H. Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond",
 * 2009 (k1, b, k3, and fields as weighted frequencies).
 */

import type { LexicalHead } from '../index/lexical-head';
import type { TermPostings } from '../index/lexical-postings';

/** Chosen by measurement; docs/tuning.md says over which range each is flat. */
export const BM25 = {
  k1: 1.2,
  b: 0.75,
  documentK1: 10,
  documentB: 0.9,
  /** Weight of a term of the title or the name against one of the document's text. */
  titleWeight: 3,
} as const;

/** Means over all segments of a library, which its rows are measured by. */
export interface LengthMeans {
  row: number;
  document: number;
}

/** A term's postings in one segment, with what a full match is worth in this query. */
export interface WeighedPostings {
  weight: number;
  postings: TermPostings;
}

/** Scores of a segment's rows. */
export interface LexicalScores {
  /** Float32Array[rows]: of the chunk's own words; 0 where no term matches. */
  chunks: Float32Array;
  /** Float32Array[documents]: of the document's words, title and name, before its weight. */
  documents: Float32Array;
}

/** ln(1 + (N - df + ½) / (df + ½)): above 0 for any df up to N. */
export function inverseFrequency(rows: number, documentFrequency: number): number {
  return Math.log(1 + (rows - documentFrequency + 0.5) / (documentFrequency + 0.5));
}

/** What a full match of the term is worth in this query, before the factor (k1 + 1). */
export function queryWeight(inverse: number, frequency: number, k3: number): number {
  return (inverse * frequency * (k3 + 1)) / (frequency + k3);
}

/** The means of a library's segments together. */
export function lengthMeans(heads: readonly LexicalHead[]): LengthMeans {
  let [rows, rowSum, documents, documentSum] = [0, 0, 0, 0];
  for (const head of heads) {
    rows += head.rows;
    rowSum += head.rows * head.meanRowLength;
    documents += head.documentLengths.length;
    documentSum += head.documentLengths.length * head.meanDocumentLength;
  }
  // A library without a single term has no lengths, and nothing to divide either.
  return { row: rowSum / rows || 1, document: documentSum / documents || 1 };
}

/** Scores every row and document of a segment. */
export function scoreSegment(
  head: LexicalHead,
  terms: readonly WeighedPostings[],
  means: LengthMeans,
): LexicalScores {
  const chunks = new Float32Array(head.rows);
  const documents = new Float32Array(head.documentLengths.length);
  for (const { weight, postings } of terms) {
    const inDocument = new Map<number, number>();
    for (const { ordinal, frequency } of postings.titles) {
      inDocument.set(ordinal, BM25.titleWeight * frequency);
    }
    for (let i = 0; i < postings.rows.length; i += 1) {
      const row = postings.rows[i] as number;
      const frequency = postings.frequencies[i] as number;
      const length = (head.rowLengths[row] as number) / means.row;
      const gain = weight * saturated(frequency, length, BM25.k1, BM25.b);
      chunks[row] = (chunks[row] as number) + gain;
      const document = head.documentOfRow[row] as number;
      inDocument.set(document, (inDocument.get(document) ?? 0) + frequency);
    }
    for (const [document, frequency] of inDocument) {
      const length = (head.documentLengths[document] as number) / means.document;
      const gain = weight * saturated(frequency, length, BM25.documentK1, BM25.documentB);
      documents[document] = (documents[document] as number) + gain;
    }
  }
  return { chunks, documents };
}

function saturated(frequency: number, length: number, k1: number, b: number): number {
  const normalized = frequency / (1 - b + b * length);
  return (normalized * (k1 + 1)) / (normalized + k1);
}
