/**
 * Deleting a document, a library or everything. Unlike an edit, a deletion keeps no previous
 * generation: when it returns, nothing of what was deleted is stored any more. One that fails half
 * way can be repeated, as the manifest names what is to go until it has gone.
 */

import { GroundworkError } from '../errors';
import type { KeyValueStore, Platform } from '../platform/ports';
import { settleAll } from '../settle-all';
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
  ERASED_PREFIX,
  erasedKey,
  GOLDEN_PREFIX,
  goldenKey,
  LIBRARY_PREFIX,
  libraryIdOf,
  libraryPrefix,
  MANIFEST_ENTITY,
  ORPHANS_KEY,
  STAGED_PREFIX,
} from './keys';
import { nextSegments } from './next-segments';
import { publishGeneration, retireLibrary, writeAndPublish } from './publish';
import { deletePrefix } from './read-values';
import { liveDocuments, loadSegmentDocuments, readGeneration } from './reader';
import { RETIRED_GRACE_MS, succession, sweepRetired } from './retire';
import type { SegmentDescriptor } from './segment';
import { retiredDocuments, sweep } from './sweep';

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
    erase: true,
    mergesNothing: true,
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

/** How a deletion goes on that its caller has no time for. */
export interface EraseOptions {
  /** Sees to it that `finishErasures` is called soon; without it everything is deleted at once. */
  later?: () => Promise<void>;
}

/** What became of a deletion: values that are still stored, to be deleted later. */
export interface Erased {
  /** 0 proves that nothing is left; otherwise at least so many. */
  left: number;
}

/** Errors: `library_unknown`, `publish_lost`. */
export async function eraseLibrary(
  platform: Platform,
  name: string,
  options: EraseOptions = {},
): Promise<Erased> {
  const catalogue = await loadCatalogue(platform.entities);
  const library = findLibrary(catalogue.libraries, name);
  await removeLibrary(platform, library, options);
  return {
    left: await countBelow(platform.kv, [libraryPrefix(library.id), goldenKey(library.id)]),
  };
}

/** Deletes every library, whatever jobs have staged or left, and every provider key. */
export async function eraseEverything(
  platform: Platform,
  secretKeys: readonly string[],
  options: EraseOptions = {},
): Promise<Erased & { libraries: number }> {
  const { kv, entities, secrets } = platform;
  for (const key of secretKeys) await secrets.delete(key);
  const catalogue = await readable(loadCatalogue(entities));
  const libraries = catalogue?.libraries ?? [];
  let isLater = false;
  for (const library of libraries) {
    if (await removeLibrary(platform, library, options)) isLater = true;
  }
  await deletePrefix(kv, STAGED_PREFIX);
  await kv.delete(ORPHANS_KEY);
  await deletePrefix(kv, GOLDEN_PREFIX);
  // What goes later is found by its marks; otherwise nothing at all is to stay.
  if (!isLater) {
    const orphans = new Set([...(await deletePrefix(kv, LIBRARY_PREFIX))].map(libraryIdOf));
    // A first job that was interrupted leaves the manifest of a library that was never published.
    for (const id of orphans) await entities.delete(MANIFEST_ENTITY, id);
    await deletePrefix(kv, ERASED_PREFIX);
    await entities.delete(CATALOGUE_ENTITY, CATALOGUE_KEY);
  }
  const left = await countBelow(kv, [LIBRARY_PREFIX, STAGED_PREFIX, GOLDEN_PREFIX]);
  return { libraries: libraries.length, left };
}

/** Chunks of a library that is deleted within one call of a page, in some ten seconds. */
const CHUNKS_AT_ONCE_MAX = 5_000;

/**
 * Empties a library and takes it out of the catalogue: from then on nobody finds anything of it.
 * True when its values are left to be deleted later. Until it is out, it can be named to be deleted
 * again; after that its mark names it.
 */
async function removeLibrary(
  platform: Platform,
  library: LibraryEntry,
  { later }: EraseOptions,
): Promise<boolean> {
  const { kv, entities, clock } = platform;
  const { id, name, fingerprint, segments, generation } = library;
  const manifest = await readable(loadManifest(entities, id));
  const stored = [...(manifest === undefined ? [] : segmentsBefore(manifest)), ...segments];
  const publisher = platform.newId();
  if (segments.length > 0 || (manifest?.previous ?? null) !== null) {
    await publishGeneration(entities, clock, {
      libraryId: id,
      name,
      projects: undefined,
      fingerprint,
      segments: [],
      ...succession({ library, manifest, segments: [], isDeletion: true, now: clock() }),
      expectedGeneration: generation,
      publisher,
    });
  }
  const isLater =
    later !== undefined && sum(stored.map(({ chunks }) => chunks)) > CHUNKS_AT_ONCE_MAX;
  // By name first, as listing lags; then by prefix, for what an interrupted job left, and for what
  // is too damaged to name its values.
  if (!isLater) await sweep(kv, { libraryId: id, retired: stored, current: [], kept: [] });
  // Before the library leaves the catalogue, so that what it was asked is gone when it is.
  await kv.delete(goldenKey(id));
  await kv.set(erasedKey(id), true);
  await retireLibrary(entities, clock, { library, publisher });
  if (isLater) await later();
  else await eraseRest(platform, id);
  return isLater;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Values below prefixes, as far as one page of each shows. */
async function countBelow(kv: KeyValueStore, prefixes: readonly string[]): Promise<number> {
  const pages = await settleAll(prefixes.map((prefix) => kv.query({ prefix, limit: 10 })));
  return sum(pages.map(({ results }) => results.length));
}

/** What is left of a library that is in no catalogue any more. */
async function eraseRest({ kv, entities }: Platform, libraryId: string): Promise<void> {
  await deletePrefix(kv, libraryPrefix(libraryId));
  await kv.delete(goldenKey(libraryId));
  await entities.delete(MANIFEST_ENTITY, libraryId);
  await kv.delete(erasedKey(libraryId));
}

/** Goes on with deletions that ended after the library had gone from the catalogue. */
export async function finishErasures(platform: Platform): Promise<number> {
  const { libraries } = await loadCatalogue(platform.entities);
  const { results } = await platform.kv.query({ prefix: ERASED_PREFIX, limit: 100 });
  let finished = 0;
  for (const { key } of results) {
    const libraryId = key.slice(ERASED_PREFIX.length);
    // Marked, and then the catalogue kept it: it can be deleted by its name again.
    if (libraries.some(({ id }) => id === libraryId)) continue;
    await eraseRest(platform, libraryId);
    finished += 1;
  }
  return finished;
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
