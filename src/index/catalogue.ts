/**
 * The catalogue and the index manifests: the only values that ever change in place, and only by a
 * transaction that is conditioned on their generation. One read of the catalogue starts every
 * query; it names, for each library, its projects, live generation, fingerprint and segments.
 */

import * as v from 'valibot';
import { LEXICAL } from '../embedding/lexical';
import { GroundworkError } from '../errors';
import type { EntityStore, JsonValue } from '../platform/ports';
import { calibrationSchema } from './calibration';
import { FORMAT_VERSION } from './envelope';
import { CATALOGUE_ENTITY, CATALOGUE_KEY, MANIFEST_ENTITY } from './keys';
import { isPrintableName } from './names';
import { BUCKETS_MAX, inlineCharacters, OWN_TERMS_MAX, type SegmentDescriptor } from './segment';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

const fingerprintFields = v.object({
  /** The provider's name, as `--embedder` and the settings call it. */
  embedder: v.string(),
  /** The provider's own name for the model. */
  model: v.string(),
  /** Provider, model and dimensions. */
  modelId: v.string(),
  /** 0 of a library without vectors, which is searched by words alone. */
  dimensions: count,
  queryConvention: v.picklist(['same', 'parameter', 'prefix']),
  normalized: v.boolean(),
  chunkerVersion: count,
  /** Version of how chunk and headings become the text that is embedded. */
  embeddedTextVersion: count,
  /** Version of the masking that text passes before it leaves the app; 0 is none. */
  maskingVersion: count,
});

export const fingerprintSchema = v.pipe(
  fingerprintFields,
  v.check(
    ({ embedder, dimensions }) => (dimensions === 0) === (embedder === LEXICAL),
    'dimensions do not fit the embedder',
  ),
);

/** All that vectors depend on besides the text: two libraries compare only where it is equal. */
export type Fingerprint = v.InferOutput<typeof fingerprintSchema>;

const segmentFields = v.object({
  id: v.string(),
  chunks: count,
  documents: count,
  kind: v.picklist(['flat', 'clustered']),
  listCount: count,
  lists: v.array(count),
  table: v.union([v.string(), v.array(count)]),
  spread: v.pipe(v.number(), v.minValue(0)),
  documentsJob: v.string(),
  documentBytes: v.array(count),
  lexical: v.object({ analysis: count, headBytes: v.array(count), values: count, places: count }),
  tombstones: v.nullable(
    v.object({ job: v.string(), bytes: count, documents: count, chunks: count }),
  ),
});

/** Nothing vouches for these bytes but their shape, and readers make keys of the counts. */
const segmentSchema = v.pipe(
  segmentFields,
  v.check(({ chunks, listCount }) => listCount <= chunks, 'more lists than chunks'),
  v.check(
    ({ chunks, lexical }) =>
      lexical.places <= chunks && lexical.values <= BUCKETS_MAX + OWN_TERMS_MAX,
    'more lexical values than there may be',
  ),
  v.check(
    ({ kind, lists, listCount, table }) =>
      kind === 'flat' ? lists.length === listCount && table.length === 0 : lists.length === 0,
    'lists and table do not fit the kind',
  ),
);

export const projectsSchema = v.union([v.literal('all'), v.array(v.string())]);

/** Keys of the projects a library is for, or all of them. */
export type Projects = v.InferOutput<typeof projectsSchema>;

const libraryEntrySchema = v.object({
  id: v.string(),
  name: v.string(),
  projects: projectsSchema,
  generation: v.pipe(count, v.minValue(1)),
  fingerprint: fingerprintSchema,
  /** What its threshold is made of; null where it could not be calibrated. */
  calibration: v.nullable(calibrationSchema),
  segments: v.array(segmentSchema),
});

export type LibraryEntry = v.InferOutput<typeof libraryEntrySchema>;

const catalogueSchema = v.object({ format: count, libraries: v.array(libraryEntrySchema) });

export interface Catalogue {
  /** Grows by one with every change; the condition of the next. */
  generation: number;
  libraries: LibraryEntry[];
}

