/** Names the format of a document and sends it to that format's parser. */

import { GroundworkError } from '../errors';
import { looksLikeAdf, parseAdf } from './parse-adf';
import { parseHtml } from './parse-html';
import { parseMarkdown } from './parse-markdown';
import { parseText } from './parse-text';
import { isBlank } from './text-scan';
import type { DocumentFormat, ParsedDocument } from './types';

/** File endings that are read, for messages and file pickers. `.json` only when it holds ADF. */
export const DOCUMENT_ENDINGS: readonly string[] = [
  ...['.md', '.markdown', '.txt', '.html', '.htm', '.adf.json', '.json'],
];

const FORMATS: readonly (readonly [ending: string, format: DocumentFormat])[] = [
  ['.md', 'markdown'],
  ['.markdown', 'markdown'],
  ['.txt', 'text'],
  ['.html', 'html'],
  ['.htm', 'html'],
  ['.adf.json', 'adf'],
];

const PARSERS: Readonly<Record<DocumentFormat, (source: string) => ParsedDocument>> = {
  markdown: parseMarkdown,
  text: parseText,
  html: parseHtml,
  adf: parseAdf,
};

/**
 * The format that a document's name tells, letter case aside; a plain `.json` must also hold an
 * ADF document.
 * **Errors**: `document_format_unknown`.
 */
export function detectFormat(name: string, content: string): DocumentFormat {
  const lowered = name.toLowerCase();
  const known = FORMATS.find(([ending]) => lowered.endsWith(ending));
  if (known !== undefined) return known[1];
  const isJson = lowered.endsWith('.json');
  if (isJson && looksLikeAdf(content)) return 'adf';
  const found = isJson
    ? 'a .json file that is not an Atlassian Document Format document'
    : 'a name with an ending that is not supported';
  throw new GroundworkError({
    code: 'document_format_unknown',
    message:
      `Document format: found ${found}, expected one of ${DOCUMENT_ENDINGS.join(', ')}. ` +
      'Export the document as markdown, text or HTML and name it accordingly.',
    facts: { json: isJson },
  });
}

/**
 * Parses an admitted document; without `format`, as its name tells.
 * **Errors**: `document_empty` when nothing readable is left (only markup or front matter),
 * `document_adf_invalid`, and `document_format_unknown` when the name must tell and does not.
 * **Cost**: linear for text, HTML and ADF; for markdown see `parseMarkdown`.
 */
export function parseDocument(document: {
  name: string;
  content: string;
  format?: DocumentFormat;
}): ParsedDocument {
  const format = document.format ?? detectFormat(document.name, document.content);
  const parsed = PARSERS[format](document.content);
  const [first] = parsed.blocks;
  const textStart = first?.kind === 'front-matter' ? first.end : 0;
  if (!isBlank(parsed.text.slice(textStart))) return parsed;
  throw new GroundworkError({
    code: 'document_empty',
    message:
      `Document (${format}): found no text in ${document.content.length} characters, ` +
      'expected at least one word. Add text to it, or leave it out.',
    facts: { format, characters: document.content.length },
  });
}
