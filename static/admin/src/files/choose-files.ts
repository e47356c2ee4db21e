/** Which of the files a person gives become documents, and under what names. */
import type { GivenFile } from './split-files';

/** Endings that the app reads. */
export const ENDINGS = ['.md', '.txt', '.html', '.htm', '.adf.json'] as const;

/** The app refuses a document above this, so it is not sent at all. */
export const DOCUMENT_BYTES_MAX = 5_000_000;

/** The app takes no longer names. */
export const NAME_CHARACTERS_MAX = 400;

export interface LeftOut {
  name: string;
  code: 'document_format_unknown' | 'document_name_invalid' | 'document_too_large';
}

export interface Selection {
  files: GivenFile[];
  leftOut: LeftOut[];
}

export const NOTHING_SELECTED: Selection = { files: [], leftOut: [] };

/**
 * Adds files to a selection. The same name replaces, as it does in a library. A document's name is
 * its path below the folder that was given, or the file's own name.
 */
export function addFiles(selection: Selection, given: readonly GivenFile[]): Selection {
  const files = new Map(selection.files.map((file) => [file.name, file]));
  const leftOut = new Map(selection.leftOut.map((one) => [one.name, one]));
  for (const file of given) {
    const code = refusalOf(file);
    if (code === undefined) files.set(file.name, file);
    else leftOut.set(file.name, { name: file.name, code });
  }
  const byName = (a: { name: string }, b: { name: string }) => compareNames(a.name, b.name);
  return { files: [...files.values()].sort(byName), leftOut: [...leftOut.values()].sort(byName) };
}

/** A path as the browser gives it, without the folder that was chosen or dropped. */
export function documentName(path: string): string {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.length > 1 ? parts.slice(1).join('/') : (parts[0] ?? '');
}

/** Code unit order: the same in every browser and language. */
function compareNames(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function refusalOf({ name, sizeBytes }: GivenFile): LeftOut['code'] | undefined {
  const lower = name.toLowerCase();
  if (!ENDINGS.some((ending) => lower.endsWith(ending))) return 'document_format_unknown';
  if (name.length > NAME_CHARACTERS_MAX) return 'document_name_invalid';
  return sizeBytes > DOCUMENT_BYTES_MAX ? 'document_too_large' : undefined;
}