const previousSchema = v.object({
  generation: count,
  fingerprint: fingerprintSchema,
  calibration: v.nullable(calibrationSchema),
  segments: v.array(segmentSchema),
});

/** The generation that was live before this one, whole: it can be made live again. */
export type PreviousGeneration = v.InferOutput<typeof previousSchema>;

const retiredSchema = v.object({
  /** Milliseconds since the epoch when they were retired; 0 when they are to go at once. */
  at: count,
  segments: v.array(segmentSchema),
});

/**
 * Segments, as generations before the previous one had them, that are still stored: a query that is
 * under way may read them for a while. Centroid tables of the descriptors' own are left out.
 */
export type RetiredSegments = v.InferOutput<typeof retiredSchema>;

const manifestSchema = v.object({
  format: count,
  /** The job that published this generation: tells a lost answer from a lost race. */
  publisher: v.string(),
  /** Milliseconds since the epoch. */
  publishedAt: count,
  segments: v.array(segmentSchema),
  previous: v.nullable(previousSchema),
  retired: v.array(retiredSchema),
});

export interface IndexManifest {
  generation: number;
  publisher: string;
  publishedAt: number;
  segments: SegmentDescriptor[];
  previous: PreviousGeneration | null;
  retired: RetiredSegments[];
}

const CATALOGUE_CORRUPT = 'catalogue_corrupt';

/** UTF-16 units of the longest library name. */
export const LIBRARY_NAME_CHARACTERS_MAX = 100;
/**
 * Bytes the catalogue may have before a job that would make it grow is refused: every query reads
 * it, and one value holds it.
 */
const CATALOGUE_BYTES_MAX = 200_000;

/**
 * Characters of centroid tables that stand in the catalogue, of all libraries together: every query
 * reads them, also those that search other libraries.
 */
const INLINE_CHARACTERS_MAX = 24_000;

/** What the tables of other libraries leave to all segments of a library. */
export function inlineRoom(catalogue: Catalogue, library: string): number {
  const taken = catalogue.libraries
    .filter(({ name }) => name !== library)
    .flatMap(({ segments }) => segments)
    .reduce((sum, segment) => sum + inlineCharacters(segment), 0);
  return Math.max(0, INLINE_CHARACTERS_MAX - taken);
}

/** Errors: `library_name_invalid`. */
export function checkLibraryName(name: string): void {
  if (isPrintableName(name, LIBRARY_NAME_CHARACTERS_MAX) && name === name.trim()) return;
  throw new GroundworkError({
    code: 'library_name_invalid',
    message: `library name of ${name.length} characters: expected 1 to ${LIBRARY_NAME_CHARACTERS_MAX} printable characters without blank space around them; choose another name`,
    facts: { characters: name.length, charactersMax: LIBRARY_NAME_CHARACTERS_MAX },
  });
}

/** Errors: `catalogue_full` when these projects and one more segment might not fit any more. */
export function checkCatalogueRoom(catalogue: Catalogue, projects: Projects | undefined): void {
  const bytes =
    Buffer.byteLength(JSON.stringify(catalogueValue(catalogue))) +
    Buffer.byteLength(JSON.stringify(projects ?? 'all'));
  if (bytes <= CATALOGUE_BYTES_MAX) return;
  throw new GroundworkError({
    code: 'catalogue_full',
    message: `catalogue: ${bytes} bytes with this library, at most ${CATALOGUE_BYTES_MAX} are kept; delete libraries, or assign them to all projects instead of a list`,
    facts: { bytes, bytesMax: CATALOGUE_BYTES_MAX },
  });
}

/** Reads the catalogue; an installation without one has an empty catalogue of generation 0. */
export async function loadCatalogue(entities: EntityStore): Promise<Catalogue> {
  const stored = await entities.get(CATALOGUE_ENTITY, CATALOGUE_KEY);
  if (stored === undefined) return { generation: 0, libraries: [] };
  const body = parseBody(catalogueSchema, 'catalogue', stored);
  return { generation: generationOf('catalogue', stored), libraries: body.libraries };
}

