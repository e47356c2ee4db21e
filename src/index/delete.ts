/**
 * Deleting a document, a library or everything. Unlike an edit, a deletion keeps no previous
 * generation: when it returns, nothing of what was deleted is stored any more.
 */

import { GroundworkError } from '../errors';
import type { Platform } from '../platform/ports';
import { findLibrary, type LibraryEntry, loadCatalogue, loadManifest } from './catalogue';
import {
  CATALOGUE_ENTITY,
  CATALOGUE_KEY,
  JOB_PREFIX,
  LIBRARY_PREFIX,
  libraryPrefix,
  MANIFEST_ENTITY,
  STAGED_PREFIX,
} from './keys';
import { publishGeneration, retireLibrary } from './publish';
import { deletePrefix, writeValues } from './read-values';
import { loadSegment } from './reader';
import { encodeSegment, type VectorRows } from './segment';
import { sweep } from './sweep';

/**
 * Publishes a generation without the document and deletes its records at once, the previous
 * generation's claim on them included.
 * Errors: `library_unknown`, `document_unknown`, `publish_lost`.
 */
export async function deleteDocument(
  platform: Platform,
  options: { library: string; document: string },
): Promise<{ generation: number; chunks: number }> {
  const catalogue = await loadCatalogue(platform.entities);
  const library = findLibrary(catalogue.libraries, options.library);
  const descriptor = library.segments[0];
  if (descriptor === undefined) throw unknownDocument(options, 0);
  const manifest = await loadManifest(platform.entities, library.id);
  const { documents, vectors } = await loadSegment(platform.kv, library, descriptor);
  const index = documents.findIndex((document) => document.name === options.document);
  const target = documents[index];
  if (target === undefined) throw unknownDocument(options, documents.length);

  const before = documents.slice(0, index).reduce((sum, entry) => sum + entry.chunks.length, 0);
  const kept = documents.filter((document) => document !== target);
  const jobId = platform.newId();
  const segment = encodeSegment({
    libraryId: library.id,
    segmentId: jobId,
    vectors: withoutRows(vectors, before, target.chunks.length),
    documents: kept,
  });
  await writeValues(platform.kv, segment.items);
  const { generation } = await publishGeneration(platform.entities, platform.clock, {
    libraryId: library.id,
    name: library.name,
    projects: undefined,
    fingerprint: library.fingerprint,
    segments: kept.length > 0 ? [segment.descriptor] : [],
    keepPrevious: false,
    expectedGeneration: library.generation,
    publisher: jobId,
  });
  await sweep(platform.kv, {
    libraryId: library.id,
    retired: [...(manifest?.previous ?? []), descriptor],
    kept,
  });
  return { generation, chunks: target.chunks.length };
}

/** Errors: `library_unknown`, `publish_lost`. */
export async function deleteLibrary(platform: Platform, name: string): Promise<void> {
  const catalogue = await loadCatalogue(platform.entities);
  await removeLibrary(platform, findLibrary(catalogue.libraries, name));
}

/** Deletes every library, job, staged document and provider key of the installation. */
export async function deleteEverything(
  platform: Platform,
  secretKeys: readonly string[],
): Promise<{ libraries: number }> {
  const catalogue = await loadCatalogue(platform.entities);
  for (const library of catalogue.libraries) await removeLibrary(platform, library);
  for (const prefix of [LIBRARY_PREFIX, JOB_PREFIX, STAGED_PREFIX]) {
    await deletePrefix(platform.kv, prefix);
  }
  await platform.entities.delete(CATALOGUE_ENTITY, CATALOGUE_KEY);
  for (const key of secretKeys) await platform.secrets.delete(key);
  return { libraries: catalogue.libraries.length };
}

async function removeLibrary(platform: Platform, library: LibraryEntry): Promise<void> {
  const manifest = await loadManifest(platform.entities, library.id);
  await retireLibrary(platform.entities, platform.clock, {
    library,
    publisher: platform.newId(),
  });
  // By name first, as listing lags; then by prefix, for what an interrupted job left.
  await sweep(platform.kv, {
    libraryId: library.id,
    retired: [...(manifest?.previous ?? []), ...library.segments],
    kept: [],
  });
  await deletePrefix(platform.kv, libraryPrefix(library.id));
  await platform.entities.delete(MANIFEST_ENTITY, library.id);
}

function withoutRows(rows: VectorRows, first: number, removed: number): VectorRows {
  const { dimensions, count } = rows;
  const scales = new Float32Array(count - removed);
  scales.set(rows.scales.subarray(0, first));
  scales.set(rows.scales.subarray(first + removed), first);
  const values = new Int8Array((count - removed) * dimensions);
  values.set(rows.values.subarray(0, first * dimensions));
  values.set(rows.values.subarray((first + removed) * dimensions), first * dimensions);
  return { dimensions, count: count - removed, scales, values };
}

function unknownDocument(
  options: { library: string; document: string },
  documents: number,
): GroundworkError {
  return new GroundworkError({
    code: 'document_unknown',
    message: `document "${options.document}": not among the ${documents} documents of library "${options.library}"; check the name, it is the path relative to the folder that was indexed`,
    facts: { library: options.library, documents },
  });
}
