/** `groundwork export`: a library into a file, to be taken elsewhere. */

import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { GroundworkError } from '../../src/errors';
import { exportLibrary } from '../../src/index/export-library';
import { withSite } from '../local-site';
import { type CommonOptions, siteOf } from '../options';
import { grouped, print } from '../output';
import { fromCaller } from '../paths';

interface ExportOptions extends CommonOptions {
  library: string;
}

export async function exportCommand(file: string, options: ExportOptions): Promise<void> {
  const { library } = options;
  const path = fromCaller(file);
  const { result } = await withSite(siteOf(options), (site) =>
    site.run('export', (platform) => writeLines(path, exportLibrary(platform, library))),
  );
  const { lines, documents, chunks, bytes, sha256 } = result;
  print(options.json, { library, file: path, documents, chunks, lines, bytes, sha256 }, [
    `library "${library}": ${grouped(documents)} documents of ${grouped(chunks)} chunks in ` +
      `${grouped(lines)} lines, ${grouped(bytes)} bytes; SHA-256 of the file ${sha256}`,
  ]);
}

/** An export that is not whole never stands under the name asked for. Errors: `path_unwritable`. */
async function writeLines(path: string, lines: AsyncIterable<string>) {
  const partial = `${path}.partial`;
  const hash = createHash('sha256');
  let [bytes, count, last] = [0, 0, ''];
  async function* texts() {
    for await (const line of lines) {
      const text = `${line}\n`;
      hash.update(text);
      bytes += Buffer.byteLength(text);
      count += 1;
      last = line;
      yield text;
    }
  }
  try {
    await pipeline(texts, createWriteStream(partial));
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw isFileError(error) ? unwritable(path, error) : error;
  }
  const { documents, chunks } = JSON.parse(last) as { documents: number; chunks: number };
  return { documents, chunks, lines: count, bytes, sha256: hash.digest('hex') };
}

/** Whether the file system, and not the index, failed. */
function isFileError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && 'errno' in error;
}

function unwritable(path: string, cause: Error): GroundworkError {
  return new GroundworkError({
    code: 'path_unwritable',
    message: `${path}: cannot be written; give a file in a folder that exists and has room`,
    cause,
  });
}
