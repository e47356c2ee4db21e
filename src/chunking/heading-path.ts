/** Keeps track of the headings above the current place of a document. */

import { atCodePoint } from './text-scan';

/** Longer heading texts are cut here: a path is repeated beside every chunk of its section. */
export const HEADING_TEXT_LENGTH_MAX = 200;

export class HeadingPath {
  private levels: number[] = [];
  private texts: readonly string[] = [];

  /** The path here, outermost heading first; the same array until the next heading. */
  get current(): readonly string[] {
    return this.texts;
  }

  /**
   * Enters a section and gives its path. Headings of the same or a deeper level end; a level may
   * be skipped; a heading without text ends them too but adds nothing to the path.
   */
  enter(level: number, text: string): readonly string[] {
    const kept = this.levels.filter((above) => above < level);
    const texts = this.texts.slice(0, kept.length);
    const shown = shortenHeading(text);
    if (shown !== '') {
      kept.push(level);
      texts.push(shown);
    }
    this.levels = kept;
    this.texts = texts;
    return texts;
  }
}

/** A heading's text on one line, cut at `HEADING_TEXT_LENGTH_MAX`. */
export function shortenHeading(text: string): string {
  const cut = atCodePoint(text, HEADING_TEXT_LENGTH_MAX * 4);
  const line = text.slice(0, cut).replace(/\s+/g, ' ').trim();
  if (line.length <= HEADING_TEXT_LENGTH_MAX) return line;
  return `${line.slice(0, atCodePoint(line, HEADING_TEXT_LENGTH_MAX - 1)).trimEnd()}…`;
}
