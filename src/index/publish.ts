/**
 * Publishing: the one step that makes a generation visible. Catalogue and index manifest change in
 * one transaction, each conditioned on the generation it was read with, so of two jobs that planned
 * from the same generation exactly one wins and the other learns it.
 */

import { GroundworkError } from '../errors';
import type { Clock, ConditionalSet, EntityStore, Platform } from '../platform/ports';
import type { Calibration } from './calibration';
import {
  type Catalogue,
  catalogueValue,
  type Fingerprint,
  type IndexManifest,
  type LibraryEntry,
  loadCatalogue,
  loadManifest,
  manifestValue,
  type PreviousGeneration,
  type Projects,
  type RetiredSegments,
} from './catalogue';
import { CATALOGUE_ENTITY, CATALOGUE_KEY, MANIFEST_ENTITY } from './keys';
import { deleteKeys, isValueMissing, writeValues } from './read-values';
import type { SegmentDescriptor } from './segment';
import type { StoredItem } from './stored-item';

/** Other libraries may publish in between; each attempt that loses to one of them starts anew. */
const ATTEMPTS_MAX = 8;

/** Answers by which the platform says that it did not carry a transaction out. */
const REFUSALS = ['store_throttled', 'store_failed'];
const PUBLISH_UNKNOWN = 'publish_unknown';

/**
 * A further item that changes in the same transaction, on a condition of its own: what is published
 * is then published by whoever still had the right to, and it is known to have been.
 */
export interface PublishFence {
  /** Throws when the condition cannot hold any more. */
  check: () => Promise<void>;
  write: (entry: LibraryEntry) => ConditionalSet;
}

export interface Publication {
  libraryId: string;
  name: string;
  /** Assignment of a new library, or a new assignment; undefined keeps what the library has. */
  projects: Projects | undefined;
  fingerprint: Fingerprint;
  /** What the threshold is made of; undefined keeps what the library has. */
  calibration?: Calibration | null;
  segments: SegmentDescriptor[];
  /** What can be restored, and what is to be swept: see `succession`. */
  previous: PreviousGeneration | null;
  retired: RetiredSegments[];
  /** The generation the job planned from; 0 for a library that is not there yet. */
  expectedGeneration: number;
  publisher: string;
  fence?: PublishFence;
}

/** Makes the item that later transactions are conditioned on; generation 0 is invisible. */
export async function createManifest(entities: EntityStore, libraryId: string): Promise<void> {
  const empty = { segments: [], previous: null, retired: [] };
  const manifest = { generation: 0, publisher: '', publishedAt: 0, ...empty };
  await entities.create(MANIFEST_ENTITY, libraryId, manifestValue(manifest));
}

/**
 * Publishes a generation and returns its entry of the catalogue.
 * Errors: `publish_lost` when somebody else published this library meanwhile, or took its name;
 * `publish_unknown` when no answer came and the generation is not there (yet).
 */
export async function publishGeneration(
  entities: EntityStore,
  clock: Clock,
  publication: Publication,
): Promise<LibraryEntry> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    await publication.fence?.check();
    const catalogue = await loadCatalogue(entities);
    const existing = expectUnchanged(catalogue, publication);
    const entry: LibraryEntry = {
      id: publication.libraryId,
      name: publication.name,
      projects: publication.projects ?? existing?.projects ?? 'all',
      generation: publication.expectedGeneration + 1,
      fingerprint: publication.fingerprint,
      calibration: calibrationOf(publication, existing),
      segments: publication.segments,
    };
    const others = catalogue.libraries.filter((library) => library.id !== entry.id);
    const libraries = [...others, entry].sort(byName);
    const manifest: IndexManifest = {
      generation: entry.generation,
      publisher: publication.publisher,
      publishedAt: clock(),
      segments: publication.segments,
      previous: publication.previous,
      retired: publication.retired,
    };
    const also = publication.fence === undefined ? [] : [publication.fence.write(entry)];
    const change = { catalogue, libraries, manifest, also };
    if (await commit(entities, change, publication)) return entry;
  }
  throw publishLost(
    publication.name,
    `other libraries were published ${ATTEMPTS_MAX} times meanwhile`,
  );
}

/** Writes values and publishes; what certainly was not published is deleted again. */
export async function writeAndPublish(
  platform: Platform,
  items: readonly StoredItem[],
  publication: Publication,
): Promise<LibraryEntry> {
  try {
    await writeValues(platform.kv, items);
    return await publishGeneration(platform.entities, platform.clock, publication);
  } catch (error) {
    if (!isPublishUnknown(error)) {
      const keys = items.map((item) => item.key);
      // Should this fail too, the first error is still the one to report.
      await deleteKeys(platform.kv, keys).catch(() => platform.log('cleanup_failed', {}));
    }
    throw error;
  }
}

/**
 * Takes a library out of the catalogue and retires its manifest, so that a job that planned from it
 * cannot publish any more. Its values are the caller's to delete.
 */
