/**
 * Deleting a document, a library or everything. Unlike an edit, a deletion keeps no previous
 * generation: when it returns, nothing of what was deleted is stored any more. One that fails half
 * way can be repeated, as the manifest names what is to go until it has gone.
 */

import { GroundworkError } from '../errors';
import type { KeyValueStore, Platform } from '../platform/ports';
import {
  type Catalogue,
  findLibrary,
  type IndexManifest,
  inlineRoom,
  isCatalogueDamage,
  type LibraryEntry,
  loadCatalogue,
  loadManifest,
  loadManifestOf,
} from './catalogue';
import { isDamage } from './envelope';
import {
  CATALOGUE_ENTITY,
  CATALOGUE_KEY,
  JOB_PREFIX,
  LIBRARY_PREFIX,
  libraryIdOf,
  libraryPrefix,
  MANIFEST_ENTITY,
  STAGED_PREFIX,
} from './keys';
import { nextSegments } from './next-segments';
import { publishGeneration, retireLibrary, writeAndPublish } from './publish';
import { deletePrefix } from './read-values';
import { liveDocuments, loadSegmentDocuments, readGeneration } from './reader';
import { RETIRED_GRACE_MS, succession, sweepRetired } from './retire';
import type { SegmentDescriptor } from './segment';
import { retiredDocuments, sweep } from './sweep';
import { emptyRows } from './vector-rows';

/**
 * Publishes a generation without the document and deletes its records at once, the previous
 * generation's claim on them included. Its codes, which are no text, stay in their posting lists
 * under a tombstone until compaction drops them. A document that only the previous generation still
 * holds (replaced, or left by a deletion that failed) is swept with it.
 * Errors: `library_unknown`, `document_unknown`, `publish_lost`, `publish_unknown`.
 */
export function deleteDocument(
  platform: Platform,
  options: { library: string; document: string },
): Promise<{ generation: number; chunks: number }> {
  return readGeneration(platform, (catalogue) => deleteFrom(platform, catalogue, options));
}

async function deleteFrom(
  platform: Platform,
  catalogue: Catalogue,
  options: { library: string; document: string },
): Promise<{ generation: number; chunks: number }> {
  const { kv, entities } = platform;
  const library = findLibrary(catalogue.libraries, options.library);
  const libraryId = library.id;
  const manifest = await loadManifestOf(entities, library);
  const present = await loadSegmentDocuments(kv, libraryId, library.segments);
  const documents = liveDocuments(present);
  const target = documents.find(({ name }) => name === options.document);
  const chunks = target?.chunks.length ?? (await chunksBefore(kv, manifest, options, libraryId));
  if (target === undefined && chunks === 0) throw unknownDocument(options, documents.length);
  if (target === undefined && manifest !== undefined && isAllDue(manifest)) {
    await sweepAtOnce(platform, libraryId);
    return { generation: library.generation, chunks };
  }

  const jobId = platform.newId();
  const { dimensions } = library.fingerprint;
  const next = await nextSegments(kv, present, {
    libraryId,
    jobId,
    dimensions,
    removed: new Set([options.document]),
    added: [],
    vectors: emptyRows(0, dimensions),
    erase: true,
    inlineCharactersMax: inlineRoom(catalogue, library.name),
  });
  const { segments } = next;
  const now = platform.clock();
  const { generation } = await writeAndPublish(platform, next.items, {
    libraryId,
    name: library.name,
    projects: undefined,
    fingerprint: library.fingerprint,
    segments,
    ...succession({ library, manifest, segments, isDeletion: true, now }),
    expectedGeneration: library.generation,
    publisher: jobId,
  });
  await sweepAtOnce(platform, libraryId);
  return { generation, chunks };
}

/** Sweeps what a deletion has retired, and whatever else is due. */
function sweepAtOnce(platform: Platform, libraryId: string): Promise<void> {
  return sweepRetired(platform, libraryId, { now: platform.clock(), graceMs: RETIRED_GRACE_MS });
}

/** Whether a deletion published already, and only its sweep is left to be done. */
function isAllDue({ previous, retired }: IndexManifest): boolean {
  return previous === null && retired.every(({ at }) => at === 0);
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
  // Jobs first: one that is under way looks for its own record before it publishes.
  await deletePrefix(platform.kv, JOB_PREFIX);
  const catalogue = await readable(loadCatalogue(platform.entities));
  for (const library of catalogue?.libraries ?? []) await removeLibrary(platform, library);
  const orphans = new Set<string>();
  for (const prefix of [LIBRARY_PREFIX, STAGED_PREFIX]) {
    for (const key of await deletePrefix(platform.kv, prefix)) {
      if (prefix === LIBRARY_PREFIX) orphans.add(libraryIdOf(key));
    }
  }
  // A first job that was interrupted leaves the manifest of a library that was never published.
  for (const id of orphans) await platform.entities.delete(MANIFEST_ENTITY, id);
  await platform.entities.delete(CATALOGUE_ENTITY, CATALOGUE_KEY);
  for (const key of secretKeys) await platform.secrets.delete(key);
  return { libraries: catalogue?.libraries.length ?? 0 };
}

/** Empties a library, then takes it out: until it is empty, it can be named to be deleted again. */
async function removeLibrary(platform: Platform, library: LibraryEntry): Promise<void> {
  const manifest = await readable(loadManifest(platform.entities, library.id));
  const { segments } = library;
  const stored = [...(manifest === undefined ? [] : segmentsBefore(manifest)), ...segments];
  const publisher = platform.newId();
  if (segments.length > 0 || (manifest?.previous ?? null) !== null) {
    await publishGeneration(platform.entities, platform.clock, {
      libraryId: library.id,
      name: library.name,
      projects: undefined,
      fingerprint: library.fingerprint,
      segments: [],
      ...succession({ library, manifest, segments: [], isDeletion: true, now: platform.clock() }),
      expectedGeneration: library.generation,
      publisher,
    });
  }
  // By name first, as listing lags; then by prefix, for what an interrupted job left, and for what
  // is too damaged to name its values.
  await sweep(platform.kv, { libraryId: library.id, retired: stored, current: [], kept: [] });
  await retireLibrary(platform.entities, platform.clock, { library, publisher });
  await deletePrefix(platform.kv, libraryPrefix(library.id));
  await platform.entities.delete(MANIFEST_ENTITY, library.id);
}

/** Undefined for what is damaged: deleting is the remedy, so no damage may stand against it. */
async function readable<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (isCatalogueDamage(error) || isDamage(error)) return undefined;
    throw error;
  }
}

/** Chunks that a document has in segments that are live no more. */
async function chunksBefore(
  kv: KeyValueStore,
  manifest: IndexManifest | undefined,
  { document }: { document: string },
  libraryId: string,
): Promise<number> {
  const records = new Set<string>();
  for (const descriptor of manifest === undefined ? [] : segmentsBefore(manifest)) {
    const documents = await retiredDocuments(kv, libraryId, descriptor);
    const chunks = documents.find(({ name }) => name === document)?.chunks ?? [];
    for (const { job, record } of chunks) records.add(`${job}:${record}`);
  }
  return records.size;
}

/** Segments that generations before the live one left, the oldest first. */
function segmentsBefore({ previous, retired }: IndexManifest): SegmentDescriptor[] {
  return [...retired.flatMap(({ segments }) => segments), ...(previous?.segments ?? [])];
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
