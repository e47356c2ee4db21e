/**
 * The format of exports: lines of JSON. The first says what it is, then each document is followed
 * by its chunks, and the last counts them and has the SHA-256 of all lines before it, line ends
 * included. No key, no id and no time of the installation it came from is in it.
 */

import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { GroundworkError } from '../errors';
import type { Int8Vector } from '../quantization/int8';
import { fingerprintSchema, projectsSchema } from './catalogue';
import { toBase64 } from './stored-item';

export const EXPORT_VERSION = 1;
const EXPORT_FORMAT = 'groundwork-export';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const headSchema = v.object({
  format: v.literal(EXPORT_FORMAT),
  version: v.literal(EXPORT_VERSION),
  library: v.string(),
  projects: projectsSchema,
  fingerprint: fingerprintSchema,
  generation: count,
  documents: count,
  chunks: count,
});

/** The first line. */
export type ExportHead = v.InferOutput<typeof headSchema>;

const anyHeadSchema = v.object({ format: v.literal(EXPORT_FORMAT), version: count });
const documentSchema = v.object({ document: v.string(), hash: v.string(), chunks: count });
const chunkSchema = v.object({
  start: count,
  end: count,
  headings: v.array(v.string()),
  lead: v.string(),
  text: v.string(),
  trail: v.string(),
  scale: v.pipe(v.number(), v.finite()),
  vector: v.pipe(v.string(), v.base64()),
});
const endSchema = v.object({
  end: v.literal(true),
  lines: count,
  documents: count,
  chunks: count,
  sha256: v.string(),
});

export interface ExportedChunk extends Omit<v.InferOutput<typeof chunkSchema>, 'scale' | 'vector'> {
  vector: Int8Vector;
}

export interface ExportedDocument {
  name: string;
  /** SHA-256 of the document as it was given; empty where it is not known. */
  hash: string;
  chunks: ExportedChunk[];
}

/** Lines of an export, each with its line end. */
export async function* writeExport(
  head: Omit<ExportHead, 'format' | 'version'>,
  documents: AsyncIterable<ExportedDocument>,
): AsyncGenerator<string> {
  const sum = createHash('sha256');
  let lines = 0;
  const line = (value: object) => {
    const text = `${JSON.stringify(value)}\n`;
    sum.update(text);
    lines += 1;
    return text;
  };
  let chunks = 0;
  let written = 0;
  yield line({ format: EXPORT_FORMAT, version: EXPORT_VERSION, ...head });
  for await (const document of documents) {
    written += 1;
    yield line({ document: document.name, hash: document.hash, chunks: document.chunks.length });
    for (const { vector, ...chunk } of document.chunks) {
      chunks += 1;
      const { values, scale } = vector;
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.length);
      yield line({ ...chunk, scale, vector: toBase64(bytes) });
    }
  }
  const sha256 = sum.digest('hex');
  yield `${JSON.stringify({ end: true, lines, documents: written, chunks, sha256 })}\n`;
}

/**
 * Reads an export: its first line at once, its documents one at a time. Only when the last document
 * has come and the iteration has ended without an error is the whole of it as it was written.
 * Errors: `export_invalid`, `format_newer`, `export_truncated`, `export_order`, `export_checksum`.
 */
export async function parseExport(
  lines: AsyncIterable<string>,
): Promise<{ head: ExportHead; documents: AsyncGenerator<ExportedDocument> }> {
  const reader = new LineReader(lines[Symbol.asyncIterator]());
  const head = parseHead(await reader.next('the first line'));
  return { head, documents: readDocuments(reader, head) };
}

