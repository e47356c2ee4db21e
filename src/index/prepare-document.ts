/** From a document as given to the chunks that will be embedded. Pure. */

import { createHash } from 'node:crypto';
import { admitDocument } from '../chunking/admit-document';
import { CHUNKING_DEFAULTS, chunkDocument } from '../chunking/chunk-document';
import { DOCUMENT_ENDINGS, detectFormat, parseDocument } from '../chunking/parse-document';
import type { Chunk } from '../chunking/types';
import { GroundworkError } from '../errors';
import { isPrintableName } from './names';
import type { ChunkRecord } from './record';

/** A document as the admin gave it. */
export interface GivenDocument {
  /** What the admin calls it, for example its path; unique within a library. */
  name: string;
  bytes: Uint8Array;
}

export interface PreparedDocument {
  name: string;
  hash: string;
  /** The text that offsets point into. */
  text: string;
  chunks: Chunk[];
}

/** Version of `embeddedText`; part of the fingerprint. */
export const EMBEDDED_TEXT_VERSION = 2;

const BREADCRUMB_SEPARATOR = ' › ';
const SAYS_NOTHING: ReadonlySet<string> = new Set(['', '.', '..']);

/** Bytes of a SHA-256 that are a chunk's hash. */
const CHUNK_HASH_BYTES = 8;

/** UTF-16 units of the longest document name. */
export const DOCUMENT_NAME_CHARACTERS_MAX = 400;

/** SHA-256 of the bytes as given, hexadecimal: what "unchanged" means. */
export function hashDocument(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Checks, parses and chunks one document.
 * Errors: the codes of `admitDocument` and of the parsers, `document_name_invalid`.
 */
export function prepareDocument(given: GivenDocument): PreparedDocument {
  checkName(given.name);
  const { content } = admitDocument(given.name, given.bytes);
  const parsed = parseDocument({
    name: given.name,
    content,
    format: detectFormat(given.name, content),
  });
  return {
    name: given.name,
    hash: hashDocument(given.bytes),
    text: parsed.text,
    // A long run of blank space is a chunk of its own, with nothing in it to find or to embed.
    chunks: chunkDocument(parsed, CHUNKING_DEFAULTS).filter(
      (chunk) => parsed.text.slice(chunk.start, chunk.end).trim() !== '',
    ),
  };
}

/**
 * What a chunk's record holds besides its vector: within a library, equal hashes are equal
 * embeddings. 64 bits: among 2^20 chunks two are alike by chance once in 2^25 times.
 */
export function recordHash(record: Omit<ChunkRecord, 'vector'>): string {
  const { document, headings, lead, text, trail } = record;
  const fields = JSON.stringify([document, headings, lead, text, trail]);
  const digest = createHash('sha256').update(fields).digest();
  return digest.subarray(0, CHUNK_HASH_BYTES).toString('base64url');
}

/**
 * What the model reads of a chunk: a line that says where it stands, the breadcrumb
 * `library › words of the document's name › headings`, then its text. What is shown has no such
 * line. It counts against the model's limits like the rest.
 *
 * A library's name is its identity and never changes, so its chunks all begin alike. Only what was
 * imported under another name has vectors made with the name that it was exported with. They stay
 * until their chunks are edited or the library is rebuilt; until then its newer chunks begin with
 * another name than those.
 */
export function embeddedText(library: string, record: Omit<ChunkRecord, 'vector'>): string {
  const { document, headings, lead, text, trail } = record;
  const breadcrumb = [library, ...wordsOfPath(document), ...headings].join(BREADCRUMB_SEPARATOR);
  return `${breadcrumb}\n${lead}${text.trim()}${trail}`;
}

/** `team/release-notes_v1.2.md` is `team`, `release notes v1.2`: names are made of words. */
function wordsOfPath(name: string): string[] {
  const lowered = name.toLowerCase();
  const ending = DOCUMENT_ENDINGS.find((known) => lowered.endsWith(known)) ?? '';
  return name
    .slice(0, name.length - ending.length)
    .split('/')
    .map((part) => part.replace(/[-_\s]+/g, ' ').trim())
    .filter((part) => !SAYS_NOTHING.has(part));
}

function checkName(name: string): void {
  if (isPrintableName(name, DOCUMENT_NAME_CHARACTERS_MAX)) return;
  throw new GroundworkError({
    code: 'document_name_invalid',
    message: `document name of ${name.length} characters: expected 1 to ${DOCUMENT_NAME_CHARACTERS_MAX} printable characters; rename the document`,
    facts: { characters: name.length, charactersMax: DOCUMENT_NAME_CHARACTERS_MAX },
  });
}
