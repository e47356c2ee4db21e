/** The postings of terms, and where the text of rows stands. */

export interface TermPostings {
  term: string;
  /** Uint32Array[count]: rows that hold the term, ascending. */
  rows: Uint32Array;
  /** Uint8Array[count]: how often, 1 to 4; 4 stands for more too. */
  frequencies: Uint8Array;
  /** Documents whose title or name has the term, and how often. */
  titles: { ordinal: number; frequency: number }[];
  /** Rows that hold the term, those of deleted documents included. */
  documentFrequency: number;
}
