/** `groundwork import`: what `export` has written, into a library of this or another name. */

import { readFile } from 'node:fs/promises';
import { GroundworkError } from '../../src/errors';
import { parseExport } from '../../src/index/parse-export';
import { importExport } from '../../src/jobs/index-here';
import { withSite } from '../local-site';
import { type CommonOptions, siteOf } from '../options';
import { createProgressBar, grouped, print } from '../output';
import { fromCaller } from '../paths';

interface ImportOptions extends CommonOptions {
  library?: string;
  projects?: string[] | 'all';
}

export async function importCommand(file: string, options: ImportOptions): Promise<void> {
  const bytes = await readFile(fromCaller(file)).catch((cause) => {
    throw new GroundworkError({
      code: 'path_unknown',
      message: `${file}: no such file; give a file that \`export\` has written`,
      cause,
    });
  });
  const { manifest } = await parseExport(firstLine(bytes));
  const bar = createProgressBar();
  const { result, ms } = await withSite(siteOf(options), (site) =>
    site.run('import', (platform) =>
      importExport(platform, {
        library: options.library ?? manifest.library,
        projects: options.projects ?? manifest.projects,
        bytes,
        onProgress: bar.report,
      }),
    ),
  ).finally(bar.stop);
  print(options.json, { ...result, ms }, [
    `library "${result.library}", generation ${result.generation}: ${result.indexed} imported, ` +
      `${result.unchanged} unchanged; ${grouped(result.chunks)} chunks, ${(ms / 1000).toFixed(1)} s`,
  ]);
}

async function* firstLine(bytes: Buffer): AsyncGenerator<string> {
  const end = bytes.indexOf('\n');
  yield bytes.toString('utf8', 0, end < 0 ? Math.min(bytes.length, 100_000) : end);
}
