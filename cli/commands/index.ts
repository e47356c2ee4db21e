/** `groundwork index`: documents into a library. */

import { loadCatalogue } from '../../src/index/catalogue';
import { chooseProvider } from '../../src/index/choose-provider';
import type { GivenDocument } from '../../src/index/prepare-document';
import { type IndexReport, indexDocuments } from '../../src/jobs/index-here';
import type { Platform } from '../../src/platform/ports';
import { withSite } from '../local-site';
import { type CommonOptions, siteOf } from '../options';
import { createProgressBar, grouped, print } from '../output';
import { fromCaller } from '../paths';
import { readDocuments } from '../read-documents';

interface IndexOptions extends CommonOptions {
  library: string;
  projects?: string[] | 'all';
  embedder?: string;
  dims?: number;
  sync: boolean;
}

export async function indexCommand(paths: string[], options: IndexOptions): Promise<void> {
  const documents = await readDocuments(paths.map(fromCaller));
  const { result, reading, ms } = await withSite(siteOf(options), (site) =>
    site.run('index', (platform) => indexInto(platform, documents, options)),
  );
  const { readUnits, writeUnits } = reading;
  print(options.json, { ...result, given: documents.length, readUnits, writeUnits, ms }, [
    ...result.refused.map(
      ({ document, code, message }) => `refused   ${document} (${code})\n          ${message}`,
    ),
    `library "${result.library}", generation ${result.generation}: ${documents.length} given = ` +
      `${result.indexed} indexed + ${result.unchanged} unchanged + ${result.refused.length} refused` +
      (result.deleted > 0 ? `; ${result.deleted} deleted` : ''),
    `${grouped(result.chunks)} chunks, ${grouped(result.embedded)} embedded now ` +
      `(${grouped(result.tokens)} tokens${result.tokensMeasured ? '' : ', estimated'}), ` +
      `${writeUnits} write units, ${(ms / 1000).toFixed(1)} s`,
  ]);
  if (result.refused.length > 0) process.exitCode = 1;
}

/** Indexes with a progress bar, with the embedder asked for or the library's own. */
export async function indexInto(
  platform: Platform,
  documents: readonly GivenDocument[],
  options: Pick<IndexOptions, 'library' | 'projects' | 'embedder' | 'dims' | 'sync'>,
): Promise<IndexReport> {
  const { libraries } = await loadCatalogue(platform.entities);
  const existing = libraries.find((library) => library.name === options.library);
  const wish = { embedder: options.embedder, dimensions: options.dims };
  const bar = createProgressBar();
  try {
    return await indexDocuments(platform, {
      library: options.library,
      projects: options.projects,
      documents,
      sync: options.sync,
      provider: chooseProvider(platform, existing, wish),
      keepsEmbedded: true,
      onProgress: bar.report,
    });
  } finally {
    bar.stop();
  }
}
