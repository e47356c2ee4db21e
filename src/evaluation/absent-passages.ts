/** What golden questions expect and their library cannot give, whatever the search. */

import type { LibraryEntry } from '../index/catalogue';
import type { ChunkRef } from '../index/document-table';
import type { GoldenQuestion } from '../index/golden-questions';
import { liveDocuments, loadRecords, loadSegmentDocuments } from '../index/reader';
import type { Platform } from '../platform/ports';
import { holdsQuote } from './scores';

/** Milliseconds that are left when no further document is read. */
const MARGIN_MS = 8_000;

/** A quote that is in no chunk of its document. */
export interface AbsentQuote {
  document: string;
  quote: string;
  /** Whether the document has it all the same, across a cut between two chunks. */
  isCut: boolean;
}

export interface AbsentPassages {
  /** Documents that questions name and the live generation has not. */
  unknownDocuments: string[];
  unknownQuotes: AbsentQuote[];
  /** Quotes that the time of the call was too short to look for. */
  quotesUnchecked: number;
}

/**
 * Cost: the document tables, and the records of every document that a question quotes.
 * Errors: `value_missing`, `value_corrupt`, `format_newer`.
 */
export async function absentPassages(
  platform: Pick<Platform, 'kv' | 'remainingTimeMs'>,
  library: LibraryEntry,
  questions: readonly GoldenQuestion[],
): Promise<AbsentPassages> {
  const { kv } = platform;
  const segments = await loadSegmentDocuments(kv, library.id, library.segments);
  const chunksOf = new Map(liveDocuments(segments).map(({ name, chunks }) => [name, chunks]));
  const expected = new Set(questions.flatMap(({ document }) => document ?? []));
  const unknownQuotes: AbsentQuote[] = [];
  let quotesUnchecked = 0;
  for (const [document, quotes] of quotesByDocument(questions)) {
    const chunks = chunksOf.get(document);
    if (chunks === undefined) continue;
    if (platform.remainingTimeMs() < MARGIN_MS) {
      quotesUnchecked += quotes.length;
      continue;
    }
    const records = await loadRecords(
      kv,
      chunks.map((chunk) => ({ library, chunk })),
    );
    const texts = records.map(({ text }) => text);
    const absent = quotes.filter((quote) => !texts.some((text) => holdsQuote(text, quote)));
    if (absent.length === 0) continue;
    const whole = wholeText(chunks, texts);
    for (const quote of absent) {
      unknownQuotes.push({ document, quote, isCut: holdsQuote(whole, quote) });
    }
  }
  return {
    unknownDocuments: [...expected].filter((name) => !chunksOf.has(name)).sort(),
    unknownQuotes,
    quotesUnchecked,
  };
}

/** Each quote once, in the order of the questions. */
function quotesByDocument(questions: readonly GoldenQuestion[]): Map<string, string[]> {
  const quotes = new Map<string, Set<string>>();
  for (const { document, quote } of questions) {
    if (document === null || quote === null) continue;
    quotes.set(document, (quotes.get(document) ?? new Set()).add(quote));
  }
  return new Map([...quotes].map(([document, own]) => [document, [...own]]));
}

/** The text of a document by its chunks; what lies between two is blank space. */
function wholeText(chunks: readonly ChunkRef[], texts: readonly string[]): string {
  let [text, end] = ['', 0];
  for (const [i, chunk] of chunks.entries()) {
    const own = texts[i] as string;
    text += chunk.start > end ? ` ${own}` : own.slice(end - chunk.start);
    end = Math.max(end, chunk.end);
  }
  return text;
}
