/** Exporting a library: its live generation as lines, read in bounded blocks. */

import type { Platform } from '../platform/ports';
import { findLibrary, type LibraryEntry, loadCatalogue } from './catalogue';
import type { DocumentEntry } from './document-table';
import { type ExportedDocument, writeExport } from './export-format';
import { liveDocuments, loadRecords, loadSegmentDocuments } from './reader';

/** Chunks whose records are read at a time. */
const CHUNKS_PER_READ = 500;

/**
 * The lines of an export, each with its line end. One generation is read from beginning to end; it
 * stays readable for an hour after a later one has replaced the next.
 * Errors: `library_unknown`, `value_missing`, `value_corrupt`, `format_newer`.
 */
export async function* exportLibrary(platform: Platform, name: string): AsyncGenerator<string> {
  const { libraries } = await loadCatalogue(platform.entities);
  const library = findLibrary(libraries, name);
  const { projects, fingerprint, generation } = library;
  const segments = await loadSegmentDocuments(platform.kv, library.id, library.segments);
  const documents = liveDocuments(segments).sort((a, b) => (a.name < b.name ? -1 : 1));
  const chunks = documents.reduce((sum, document) => sum + document.chunks.length, 0);
  const counts = { documents: documents.length, chunks };
  const head = { library: name, projects, fingerprint, generation, ...counts };
  yield* writeExport(head, readDocuments(platform, library, documents));
}

async function* readDocuments(
  platform: Platform,
  library: LibraryEntry,
  documents: readonly DocumentEntry[],
): AsyncGenerator<ExportedDocument> {
  for (const { name, hash, chunks } of documents) {
    const exported: ExportedDocument = { name, hash, chunks: [] };
    for (let first = 0; first < chunks.length; first += CHUNKS_PER_READ) {
      const block = chunks.slice(first, first + CHUNKS_PER_READ);
      const wanted = block.map((chunk) => ({ library, chunk }));
      const records = await loadRecords(platform.kv, wanted);
      for (const [i, { headings, lead, text, trail, vector }] of records.entries()) {
        const { start, end } = block[i] as (typeof block)[number];
        exported.chunks.push({ start, end, headings: [...headings], lead, text, trail, vector });
      }
    }
    yield exported;
  }
}
