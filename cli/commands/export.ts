/** `groundwork export`: a library as lines of JSON, with its vectors and a checksum. */

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { exportLibrary } from '../../src/index/export-library';
import { withSite } from '../local-site';
import { type CommonOptions, siteOf } from '../options';
import { grouped, print } from '../output';
import { fromCaller } from '../paths';

interface ExportOptions extends CommonOptions {
  library: string;
}

export async function exportCommand(file: string, options: ExportOptions): Promise<void> {
  const path = fromCaller(file);
  // Under another name until it is whole: half an export is none.
  const partial = `${path}.part`;
  const sum = createHash('sha256');
  let lines = 0;
  try {
    await withSite(siteOf(options), (site) =>
      site.run('export', async (platform) => {
        const counted = async function* () {
          for await (const line of exportLibrary(platform, options.library)) {
            lines += 1;
            sum.update(line);
            yield line;
          }
        };
        await pipeline(Readable.from(counted()), createWriteStream(partial));
      }),
    );
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
  const sha256 = sum.digest('hex');
  print(options.json, { library: options.library, file, lines, sha256 }, [
    `library "${options.library}": ${grouped(lines)} lines to ${file}, SHA-256 ${sha256}`,
  ]);
}
