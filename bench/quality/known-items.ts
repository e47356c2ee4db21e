/**
 * Known-item search: of a document one section is taken out and stands as a document of its own,
 * without its first sentence, without its heading and without the name and headings it stood
 * under. The sentence is the query, and the section is what must be found. Nobody had to judge it,
 * so it works in any language. Pure.
 *
 * Source: S. Beitzel et al., "Using Titles and Category Names from Editor-driven Taxonomies for
 * Automatic Evaluation", CIKM 2003, for the idea of judgements that a text brings along.
 */

import type { JudgedLine } from './judged-set';

export interface TextDocument {
  name: string;
  text: string;
}

export interface KnownItems {
  documents: TextDocument[];
  queries: JudgedLine[];
}

const SENTENCE_CHARACTERS_MIN = 20;
const SENTENCE_CHARACTERS_MAX = 400;
/** Of the section that is left, or there is nothing to find it by. */
const REST_CHARACTERS_MIN = 80;

const HEADING = /^#{1,6}\s/;
const FENCE = /^\s*(?:```|~~~)/;
/** A line that begins a list, a table, a quote, markup, an image or indented code is no prose. */
const NO_PROSE = /^(?:[\s#|<>*\-+{`!:=~]|\d+[.)])/;
const SENTENCE = /^.*?(?:[。．！？]|[.!?](?=\s|$)|$)/u;
const LINK = /!?\[([^\]]*)\]\([^)]*\)/g;

interface Section {
  /** [start, end) of its lines, its heading the first. */
  start: number;
  end: number;
  sentence: string;
  rest: string;
}

/**
 * One section of each markdown document that has one, the middle one of those that begin with
 * prose. A sentence that stands anywhere else in the documents is left where it is.
 */
export function knownItems(documents: readonly TextDocument[]): KnownItems {
  const cut = documents.map(({ name, text }) => {
    const lines = text.split(/\r?\n/);
    const sections = sectionsOf(lines);
    const section = sections[sections.length >> 1];
    return { name, text, lines, section };
  });
  const whole = cut.map(({ text }) => text).join('\n');
  const isOnce = (words: string) => whole.indexOf(words) === whole.lastIndexOf(words);
  const kept: TextDocument[] = [];
  const items: TextDocument[] = [];
  const queries: JudgedLine[] = [];
  for (const { name, text, lines, section } of cut) {
    const query = section?.sentence.replace(LINK, '$1').trim() ?? '';
    const isElsewhere = query !== section?.sentence && whole.includes(query);
    if (section === undefined || !isOnce(section.sentence) || isElsewhere) {
      kept.push({ name, text });
      continue;
    }
    const number = String(queries.length + 1).padStart(4, '0');
    const file = `known-items/${number}.md`;
    const left = [...lines.slice(0, section.start), ...lines.slice(section.end)].join('\n');
    kept.push({ name, text: left });
    items.push({ name: file, text: section.rest });
    queries.push({ id: `item-${number}`, query, relevant: [{ file }] });
  }
  // A document that was nothing but its section has nothing left to index.
  const documentsLeft = kept.filter(({ text }) => text.trim() !== '');
  return { documents: [...documentsLeft, ...items], queries };
}

/** Sections that begin with a sentence of prose, in order; front matter and fences are none. */
function sectionsOf(lines: readonly string[]): Section[] {
  const starts = headingsOf(lines);
  return starts.flatMap((start, i) => {
    const end = starts[i + 1] ?? lines.length;
    const first = lines.findIndex((line, at) => at > start && at < end && line.trim() !== '');
    const line = lines[first];
    if (line === undefined || NO_PROSE.test(line) || line.includes('{{')) return [];
    const sentence = SENTENCE.exec(line)?.[0] ?? '';
    const { length } = sentence;
    if (length < SENTENCE_CHARACTERS_MIN || length > SENTENCE_CHARACTERS_MAX) return [];
    const rest = [line.slice(length), ...lines.slice(first + 1, end)].join('\n').trim();
    return rest.length < REST_CHARACTERS_MIN ? [] : [{ start, end, sentence, rest: `${rest}\n` }];
  });
}

function headingsOf(lines: readonly string[]): number[] {
  let isFenced = false;
  return lines.flatMap((line, i) => {
    if (FENCE.test(line)) isFenced = !isFenced;
    return !isFenced && HEADING.test(line) ? [i] : [];
  });
}
