/**
 * A segment's words in memory, made of texts by the analysis of the app: what the tests of scoring
 * hold against. Its lengths are exact and its frequencies are not cut, unlike stored ones.
 */
import { analyze } from '../../src/analysis/terms';
import type { LexicalHead } from '../../src/index/lexical-head';
import type { TermPostings } from '../../src/index/lexical-postings';

export type ScoredHead = Pick<
  LexicalHead,
  | 'rows'
  | 'rowLengths'
  | 'meanRowLength'
  | 'documentOfRow'
  | 'documentLengths'
  | 'meanDocumentLength'
>;

/** Documents as lists of chunks; `titles` are those of the documents, in their order. */
export function wordsOf(
  documents: readonly (readonly string[])[],
  titles: readonly string[] = [],
): { head: ScoredHead; postings: (term: string) => TermPostings } {
  const rows = documents.flatMap((chunks, ordinal) =>
    chunks.map((text) => ({ ordinal, terms: analyze(text) })),
  );
  const rowLengths = Float32Array.from(rows, ({ terms }) => terms.length);
  const documentLengths = Float32Array.from(documents, (_, ordinal) =>
    rows.reduce((sum, row) => sum + (row.ordinal === ordinal ? row.terms.length : 0), 0),
  );
  const mean = (values: Float32Array) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const head = {
    rows: rows.length,
    rowLengths,
    meanRowLength: mean(rowLengths),
    documentOfRow: Uint32Array.from(rows, ({ ordinal }) => ordinal),
    documentLengths,
    meanDocumentLength: mean(documentLengths),
  };
  const countIn = (terms: readonly string[], term: string) =>
    terms.filter((other) => other === term).length;
  const postings = (term: string): TermPostings => {
    const found = rows.flatMap(({ terms }, row) => {
      const frequency = countIn(terms, term);
      return frequency > 0 ? [{ row, frequency }] : [];
    });
    return {
      term,
      rows: Uint32Array.from(found, ({ row }) => row),
      frequencies: Uint8Array.from(found, ({ frequency }) => frequency),
      titles: titles.flatMap((title, ordinal) => {
        const frequency = countIn(analyze(title), term);
        return frequency > 0 ? [{ ordinal, frequency }] : [];
      }),
      documentFrequency: found.length,
    };
  };
  return { head, postings };
}
