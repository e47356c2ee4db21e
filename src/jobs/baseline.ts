/** What a job starts from: the library as it stands, and the provider that vectors come from. */

import { CHUNKER_VERSION } from '../chunking/chunk-document';
import type { EmbeddingProvider } from '../embedding/provider';
import { GroundworkError } from '../errors';
import {
  checkCatalogueRoom,
  checkLibraryName,
  type Fingerprint,
  inlineRoom,
  type LibraryEntry,
  type Projects,
} from '../index/catalogue';
import type { DocumentEntry } from '../index/document-table';
import { EMBEDDED_TEXT_VERSION } from '../index/prepare-document';
import {
  liveDocuments,
  loadSegmentDocuments,
  readGeneration,
  type SegmentDocuments,
} from '../index/reader';
import type { Platform } from '../platform/ports';

/** What a library holds when a job plans. */
export interface Baseline {
  library: LibraryEntry | undefined;
  segments: SegmentDocuments[];
  /** Documents that are live, whatever segments they are in. */
  documents: DocumentEntry[];
  /** Characters of centroid table that the catalogue has room for. */
  inlineCharactersMax: number;
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
 * Errors: `library_name_invalid`, `catalogue_full`, and those of `loadSegmentDocuments`.
 */
export async function loadBaseline(
  platform: Platform,
  request: { library: string; projects: Projects | null },
): Promise<Baseline> {
  checkLibraryName(request.library);
  return readGeneration(platform, async (catalogue) => {
    checkCatalogueRoom(catalogue, request.projects ?? undefined);
    const library = catalogue.libraries.find((entry) => entry.name === request.library);
    const inlineCharactersMax = inlineRoom(catalogue, request.library);
    if (library === undefined) return { library, segments: [], documents: [], inlineCharactersMax };
    const segments = await loadSegmentDocuments(platform.kv, library.id, library.segments);
    return { library, segments, documents: liveDocuments(segments), inlineCharactersMax };
  });
}

/** The first field in which two fingerprints differ, or undefined. */
export function differenceOf(
  live: Fingerprint,
  wanted: Fingerprint,
): FingerprintDifference | undefined {
  for (const field of Object.keys(wanted) as (keyof Fingerprint)[]) {
    const found = live[field];
    const expected = wanted[field];
    if (found !== expected) return { field, found, expected };
  }
  return undefined;
}

export interface FingerprintDifference {
  field: keyof Fingerprint;
  /** What the library was indexed with. */
  found: string | number | boolean;
  /** What the app or the request asks for now. */
  expected: string | number | boolean;
}

/** Errors: `fingerprint_mismatch` unless the two are equal. */
export function expectSameFingerprint(library: LibraryEntry, wanted: Fingerprint): void {
  const difference = differenceOf(library.fingerprint, wanted);
  if (difference === undefined) return;
  const { field, found, expected } = difference;
  throw new GroundworkError({
    code: 'fingerprint_mismatch',
    message: `library "${library.name}": indexed with ${field} ${found}, this run has ${expected}; vectors of the two cannot be compared. Use the same embedder, or rebuild the library`,
    facts: { library: library.name, field, found: expected, expected: found },
  });
}

/** Whether the job gives the library to other projects; their order is of no meaning. */
export function isReassigned(
  library: LibraryEntry | undefined,
  projects: Projects | null,
): boolean {
  return projects !== null && nameOf(projects) !== nameOf(library?.projects);
}

function nameOf(projects: Projects | undefined): string {
  return JSON.stringify(Array.isArray(projects) ? [...new Set(projects)].sort() : (projects ?? ''));
}