/** The value of the catalogue's entity. */
export function catalogueValue(catalogue: Catalogue): { [attribute: string]: JsonValue } {
  const body = { format: FORMAT_VERSION, libraries: catalogue.libraries };
  return { generation: catalogue.generation, body: body as unknown as JsonValue };
}

/** Reads the manifest of a library; undefined before its first job and after its deletion. */
export async function loadManifest(
  entities: EntityStore,
  libraryId: string,
): Promise<IndexManifest | undefined> {
  const stored = await entities.get(MANIFEST_ENTITY, libraryId);
  if (stored === undefined) return undefined;
  const where = `index manifest of library ${libraryId}`;
  const { format: _, ...body } = parseBody(manifestSchema, where, stored);
  return { generation: generationOf(where, stored), ...body };
}

/**
 * The manifest that belongs to an entry of the catalogue; undefined when the library was published
 * again after the catalogue was read, as what a newer generation retires may be live in this one.
 */
export async function loadManifestOf(
  entities: EntityStore,
  { id, generation }: Pick<LibraryEntry, 'id' | 'generation'>,
): Promise<IndexManifest | undefined> {
  const manifest = await loadManifest(entities, id);
  return manifest?.generation === generation ? manifest : undefined;
}

/** The value of a manifest's entity. */
export function manifestValue(manifest: IndexManifest): { [attribute: string]: JsonValue } {
  const { generation, ...rest } = manifest;
  return { generation, body: { format: FORMAT_VERSION, ...rest } as unknown as JsonValue };
}

/** The library of that name among those given. Errors: `library_unknown`, naming what there is. */
export function findLibrary(
  libraries: readonly LibraryEntry[],
  name: string,
  project?: string,
): LibraryEntry {
  const library = libraries.find((entry) => entry.name === name);
  if (library !== undefined) return library;
  const names = libraries.map((entry) => `"${entry.name}"`).join(', ') || 'none yet';
  const where = project === undefined ? '' : ` for project ${project}`;
  throw new GroundworkError({
    code: 'library_unknown',
    message: `library "${name}": not found${where}; libraries${where} are: ${names}. Use one of them, or index documents into it first`,
    facts: { library: name },
  });
}

/** The libraries that may be searched for a project: for all projects, or listing this one. */
export function librariesOfProject(catalogue: Catalogue, projectKey: string): LibraryEntry[] {
  return catalogue.libraries.filter(
    (library) => library.projects === 'all' || library.projects.includes(projectKey),
  );
}

function generationOf(where: string, stored: { [attribute: string]: JsonValue }): number {
  const { generation } = stored;
  if (typeof generation === 'number' && Number.isInteger(generation)) return generation;
  throw damaged(where, 'no generation');
}

function parseBody<Schema extends v.GenericSchema>(
  schema: Schema,
  where: string,
  stored: { [attribute: string]: JsonValue },
): v.InferOutput<Schema> {
  const body = stored['body'] as { format?: JsonValue } | undefined;
  if (typeof body?.format === 'number' && body.format > FORMAT_VERSION) {
    throw new GroundworkError({
      code: 'format_newer',
      message: `${where}: written in format ${body.format}, this version reads up to ${FORMAT_VERSION}; update the app`,
      facts: { found: body.format, expected: FORMAT_VERSION },
    });
  }
  const result = v.safeParse(schema, body);
  if (result.success) return result.output;
  throw damaged(where, v.getDotPath(result.issues[0]) ?? 'no body');
}

/** Whether an error says that the catalogue or an index manifest is damaged. */
export function isCatalogueDamage(error: unknown): boolean {
  return GroundworkError.isInstance(error) && error.code === CATALOGUE_CORRUPT;
}

function damaged(where: string, what: string): GroundworkError {
  return new GroundworkError({
    code: CATALOGUE_CORRUPT,
    message: `${where}: ${what} is not what was written; nothing was changed. Delete everything and index again to rebuild it`,
  });
}
