/** The project's own files, as the tests of its structure read them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { SourceFile } from './import-rules';

export const ROOT = join(import.meta.dirname, '..', '..');

/** The sources below folders of the project, their paths from its root with forward slashes. */
export function sourcesBelow(folders: readonly string[], ending = /\.ts$/): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && ending.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !path.includes(`${sep}node_modules${sep}`))
      .sort()
      .map((path) => ({
        path: relative(ROOT, path).split(sep).join('/'),
        source: readFileSync(path, 'utf8'),
      })),
  );
}
