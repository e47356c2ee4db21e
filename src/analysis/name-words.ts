/** The words of a document's name, which is a path in most libraries. */

const ENDING = /\.[\p{L}\p{N}]{1,5}$/u;

/** The name without the ending of its file; its signs divide words. */
export function nameWords(name: string): string {
  return name.replace(ENDING, '').replace(/[-_/\\.]+/g, ' ');
}