export async function retireLibrary(
  entities: EntityStore,
  clock: Clock,
  options: { library: LibraryEntry; publisher: string },
): Promise<void> {
  const { library, publisher } = options;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const catalogue = await loadCatalogue(entities);
    const current = catalogue.libraries.find((entry) => entry.id === library.id);
    if (current === undefined) return;
    const manifest: IndexManifest = {
      generation: current.generation + 1,
      publisher,
      publishedAt: clock(),
      segments: [],
      previous: null,
      retired: [],
    };
    const libraries = catalogue.libraries.filter((entry) => entry.id !== library.id);
    const expectation = {
      libraryId: library.id,
      expectedGeneration: current.generation,
      publisher,
    };
    const change = { catalogue, libraries, manifest, also: [] };
    if (await commit(entities, change, expectation)) return;
  }
  throw publishLost(library.name, `the catalogue changed ${ATTEMPTS_MAX} times meanwhile`);
}

/** Whether a failed publish may have happened all the same, or may yet: nothing may be deleted. */
export function isPublishUnknown(error: unknown): boolean {
  return GroundworkError.isInstance(error) && error.code === PUBLISH_UNKNOWN;
}

/**
 * The error to report of a read that failed: `publish_lost` where a value it needed is gone because
 * somebody else published the library, or deleted it, meanwhile. Nothing is damaged then.
 */
export async function orPublishLost(
  entities: EntityStore,
  error: unknown,
  planned: { libraryId: string; name: string; generation: number },
): Promise<unknown> {
  if (!isValueMissing(error)) return error;
  const { libraries } = await loadCatalogue(entities);
  const found = libraries.find(({ id }) => id === planned.libraryId)?.generation ?? 0;
  if (found === planned.generation) return error;
  return publishLost(planned.name, overtaken(found, planned.generation));
}

/** The library as it stands, after making sure that it is as the job found it. */
function expectUnchanged(catalogue: Catalogue, publication: Publication): LibraryEntry | undefined {
  const existing = catalogue.libraries.find((library) => library.id === publication.libraryId);
  const found = existing?.generation ?? 0;
  if (found !== publication.expectedGeneration) {
    throw publishLost(publication.name, overtaken(found, publication.expectedGeneration));
  }
  const namesake = catalogue.libraries.find((library) => library.name === publication.name);
  if (namesake !== undefined && namesake.id !== publication.libraryId) {
    throw publishLost(publication.name, 'another job created a library of that name');
  }
  return existing;
}

function calibrationOf(
  { calibration }: Publication,
  existing: LibraryEntry | undefined,
): Calibration | null {
  return calibration === undefined ? (existing?.calibration ?? null) : calibration;
}

interface Change {
  /** As it was read. */
  catalogue: Catalogue;
  libraries: LibraryEntry[];
  manifest: IndexManifest;
  also: ConditionalSet[];
}

/** One transaction over catalogue and manifest; false when a condition did not hold. */
async function commit(
  entities: EntityStore,
  { catalogue, libraries, manifest, also }: Change,
  expectation: { libraryId: string; expectedGeneration: number; publisher: string },
): Promise<boolean> {
  if (catalogue.generation === 0) {
    // The first publish of an installation; whoever creates the item, the condition below decides.
    const empty = catalogueValue({ generation: 0, libraries: [] });
    await entities.create(CATALOGUE_ENTITY, CATALOGUE_KEY, empty);
  }
  try {
    return await entities.transact([
      {
        entity: CATALOGUE_ENTITY,
        key: CATALOGUE_KEY,
        value: catalogueValue({ generation: catalogue.generation + 1, libraries }),
        condition: { attribute: 'generation', equals: catalogue.generation },
      },
      {
        entity: MANIFEST_ENTITY,
        key: expectation.libraryId,
        value: manifestValue(manifest),
        condition: { attribute: 'generation', equals: expectation.expectedGeneration },
      },
      ...also,
    ]);
  } catch (error) {
    if (GroundworkError.isInstance(error) && REFUSALS.includes(error.code)) throw error;
    // The answer may have been lost after the commit: the manifest names who published it.
    const stored = await loadManifest(entities, expectation.libraryId).catch(() => undefined);
    const isOurs =
      stored?.generation === manifest.generation && stored.publisher === expectation.publisher;
    if (isOurs) return true;
    // Once somebody else has changed it, the condition cannot come to hold any more.
    const isPast = stored !== undefined && stored.generation !== expectation.expectedGeneration;
    if (isPast) return false;
    throw unknown(expectation.libraryId, error);
  }
}

function byName(a: LibraryEntry, b: LibraryEntry): number {
  return a.name < b.name ? -1 : 1;
}

function unknown(libraryId: string, cause: unknown): GroundworkError {
  return new GroundworkError({
    code: PUBLISH_UNKNOWN,
    message: `library ${libraryId}: no answer came to the publish, and the generation is not there; start the job again`,
    facts: { libraryId },
    retryable: true,
    cause,
  });
}

function overtaken(found: number, planned: number): string {
  return `it is at generation ${found}, this job planned from ${planned}`;
}

/** The error of a job that somebody else overtook. */
export function publishLost(library: string, why: string): GroundworkError {
  return new GroundworkError({
    code: 'publish_lost',
    message: `library "${library}": ${why}; nothing was published. Start the job again`,
    facts: { library },
  });
}