async function* readDocuments(
  reader: LineReader,
  head: ExportHead,
): AsyncGenerator<ExportedDocument> {
  let documents = 0;
  let chunks = 0;
  while (documents < head.documents) {
    const row = reader.parse(documentSchema, await reader.next('a document'), 'a document');
    const document: ExportedDocument = { name: row.document, hash: row.hash, chunks: [] };
    for (let i = 0; i < row.chunks; i += 1) {
      const chunk = reader.parse(chunkSchema, await reader.next('a chunk'), 'a chunk');
      document.chunks.push(toChunk(chunk, head, reader.number));
    }
    documents += 1;
    chunks += row.chunks;
    yield document;
  }
  const sha256 = reader.sum();
  const before = reader.number;
  const end = reader.parse(endSchema, await reader.next('the last line'), 'the last line');
  if (end.documents !== documents || end.chunks !== chunks || chunks !== head.chunks) {
    throw outOfOrder(reader.number, `${documents} documents with ${chunks} chunks`, 'as counted');
  }
  if (end.lines !== before || end.sha256 !== sha256) throw wrongChecksum(before);
  await reader.expectEnd();
}

class LineReader {
  /** Lines read so far. */
  number = 0;
  readonly #lines: AsyncIterator<string>;
  readonly #sum = createHash('sha256');

  constructor(lines: AsyncIterator<string>) {
    this.#lines = lines;
  }

  async next(wanted: string): Promise<string> {
    const { value, done } = await this.#lines.next();
    if (done === true) throw truncated(this.number, wanted);
    this.number += 1;
    this.#sum.update(`${value}\n`);
    return value;
  }

  /** Of all lines so far. */
  sum(): string {
    return this.#sum.copy().digest('hex');
  }

  parse<Schema extends v.GenericSchema>(
    schema: Schema,
    line: string,
    wanted: string,
  ): v.InferOutput<Schema> {
    const result = v.safeParse(schema, parseJson(line));
    if (result.success) return result.output;
    throw outOfOrder(this.number, v.getDotPath(result.issues[0]) ?? 'another line', wanted);
  }

  async expectEnd(): Promise<void> {
    for (let next = await this.#lines.next(); next.done !== true; next = await this.#lines.next()) {
      if (next.value.trim() !== '') throw outOfOrder(this.number + 1, 'a line', 'the end');
    }
  }
}

function toChunk(
  { scale, vector, ...chunk }: v.InferOutput<typeof chunkSchema>,
  { fingerprint }: ExportHead,
  line: number,
): ExportedChunk {
  const bytes = Buffer.from(vector, 'base64');
  if (bytes.length !== fingerprint.dimensions) {
    throw outOfOrder(line, `${bytes.length} dimensions`, `${fingerprint.dimensions} of them`);
  }
  const values = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  return { ...chunk, vector: { values, scale } };
}

function parseHead(line: string): ExportHead {
  const body = parseJson(line);
  const any = v.safeParse(anyHeadSchema, body);
  if (any.success && any.output.version > EXPORT_VERSION) {
    throw new GroundworkError({
      code: 'format_newer',
      message: `export: written in version ${any.output.version}, this one reads up to ${EXPORT_VERSION}; update the app`,
      facts: { found: any.output.version, expected: EXPORT_VERSION },
    });
  }
  const result = v.safeParse(headSchema, body);
  if (result.success) return result.output;
  throw new GroundworkError({
    code: 'export_invalid',
    message:
      'export: the first line is not that of an export; give a file that `export` has written',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function truncated(lines: number, wanted: string): GroundworkError {
  return new GroundworkError({
    code: 'export_truncated',
    message: `export: ends after line ${lines} where ${wanted} is expected; nothing was imported. Copy the file again`,
    facts: { lines },
  });
}

function outOfOrder(line: number, found: string, wanted: string): GroundworkError {
  return new GroundworkError({
    code: 'export_order',
    message: `export, line ${line}: found ${found}, expected ${wanted}; lines are missing, exchanged or changed, and nothing was imported. Export it again`,
    facts: { line },
  });
}

function wrongChecksum(lines: number): GroundworkError {
  return new GroundworkError({
    code: 'export_checksum',
    message: `export: the checksum of its ${lines} lines is not the one that was written; nothing was imported. Copy the file again, or export it again`,
    facts: { lines },
  });
}
