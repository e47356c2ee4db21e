/** What a job starts from: the library as it stands, and what the documents given change in it. */

import { CHUNKER_VERSION } from '../chunking/chunk-document';
import type { EmbeddingProvider } from '../embedding/provider';
import { GroundworkError } from '../errors';
import type { Platform } from '../platform/ports';
import {
  checkCatalogueRoom,
  checkLibraryName,
  type Fingerprint,
  type IndexManifest,
  inlineRoom,
  type LibraryEntry,
  loadManifestOf,
  type Projects,
} from './catalogue';
import type { DocumentEntry } from './document-table';
import {
  EMBEDDED_TEXT_VERSION,
  type GivenDocument,
  hashDocument,
  type PreparedDocument,
  prepareDocument,
} from './prepare-document';
import {
  liveDocuments,
  loadSegmentDocuments,
  readGeneration,
  type SegmentDocuments,
} from './reader';

export interface IndexRequest {
  library: string;
  /** Undefined keeps the library's assignment; a new library is then for all projects. */
  projects: Projects | undefined;
  documents: readonly GivenDocument[];
  /** Also delete the library's documents that are not among those given. */
  sync: boolean;
  provider: EmbeddingProvider;
  onProgress?: (progress: IndexProgress) => void;
  /** Called last before the publish; what it throws ends the job and leaves nothing. */
  beforePublish?: () => Promise<void>;
}

export interface IndexProgress {
  phase: 'read' | 'embed' | 'write' | 'publish';
  done: number;
  total: number;
}

export interface RefusedDocument {
  document: string;
  code: string;
  message: string;
}

/** What a library holds before the job. */
export interface Baseline {
  library: LibraryEntry | undefined;
  /** Of the same generation as `library`. */
  manifest: IndexManifest | undefined;
  segments: SegmentDocuments[];
  /** Documents that are live, whatever segments they are in. */
  documents: DocumentEntry[];
  /** Characters of centroid table that the catalogue has room for. */
  inlineCharactersMax: number;
}

export interface Plan {
  changed: PreparedDocument[];
  unchanged: number;
  /** Names of documents that a synchronisation deletes. */
  deleted: string[];
  refused: RefusedDocument[];
}

/** The fingerprint that vectors of this provider have, as this version of the app makes them. */
export function fingerprintOf(provider: EmbeddingProvider): Fingerprint {
  return {
    embedder: provider.provider,
    model: provider.model,
    modelId: provider.modelId,
    dimensions: provider.dimensions,
    queryConvention: provider.queryConvention,
    normalized: provider.normalized,
    chunkerVersion: CHUNKER_VERSION,
    embeddedTextVersion: EMBEDDED_TEXT_VERSION,
    maskingVersion: 0,
  };
}

/**
 * Reads what the library of that name holds; of one that is not there yet, nothing.
 * Errors: `library_name_invalid`, `catalogue_full`, `fingerprint_mismatch`, and those of
 * `loadSegmentDocuments`.
 */
export async function loadBaseline(
  platform: Platform,
  request: Pick<IndexRequest, 'library' | 'projects'>,
  fingerprint: Fingerprint,
): Promise<Baseline> {
  checkLibraryName(request.library);
  return readGeneration(platform, async (catalogue) => {
    checkCatalogueRoom(catalogue, request.projects);
    const library = catalogue.libraries.find((entry) => entry.name === request.library);
    const inlineCharactersMax = inlineRoom(catalogue, request.library);
    const none = { manifest: undefined, segments: [], documents: [] };
    if (library === undefined) return { library, ...none, inlineCharactersMax };
    expectSameFingerprint(library, fingerprint);
    const manifest = await loadManifestOf(platform.entities, library);
    const segments = await loadSegmentDocuments(platform.kv, library.id, library.segments);
    const documents = liveDocuments(segments);
    return { library, manifest, segments, documents, inlineCharactersMax };
  });
}

/** Sorts the documents given, and those there, by what is to happen to them. */
export function planDocuments(baseline: Baseline, request: IndexRequest): Plan {
  const existing = new Map(baseline.documents.map((document) => [document.name, document]));
  const given = new Set<string>();
  const plan: Plan = { changed: [], unchanged: 0, deleted: [], refused: [] };
  for (const [i, document] of request.documents.entries()) {
    request.onProgress?.({ phase: 'read', done: i + 1, total: request.documents.length });
    const before = existing.get(document.name);
    try {
      if (given.has(document.name)) throw duplicateName(document.name);
      given.add(document.name);
      if (before !== undefined && before.hash === hashDocument(document.bytes)) plan.unchanged += 1;
      else plan.changed.push(prepareDocument(document));
    } catch (error) {
      if (!GroundworkError.isInstance(error)) throw error;
      plan.refused.push({ document: document.name, code: error.code, message: error.message });
    }
  }
  // A refused document is still given: its last good version stays.
  if (request.sync) plan.deleted = [...existing.keys()].filter((name) => !given.has(name));
  const isEmptied = plan.changed.length === 0 && plan.deleted.length === existing.size;
  if (isEmptied && existing.size > 0) {
    throw nothingToSync(request.library, existing.size, plan.refused.length);
  }
  return plan;
}

/** Whether the job gives the library to other projects; their order is of no meaning. */
export function isReassigned(baseline: Baseline, request: IndexRequest): boolean {
  if (request.projects === undefined) return false;
  return nameOf(request.projects) !== nameOf(baseline.library?.projects);
}

function nameOf(projects: Projects | undefined): string {
  return JSON.stringify(Array.isArray(projects) ? [...new Set(projects)].sort() : (projects ?? ''));
}

function expectSameFingerprint(library: LibraryEntry, fingerprint: Fingerprint): void {
  for (const field of Object.keys(fingerprint) as (keyof Fingerprint)[]) {
    const found = fingerprint[field];
    const expected = library.fingerprint[field];
    if (found === expected) continue;
    throw new GroundworkError({
      code: 'fingerprint_mismatch',
      message: `library "${library.name}": indexed with ${field} ${expected}, this run has ${found}; vectors of the two cannot be compared. Use the same embedder, or delete the library and index it again`,
      facts: { library: library.name, field, found, expected },
    });
  }
}

function duplicateName(name: string): GroundworkError {
  return new GroundworkError({
    code: 'document_duplicate',
    message: `document "${name}": given twice in one run; the first was taken. Rename one of them, or index them into two libraries`,
  });
}

function nothingToSync(library: string, documents: number, refused: number): GroundworkError {
  return new GroundworkError({
    code: 'nothing_to_sync',
    message: `library "${library}": no document was given that can be taken (${refused} refused), so synchronising would delete all ${documents}; nothing was changed. Check the path, or delete the library`,
    facts: { library, documents, refused },
  });
}
