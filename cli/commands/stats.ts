/** `groundwork stats`: what an installation holds. */

import { loadCatalogue } from '../../src/index/catalogue';
import { liveChunks, liveDocumentCount } from '../../src/index/segment';
import { withSite } from '../local-site';
import { type CommonOptions, siteOf } from '../options';
import { grouped, print } from '../output';

export async function statsCommand(options: CommonOptions): Promise<void> {
  const { libraries, stored } = await withSite(siteOf(options), async (site) => {
    const { result } = await site.run('stats', (platform) => loadCatalogue(platform.entities));
    return { libraries: result.libraries, stored: await site.stats() };
  });
  const rows = libraries.map(({ name, projects, generation, fingerprint, segments }) => ({
    library: name,
    projects,
    generation,
    model: fingerprint.modelId,
    dimensions: fingerprint.dimensions,
    documents: segments.reduce((sum, segment) => sum + liveDocumentCount(segment), 0),
    chunks: segments.reduce((sum, segment) => sum + liveChunks(segment), 0),
    segments: segments.length,
  }));
  const { keys, bytes } = stored;
  print(options.json, { libraries: rows, keys, bytes }, [
    ...rows.map(
      (row) =>
        `library "${row.library}" for ${row.projects === 'all' ? 'all projects' : row.projects.join(', ')}: ` +
        `generation ${row.generation}, ${row.documents} documents, ${grouped(row.chunks)} chunks, ` +
        `${row.model}, ${row.segments === 1 ? '1 segment' : `${row.segments} segments`}`,
    ),
    `${grouped(keys)} keys, ${grouped(bytes)} bytes stored`,
  ]);
}
