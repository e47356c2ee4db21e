/** Reading an export: line by line, in constant memory, and doubting every one of them. */

import * as v from 'valibot';
import { GroundworkError } from '../errors';
import {
  chunkLine,
  createExportTally,
  documentLine,
  EXPORT_FORMAT,
  EXPORT_VERSION,
  type ExportedChunk,
  type ExportedDocument,
  type ExportManifest,
  type ExportTally,
  endLine,
  manifestLine,
} from './export-format';

/** Vectors are symmetric: their values are in [-127, 127]. */
const INT8_NEVER = -128;

export interface ParsedExport {
  manifest: ExportManifest;
  /**
   * Each document once it is complete. Only when the last was taken and no error came is it known
   * that nothing is missing or altered: until then, nothing may be published of it.
   */
  documents: AsyncIterable<ExportedDocument>;
}

/**
 * Reads an export line by line; one document is in memory at a time.
 * Errors, here and of `documents`: `export_invalid` (no export, or a line that fits none),
 * `export_truncated`, `export_order`, `export_counts`, `export_checksum`, `format_newer`.
 */
export async function parseExport(
  lines: AsyncIterable<string> | Iterable<string>,
): Promise<ParsedExport> {
  const reader = createLineReader(lines);
  const manifest = parseManifest(await reader.next());
  return { manifest, documents: parseDocuments(reader, manifest) };
}

async function* parseDocuments(
  reader: LineReader,
  manifest: ExportManifest,
): AsyncGenerator<ExportedDocument> {
  const { seen } = reader;
  let last: string | undefined;
  for (;;) {
    const digest = seen.digest();
    const line = await reader.next();
    if (line === undefined) throw truncated(reader.number);
    if (line.value['end'] === true) {
      await checkEnd(reader, line, manifest, digest);
      return;
    }
    if ('start' in line.value) throw order(line, 'a chunk where a document is due');
    const { document: name, hash, chunks } = parse(documentLine, line);
    if (last !== undefined && last >= name) throw order(line, 'documents are not sorted by name');
    last = name;
    seen.documents += 1;
    const document: ExportedDocument = { name, hash, chunks: [] };
    while (document.chunks.length < chunks) {
      const due = `chunk ${document.chunks.length + 1} of ${chunks} of the document before`;
      const next = await reader.next();
      if (next === undefined) throw truncated(reader.number);
      if ('document' in next.value) throw order(next, `a document where ${due} is due`);
      if (next.value['end'] === true) throw counts(next.number, `the end where ${due} is due`);
      document.chunks.push(parseChunk(next, document.chunks.at(-1), manifest));
      seen.chunks += 1;
    }
    yield document;
  }
}

function parseManifest(line: Line | undefined): ExportManifest {
  if (line === undefined) throw invalid(1, 'nothing is there');
  const { format, version } = line.value;
  if (format !== EXPORT_FORMAT) throw invalid(1, 'it does not begin as an export does');
  if (typeof version === 'number' && version > EXPORT_VERSION) {
    throw new GroundworkError({
      code: 'format_newer',
      message: `export: written in version ${version}, this app reads up to ${EXPORT_VERSION}; update the app to the version that wrote it`,
      facts: { found: version, expected: EXPORT_VERSION },
    });
  }
  const { format: _, version: __, ...manifest } = parse(manifestLine, line);
  return manifest;
}

function parseChunk(
  line: Line,
  before: ExportedChunk | undefined,
  { fingerprint }: ExportManifest,
): ExportedChunk {
  const { scale, vector, ...chunk } = parse(chunkLine, line);
  const isLater =
    before === undefined ||
    before.start < chunk.start ||
    (before.start === chunk.start && before.end <= chunk.end);
  if (!isLater) throw order(line, 'chunks are not in the order of their document');
  const bytes = Buffer.from(vector, 'base64');
  const values = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  if (values.length !== fingerprint.dimensions) {
    const what = `a vector of ${values.length} dimensions, the library has ${fingerprint.dimensions}`;
    throw invalid(line.number, what);
  }
  if (values.includes(INT8_NEVER)) throw invalid(line.number, `${INT8_NEVER} in a vector`);
  return { ...chunk, vector: { values, scale } };
}

