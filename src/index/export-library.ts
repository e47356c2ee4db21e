/** Writing a library out, one generation of it whole. */

import type { Platform } from '../platform/ports';
import { findLibrary, type LibraryEntry, loadCatalogue } from './catalogue';
import type { ChunkRef, DocumentEntry } from './document-table';
import { corrupt } from './envelope';
import { createExportWriter } from './export-format';
import { recordKey } from './keys';
import { recordHash } from './prepare-document';
import { orPublishLost } from './publish';
import { liveDocuments, loadRecords, loadSegmentDocuments } from './reader';
import type { ChunkRecord } from './record';

/** Records in memory at a time; those of four batches, side by side. */
const RECORDS_PER_READ = 100;

/**
 * The lines of a library's export, without line feeds: documents in the order of their names, so
 * that equal libraries give equal lines. Only a whole export has its last line.
 * Errors: `library_unknown`; `publish_lost` when a deletion came between, whose text is gone now;
 * `value_missing`, `value_corrupt`, `format_newer`, and those of the store.
 */
export async function* exportLibrary(
  { kv, entities }: Pick<Platform, 'kv' | 'entities'>,
  name: string,
): AsyncGenerator<string> {
  const library = findLibrary((await loadCatalogue(entities)).libraries, name);
  const { id: libraryId, generation } = library;
  try {
    yield* linesOf(kv, library);
  } catch (error) {
    throw await orPublishLost(entities, error, { libraryId, name, generation });
  }
}

async function* linesOf(kv: Platform['kv'], library: LibraryEntry): AsyncGenerator<string> {
  const { id, name, projects, fingerprint, generation } = library;
  const documents = liveDocuments(await loadSegmentDocuments(kv, id, library.segments));
  documents.sort((a, b) => (a.name < b.name ? -1 : 1));
  const chunks = documents.reduce((sum, document) => sum + document.chunks.length, 0);
  const counted = { documents: documents.length, chunks };
  const writer = createExportWriter({
    ...{ library: name, projects, fingerprint, generation, ...counted },
  });
  const records = readRecords(kv, library, documents);
  yield writer.manifest();
  for (const document of documents) {
    yield writer.document({ ...document, chunks: document.chunks.length });
    for (const { start, end } of document.chunks) {
      const { value: record } = await records.next();
      const { headings, lead, text, trail, vector } = record as ChunkRecord;
      yield writer.chunk({ start, end, headings, lead, text, trail, vector });
    }
  }
  yield writer.end();
}

/** The records of all chunks in order, read in blocks. Errors: those of `loadRecords`. */
async function* readRecords(
  kv: Platform['kv'],
  library: LibraryEntry,
  documents: readonly DocumentEntry[],
): AsyncGenerator<ChunkRecord> {
  const wanted = documents.flatMap(({ name, chunks }) =>
    chunks.map((chunk) => ({ library, chunk, name })),
  );
  for (let first = 0; first < wanted.length; first += RECORDS_PER_READ) {
    const block = wanted.slice(first, first + RECORDS_PER_READ);
    for (const [i, record] of (await loadRecords(kv, block)).entries()) {
      const { chunk, name } = block[i] as { chunk: ChunkRef; name: string };
      if (record.document !== name || recordHash(record) !== chunk.hash) {
        const key = recordKey(library.id, chunk.job, chunk.record);
        throw corrupt(key, 'its text is not that of the chunk that refers to it');
      }
      yield record;
    }
  }
}
