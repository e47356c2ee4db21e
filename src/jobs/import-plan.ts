/**
 * Planning an import: an export's documents come with the vectors of their chunks, so what awaits
 * in the batches is written as it is and nothing is embedded. Nothing is written into the index
 * before the last line has been read and its checksum holds.
 */

import { openValue } from '../index/envelope';
import type { ExportedDocument, ExportManifest } from '../index/export-format';
import { parseExport } from '../index/parse-export';
import { readValues } from '../index/read-values';
import type { KeyValueStore } from '../platform/ports';
import { createPage, type PageSource, type PlannedPage } from './plan-page';
import type { StagedDocument } from './staging';

/** Values that are read at a time: each is some 150 KB of the file. */
const VALUES_PER_READ = 4;
/** Chunks of a page: with their vectors some four megabytes. */
const CHUNKS_PER_PAGE = 1_000;

/** The lines of a file that was staged. Errors: `value_missing`, `value_corrupt`. */
async function* stagedLines(kv: KeyValueStore, { values }: StagedDocument): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let rest = '';
  for (let first = 0; first < values.length; first += VALUES_PER_READ) {
    const read = await readValues(kv, values.slice(first, first + VALUES_PER_READ));
    // Every value holds whole groups of base64, so each can be decoded by itself.
    for (const { key, value } of read) {
      rest += decoder.decode(Buffer.from(openValue('work', key, value), 'base64'), {
        stream: true,
      });
    }
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

/** The first line of an export. Errors: `export_invalid`, `format_newer`, those of reading. */
export async function readExportManifest(
  kv: KeyValueStore,
  staged: StagedDocument,
): Promise<ExportManifest> {
  const { manifest } = await parseExport(stagedLines(kv, staged));
  return manifest;
}

/**
 * Pages of an export from document `first` on. It is read from its beginning each time, as only
 * the whole of it can be checked. Errors: those of `parseExport` and of reading.
 */
export async function* importedPages(
  source: PageSource,
  staged: StagedDocument,
  first: number,
): AsyncGenerator<PlannedPage> {
  const { documents } = await parseExport(stagedLines(source.platform.kv, staged));
  const live = new Map(source.baseline.documents.map(({ name, hash }) => [name, hash]));
  let page = createPage(source);
  let taken = 0;
  let chunks = 0;
  let number = 0;
  for await (const document of documents) {
    number += 1;
    if (number <= first) continue;
    taken += 1;
    if (!source.isRebuild && document.hash !== '' && live.get(document.name) === document.hash) {
      page.unchanged += 1;
      continue;
    }
    page.add(document, toChunks(document));
    chunks += document.chunks.length;
    if (chunks < CHUNKS_PER_PAGE) continue;
    yield page.close(taken);
    page = createPage(source);
    taken = 0;
    chunks = 0;
  }
  if (taken > 0) yield page.close(taken);
}

function toChunks({ name, chunks }: ExportedDocument) {
  return chunks.map(({ vector, ...chunk }) => ({ ...chunk, document: name, source: vector }));
}
