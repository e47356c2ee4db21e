/**
 * The shapes between a document and its chunks. All offsets are UTF-16 code units into
 * `ParsedDocument.text`: the source itself for markdown and plain text, the text the parser gives
 * for HTML and Atlassian Document Format.
 */

export type DocumentFormat = 'markdown' | 'text' | 'html' | 'adf';

export type BlockKind =
  | 'heading'
  | 'paragraph'
  | 'list-item'
  | 'table'
  | 'code'
  | 'quote'
  | 'front-matter'
  | 'rule'
  | 'other';

/** A structural unit of a document, in document order; blocks neither overlap nor nest. */
export interface Block {
  kind: BlockKind;
  /** [start, end) in UTF-16 units of the parsed text; blank space between blocks is in none. */
  start: number;
  end: number;
  /** Texts of the headings above this block, outermost first; a heading's own text comes last. */
  headings: readonly string[];
  /** Heading level 1-6, list nesting depth from 1; absent for the rest. */
  level?: number;
  /** What a quote is the marks of, where that is cut by lines. */
  holds?: 'table' | 'code';
  /** True for what says what the next block is about, as a heading does: they stay together. */
  introduces?: true;
}

/** What a document says about itself, in front matter or in the head of a page. */
export interface DocumentMetadata {
  title?: string;
  /** Labels, tags, keywords and categories, as written, each once. */
  labels: readonly string[];
  /** A BCP 47 tag in canonical form. */
  language?: string;
  /** Who answers for the text; several are joined by commas. */
  owner?: string;
}

export interface ParsedDocument {
  format: DocumentFormat;
  text: string;
  blocks: readonly Block[];
  metadata: DocumentMetadata;
  /** Title from front matter, `<title>` or the first level-1 heading, if there is one. */
  title?: string;
}

/** A contiguous slice of a document's text and what helps to read it, kept beside the slice. */
export interface Chunk {
  /** 0-based order within its document. */
  ordinal: number;
  /**
   * [start, end) in UTF-16 units; consecutive chunks touch. The first starts at 0, or behind the
   * front matter, which is in none.
   */
  start: number;
  end: number;
  /**
   * Headings above the chunk's first block that says something, outermost first. A title that the
   * document gives itself beside its text comes before them, unless a heading of level 1 says it.
   */
  headings: readonly string[];
  /** What must stand before the slice to read it (repeated table header, re-opened fence) or ''. */
  lead: string;
  /** What must stand after it (closing fence); or ''. */
  trail: string;
  /** Estimated tokens of lead + slice + trail; never a measured count. */
  tokensEstimate: number;
}

export interface ChunkingOptions {
  tokensEstimateTarget: number;
  tokensEstimateMax: number;
  tokensEstimateMin: number;
}
