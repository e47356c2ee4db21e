/** Documents from files and folders of this machine. */

import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { DOCUMENT_ENDINGS } from '../src/chunking/parse-document';
import { GroundworkError } from '../src/errors';
import type { GivenDocument } from '../src/index/prepare-document';

/**
 * Endings that a folder is searched for; a file that is named on its own is always given. Plain
 * `.json` is left out: a folder holds many such files that are no documents.
 */
const ENDINGS = DOCUMENT_ENDINGS.filter((ending) => ending !== '.json');

/**
 * Reads every document below the paths. A document's name is its path relative to the folder given,
 * with forward slashes; a file given on its own is named by its file name.
 * Errors: `path_unknown`, `no_documents`.
 */
export async function readDocuments(paths: readonly string[]): Promise<GivenDocument[]> {
  const documents: GivenDocument[] = [];
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) {
      throw new GroundworkError({
        code: 'path_unknown',
        message: `${path}: no such file or folder; give the path of documents to index`,
      });
    }
    if (!found.isDirectory()) {
      documents.push({ name: basename(path), bytes: await readFile(path) });
      continue;
    }
    for (const file of await filesBelow(path)) {
      const name = relative(path, file).split(sep).join('/');
      documents.push({ name, bytes: await readFile(file) });
    }
  }
  if (documents.length > 0) return documents;
  throw new GroundworkError({
    code: 'no_documents',
    message: `${paths.join(', ')}: no document found; files ending in ${ENDINGS.join(', ')} are taken`,
  });
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .filter((entry) => ENDINGS.some((ending) => entry.name.toLowerCase().endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
