/** Indexing and importing within the calling process. */

import type { EmbeddingProvider } from '../embedding/provider';
import type { Projects } from '../index/catalogue';
import { chooseProvider, providerOf } from '../index/choose-provider';
import type { GivenDocument } from '../index/prepare-document';
import type { Platform } from '../platform/ports';
import {
  type DrivenJob,
  driveJob,
  type IndexProgress,
  type IndexReport,
  planHere,
} from './drive-here';
import type { JobView } from './job-view';

export interface IndexRequest {
  library: string;
  /** Undefined keeps the library's assignment; a new library is then for all projects. */
  projects: Projects | undefined;
  documents: readonly GivenDocument[];
  /** Also delete the library's documents that are not among those given. */
  sync: boolean;
  /** Allow another fingerprint than the live one. */
  rebuild?: boolean;
  provider: EmbeddingProvider;
  /** See `DrivenJob`. */
  keepsEmbedded?: boolean;
  onProgress?: (progress: IndexProgress) => void;
}

/**
 * Indexes documents into a library. A document that cannot be taken is refused by name and the
 * others go on; what concerns the whole run throws, publishes nothing and leaves nothing.
 * Errors: those of planning, embedding and publishing; README lists the codes.
 */
export function indexDocuments(platform: Platform, request: IndexRequest): Promise<IndexReport> {
  return driveJob(platform, indexingJob(request));
}

/** What the same would cost; nothing is embedded or published. Errors: those of planning. */
export function estimateIndexing(platform: Platform, request: IndexRequest): Promise<JobView> {
  return planHere(platform, indexingJob(request));
}

function indexingJob(request: IndexRequest): DrivenJob {
  const { provider, library, projects, documents, sync, rebuild = false } = request;
  return {
    wish: {
      kind: 'index',
      library,
      projects: projects ?? null,
      embedder: provider.provider,
      dimensions: provider.dimensions,
      sync,
      rebuild,
    },
    documents,
    keepsEmbedded: request.keepsEmbedded ?? false,
    onProgress: request.onProgress ?? (() => undefined),
    providerFor: () => provider,
    providerOf: () => provider,
  };
}

export interface ImportRequest {
  library: string;
  /** Undefined keeps the library's assignment; a new library is then for all projects. */
  projects: Projects | undefined;
  /** The export as it was written. */
  bytes: Uint8Array;
  onProgress?: (progress: IndexProgress) => void;
}

/**
 * Imports an export into a library, beside what is in it; a document of the same name is replaced.
 * Nothing is embedded. Errors: those of `parseExport`, `fingerprint_mismatch`, those of publishing.
 */
export function importExport(platform: Platform, request: ImportRequest): Promise<IndexReport> {
  return driveJob(platform, {
    wish: {
      kind: 'import',
      library: request.library,
      projects: request.projects ?? null,
      embedder: null,
      dimensions: null,
      sync: false,
      rebuild: false,
    },
    documents: [{ name: 'export', bytes: request.bytes }],
    keepsEmbedded: false,
    onProgress: request.onProgress ?? (() => undefined),
    providerFor: (library, wish) => chooseProvider(platform, library, wish),
    providerOf: (fingerprint) => providerOf(platform, fingerprint),
  });
}
