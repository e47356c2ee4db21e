/** The calls of the page that lists libraries and documents, and gives a generation back. */

import {
  type Fingerprint,
  findLibrary,
  type LibraryEntry,
  loadCatalogue,
  loadManifest,
  type Projects,
} from '../index/catalogue';
import { chooseProvider } from '../index/choose-provider';
import { liveDocuments, loadSegmentDocuments, readGeneration } from '../index/reader';
import { restorePrevious } from '../index/restore';
import { liveChunks, liveDocumentCount } from '../index/segment';
import { differenceOf, type FingerprintDifference, fingerprintOf } from '../jobs/baseline';
import type { Platform } from '../platform/ports';
import { settleAll } from '../settle-all';
import { requireAdmin } from './authorize';
import { libraryPageSchema, librarySchema, nothingSchema, parsePayload } from './payload';

const DOCUMENTS_PER_PAGE = 200;

export interface LibraryView extends Pick<Fingerprint, 'embedder' | 'model' | 'dimensions'> {
  name: string;
  generation: number;
  projects: Projects;
  documents: number;
  chunks: number;
  /** What this version of the app would do otherwise; the library serves as it is until rebuilt. */
  needsReindex: FingerprintDifference | null;
  canRestore: boolean;
}

export async function listLibraries(
  platform: Platform,
  payload: unknown,
): Promise<{ libraries: LibraryView[] }> {
  await requireAdmin(platform.jira);
  parsePayload(nothingSchema, payload);
  const { libraries } = await loadCatalogue(platform.entities);
  return { libraries: await settleAll(libraries.map((library) => toView(platform, library))) };
}

async function toView(platform: Platform, library: LibraryEntry): Promise<LibraryView> {
  const { name, generation, projects, fingerprint, segments } = library;
  const { embedder, model, dimensions } = fingerprint;
  const manifest = await loadManifest(platform.entities, library.id);
  return {
    name,
    generation,
    projects,
    embedder,
    model,
    dimensions,
    documents: segments.reduce((sum, segment) => sum + liveDocumentCount(segment), 0),
    chunks: segments.reduce((sum, segment) => sum + liveChunks(segment), 0),
    needsReindex: reindexReason(platform, library),
    canRestore: manifest?.previous != null,
  };
}

/** How the library differs from one that this version of the app would make with its provider. */
function reindexReason(platform: Platform, library: LibraryEntry): FingerprintDifference | null {
  const wish = { embedder: undefined, dimensions: undefined };
  const provider = chooseProvider(platform, library, wish);
  return differenceOf(library.fingerprint, fingerprintOf(provider)) ?? null;
}

export async function listDocuments(
  platform: Platform,
  payload: unknown,
): Promise<{ documents: { name: string; chunks: number }[]; next?: string }> {
  await requireAdmin(platform.jira);
  const { library: name, after } = parsePayload(libraryPageSchema, payload);
  const documents = await readGeneration(platform, async ({ libraries }) => {
    const { id, segments } = findLibrary(libraries, name);
    return liveDocuments(await loadSegmentDocuments(platform.kv, id, segments));
  });
  const sorted = documents
    .map(({ name: document, chunks }) => ({ name: document, chunks: chunks.length }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const rest = after === undefined ? sorted : sorted.filter((document) => document.name > after);
  const page = rest.slice(0, DOCUMENTS_PER_PAGE);
  const next = page.at(-1)?.name;
  const hasMore = rest.length > page.length && next !== undefined;
  return hasMore ? { documents: page, next } : { documents: page };
}

export async function restoreLibrary(
  platform: Platform,
  payload: unknown,
): Promise<{ generation: number }> {
  await requireAdmin(platform.jira);
  const { library } = parsePayload(librarySchema, payload);
  return restorePrevious(platform, { library });
}
