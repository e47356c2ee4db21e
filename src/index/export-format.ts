/**
 * A library as a file: lines of JSON that hold all of it, vectors included, so that it can be taken
 * to another installation without a provider. It holds no key, no job and nobody's name.
 * docs/format.md is the norm. Pure: lines are given and taken without their line feeds.
 */

import { createHash, type Hash } from 'node:crypto';
import * as v from 'valibot';
import { assertInvariant } from '../errors';
import type { Int8Vector } from '../quantization/int8';
import { fingerprintSchema, LIBRARY_NAME_CHARACTERS_MAX, projectsSchema } from './catalogue';
import { isPrintableName } from './names';
import { DOCUMENT_NAME_CHARACTERS_MAX } from './prepare-document';
import { toBase64 } from './stored-item';

export const EXPORT_FORMAT = 'groundwork-export';
export const EXPORT_VERSION = 1;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const nameOf = (charactersMax: number) =>
  v.pipe(
    v.string(),
    v.check((name) => isPrintableName(name, charactersMax), 'not a name'),
  );

export const manifestLine = v.object({
  format: v.literal(EXPORT_FORMAT),
  version: v.literal(EXPORT_VERSION),
  library: nameOf(LIBRARY_NAME_CHARACTERS_MAX),
  projects: projectsSchema,
  fingerprint: fingerprintSchema,
  generation: count,
  documents: count,
  chunks: count,
});

/** The first line: what the export is of, and how much is to come. */
export type ExportManifest = Omit<v.InferOutput<typeof manifestLine>, 'format' | 'version'>;

export const documentLine = v.object({
  document: nameOf(DOCUMENT_NAME_CHARACTERS_MAX),
  /** SHA-256 of the document as given; '' where it is not known any more. */
  hash: v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{64})?$/, 'not a hash')),
  chunks: count,
});

export const chunkLine = v.pipe(
  v.object({
    start: count,
    end: count,
    headings: v.array(v.string()),
    lead: v.string(),
    text: v.string(),
    trail: v.string(),
    scale: v.pipe(v.number(), v.finite(), v.gtValue(0)),
    vector: v.string(),
  }),
  v.check(({ start, end, text }) => text.length === end - start, 'a text of another length'),
);

export const endLine = v.object({
  end: v.literal(true),
  lines: count,
  documents: count,
  chunks: count,
  sha256: v.string(),
});

export interface ExportedChunk {
  /** [start, end) in UTF-16 units of the document's text. */
  start: number;
  end: number;
  headings: readonly string[];
  lead: string;
  text: string;
  trail: string;
  vector: Int8Vector;
}

export interface ExportedDocument {
  name: string;
  hash: string;
  /** In the order of the document. */
  chunks: ExportedChunk[];
}

export interface ExportWriter {
  /** Each gives the next line: the manifest, then documents by name, each before its chunks. */
  manifest(): string;
  document(document: { name: string; hash: string; chunks: number }): string;
  chunk(chunk: ExportedChunk): string;
  /** The last line. Errors: `invariant_violated` when counts are not those of the manifest. */
  end(): string;
}

/** Makes the lines of an export, one after another, and remembers no more than their checksum. */
export function createExportWriter(manifest: ExportManifest): ExportWriter {
  const seen = createExportTally();
  const line = (value: object) => {
    const text = toLine(value);
    seen.add(text);
    return text;
  };
  return {
    manifest: () => line({ format: EXPORT_FORMAT, version: EXPORT_VERSION, ...manifest }),
    document({ name, hash, chunks }) {
      seen.documents += 1;
      return line({ document: name, hash, chunks });
    },
    chunk({ start, end, headings, lead, text, trail, vector }) {
      seen.chunks += 1;
      const { scale, values } = vector;
      const bytes = new Uint8Array(values.buffer, values.byteOffset, values.length);
      return line({ start, end, headings, lead, text, trail, scale, vector: toBase64(bytes) });
    },
    end() {
      const { lines, documents, chunks } = seen;
      assertInvariant(
        documents === manifest.documents && chunks === manifest.chunks,
        `export: ${documents} documents of ${chunks} chunks written, ${manifest.documents} of ${manifest.chunks} announced`,
      );
      return toLine({ end: true, lines, documents, chunks, sha256: seen.digest() });
    },
  };
}

/** What was written or read so far. */
export interface ExportTally {
  lines: number;
  documents: number;
  chunks: number;
  add(line: string): void;
  /** SHA-256 of all lines so far, each with its line feed; hexadecimal. */
  digest(): string;
}

export function createExportTally(): ExportTally {
  const hash: Hash = createHash('sha256');
  return {
    ...{ lines: 0, documents: 0, chunks: 0 },
    add(line) {
      hash.update(line).update('\n');
      this.lines += 1;
    },
    digest: () => hash.copy().digest('hex'),
  };
}

/** JSON of one line for every reader of lines: some end one at a Unicode separator too. */
function toLine(value: object): string {
  return JSON.stringify(value).replace(/[\u2028\u2029]/g, (separator) =>
    separator === '\u2028' ? '\\u2028' : '\\u2029',
  );
}
