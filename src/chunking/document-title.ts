/**
 * The title that a document gives itself beside its text (front matter, `<title>`) as the outermost
 * of its headings: without it nothing that is searched, embedded or shown would hold it.
 */

import type { ParsedDocument } from './types';

/** What sites put between the title of a page and their own name. */
const SITE_SEPARATOR = /\s(?:[|–—·•»-]|::)\s/;

/**
 * Gives the function that puts the title above a path of headings. It leaves all paths as they are
 * where there is no such title or a heading of level 1 says it, and any path that begins with it.
 */
export function titleAbove({
  blocks,
  metadata: { title },
}: ParsedDocument): (headings: readonly string[]) => readonly string[] {
  if (title === undefined) return (headings) => headings;
  const isSaid = blocks.some(
    ({ kind, level, headings }) =>
      kind === 'heading' && level === 1 && saysTitle(headings.at(-1), title),
  );
  if (isSaid) return (headings) => headings;
  return (headings) => (saysTitle(headings[0], title) ? headings : [title, ...headings]);
}

/** True where a heading is the title, or all of it but the name of the site. */
function saysTitle(heading: string | undefined, title: string): boolean {
  if (heading === undefined) return false;
  const said = folded(heading);
  if (said === folded(title)) return true;
  const parts = title.split(SITE_SEPARATOR);
  return parts.length > 1 && (said === folded(parts[0]) || said === folded(parts.at(-1)));
}

/** Letters and digits alone: quotes, dashes and spaces differ where the words do not. */
function folded(text = ''): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{Letter}\p{Mark}\p{Number}]+/gu, ' ')
    .trim();
}