/** The last line against all before it, and nothing after it but an empty one. */
async function checkEnd(
  reader: LineReader,
  line: Line,
  manifest: ExportManifest,
  digest: string,
): Promise<void> {
  const end = parse(endLine, line);
  const { documents, chunks } = reader.seen;
  const lines = line.number - 1;
  const isAnnounced = documents === manifest.documents && chunks === manifest.chunks;
  const isCounted =
    documents === end.documents && chunks === end.chunks && lines === end.lines && isAnnounced;
  if (!isCounted) {
    const found = `${lines} lines, ${documents} documents, ${chunks} chunks`;
    const expected = `${end.lines}, ${end.documents}, ${end.chunks}`;
    const announced = `${manifest.documents} documents, ${manifest.chunks} chunks`;
    throw counts(line.number, `${found}; the last line says ${expected}, the first ${announced}`);
  }
  if (end.sha256 !== digest) throw checksum(digest, end.sha256);
  const more = await reader.next();
  if (more !== undefined) throw order(more, 'a line after the last');
}

interface Line {
  /** From 1. */
  number: number;
  value: Record<string, unknown>;
}

interface LineReader {
  /** Undefined at the end. */
  next(): Promise<Line | undefined>;
  readonly number: number;
  seen: ExportTally;
}

function createLineReader(lines: AsyncIterable<string> | Iterable<string>): LineReader {
  const seen = createExportTally();
  const iterator =
    Symbol.asyncIterator in lines ? lines[Symbol.asyncIterator]() : lines[Symbol.iterator]();
  let number = 0;
  return {
    seen,
    get number() {
      return number;
    },
    async next() {
      const { value: text, done } = await iterator.next();
      if (done === true) return undefined;
      number += 1;
      // What follows the last line feed of a text that was split at them.
      if (text === '') {
        if ((await iterator.next()).done === true) return undefined;
        throw invalid(number, 'an empty line');
      }
      const value = parseLine(text);
      if (value === undefined) {
        const isLast = (await iterator.next()).done === true;
        const isBegun = number > 1 || text.startsWith(`{"format":"${EXPORT_FORMAT}"`);
        throw isLast && isBegun ? truncated(number) : invalid(number, 'it is no JSON object');
      }
      seen.add(text);
      return { number, value };
    },
  };
}

/** Undefined for what is not a JSON object. */
function parseLine(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function parse<Schema extends v.GenericSchema>(
  schema: Schema,
  { number, value }: Line,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw invalid(number, `${v.getDotPath(issue) ?? 'it'} is not what an export has`);
}

function invalid(line: number, what: string): GroundworkError {
  return new GroundworkError({
    code: 'export_invalid',
    message: `export, line ${line}: ${what}; give a file that the export of a library wrote`,
    facts: { line },
  });
}

function truncated(line: number): GroundworkError {
  return new GroundworkError({
    code: 'export_truncated',
    message: `export: it ends after line ${line} without its last line; give the whole file, or export again`,
    facts: { line },
  });
}

function order({ number }: Line, what: string): GroundworkError {
  return new GroundworkError({
    code: 'export_order',
    message: `export, line ${number}: ${what}; its lines must be as they were written. Export again`,
    facts: { line: number },
  });
}

function counts(line: number, what: string): GroundworkError {
  return new GroundworkError({
    code: 'export_counts',
    message: `export, line ${line}: ${what}; something is missing or was added. Export again`,
    facts: { line },
  });
}

function checksum(found: string, expected: string): GroundworkError {
  return new GroundworkError({
    code: 'export_checksum',
    message: `export: its lines have the SHA-256 ${found}, the last line says ${expected}; it was altered. Export again`,
    facts: { found, expected },
  });
}
