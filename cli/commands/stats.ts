/** `groundwork stats`: what an installation holds. */

import { loadCatalogue } from '../../src/index/catalogue';
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
    documents: segments.reduce((sum, segment) => sum + segment.documents, 0),
    chunks: segments.reduce((sum, segment) => sum + segment.chunks, 0),
    segmentBytes: segments
      .flatMap((segment) => [...segment.vectorBytes, ...segment.documentBytes])
      .reduce((sum, bytes) => sum + bytes, 0),
  }));
  const { keys, bytes } = stored;
  print(options.json, { libraries: rows, keys, bytes }, [
    ...rows.map(
      (row) =>
        `library "${row.library}" for ${row.projects === 'all' ? 'all projects' : row.projects.join(', ')}: ` +
        `generation ${row.generation}, ${row.documents} documents, ${grouped(row.chunks)} chunks, ` +
        `${row.model}, segment of ${grouped(row.segmentBytes)} bytes`,
    ),
    `${grouped(keys)} keys, ${grouped(bytes)} bytes stored`,
  ]);
}
