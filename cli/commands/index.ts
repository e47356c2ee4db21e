/** `groundwork index`: documents into a library. */

import { loadCatalogue } from '../../src/index/catalogue';
import { chooseProvider } from '../../src/index/choose-provider';
import type { GivenDocument } from '../../src/index/prepare-document';
import type { IndexReport } from '../../src/jobs/drive-here';
import type { JobEstimate } from '../../src/jobs/estimate';
import { estimateIndexing, type IndexRequest, indexDocuments } from '../../src/jobs/index-here';
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
  rebuild: boolean;
  estimate: boolean;
}

export async function indexCommand(paths: string[], options: IndexOptions): Promise<void> {
  const documents = await readDocuments(paths.map(fromCaller));
  if (options.estimate) return estimateCommand(documents, options);
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

async function estimateCommand(
  documents: readonly GivenDocument[],
  options: IndexOptions,
): Promise<void> {
  const { result } = await withSite(siteOf(options), (site) =>
    site.run('estimate', async (platform) =>
      estimateIndexing(platform, await requestOf(platform, documents, options)),
    ),
  );
  const { documents: counts, refused, estimate } = result;
  const json = { library: options.library, documents: counts, refused, estimate: estimate ?? null };
  print(options.json, json, [
    ...refused.map(({ document, code }) => `refused   ${document} (${code})`),
    `${counts.total} given: ${counts.indexed} to index, ${counts.unchanged} unchanged, ` +
      `${counts.refused} refused, ${counts.deleted} to delete`,
    ...(estimate === undefined ? [] : [linesOf(estimate)]),
    'Nothing was embedded or stored.',
  ]);
}

function linesOf(estimate: JobEstimate): string {
  const cost = estimate.costUsd === null ? 'unknown' : `$${estimate.costUsd.toFixed(4)}`;
  return (
    `${grouped(estimate.chunks)} chunks, ${grouped(estimate.chunksToEmbed)} to embed: about ` +
    `${grouped(estimate.tokens)} tokens, ${cost} to the provider (prices of ${estimate.priceDate}), ` +
    `${grouped(estimate.writeUnits)} write units, ${estimate.minutes.toFixed(1)} minutes on Forge`
  );
}

async function requestOf(
  platform: Platform,
  documents: readonly GivenDocument[],
  options: Omit<IndexOptions, 'json' | 'store' | 'installation' | 'estimate'>,
): Promise<IndexRequest> {
  const { libraries } = await loadCatalogue(platform.entities);
  const existing = libraries.find((library) => library.name === options.library);
  const wish = { embedder: options.embedder, dimensions: options.dims };
  return {
    library: options.library,
    projects: options.projects,
    documents,
    sync: options.sync,
    rebuild: options.rebuild,
    provider: chooseProvider(platform, existing, wish),
    keepsEmbedded: true,
  };
}

/** Indexes with a progress bar, with the embedder asked for or the library's own. */
export async function indexInto(
  platform: Platform,
  documents: readonly GivenDocument[],
  options: Pick<IndexOptions, 'library' | 'projects' | 'embedder' | 'dims' | 'sync'> & {
    rebuild?: boolean;
  },
): Promise<IndexReport> {
  const request = await requestOf(platform, documents, { rebuild: false, ...options });
  const bar = createProgressBar();
  try {
    return await indexDocuments(platform, { ...request, onProgress: bar.report });
  } finally {
    bar.stop();
  }
}
