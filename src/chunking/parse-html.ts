/**
 * HTML → parsed text and blocks, in one pass over the source without building a tree, so that
 * neither size nor nesting matters. Text in script, style and template is dropped, and the title
 * is kept apart; everything else is read, shown or hidden by CSS alike: what an admin cannot see
 * in the preview must not be able to reach a prompt unseen.
 */

import { Parser } from 'htmlparser2';
import { metadataOf } from './front-matter';
import { shortenHeading } from './heading-path';
import type { CellSpans } from './structured-table';
import { StructuredText } from './structured-text';
import type { ParsedDocument } from './types';

const DROPPED = new Set(['script', 'style', 'template']);

/** Elements that end a running paragraph without meaning anything more. */
const PLAIN_BLOCKS = new Set([
  ...['address', 'article', 'aside', 'body', 'center', 'details', 'dialog', 'dir', 'div'],
  ...['fieldset', 'figcaption', 'figure', 'footer', 'form', 'frameset', 'head'],
  ...['header', 'hgroup', 'html', 'legend', 'main', 'nav', 'noscript', 'optgroup', 'option', 'p'],
  ...['search', 'section', 'select', 'textarea'],
]);

/** Names of `meta` elements that are read, beside the title and the language of `html`. */
const PAGE_FIELDS = new Set(['title', 'lang', 'keywords', 'author']);

const LISTS = new Set(['ul', 'ol', 'menu', 'dl']);
const CODE_BLOCKS = new Set(['pre', 'listing', 'xmp']);
const HEADING = /^h[1-6]$/;
/** Elements that end a line of code, beside plain blocks, lists and headings. */
const CODE_LINES = new Set([
  ...['pre', 'listing', 'xmp', 'table', 'tr', 'caption', 'li', 'dt', 'dd', 'blockquote', 'summary'],
  ...['hr'],
]);
const CODE_LANGUAGE = /(?:^|\s)(?:language|lang|brush:)[-\s]*([\w+#.-]{1,40})/;
const ATTRIBUTE_TEXT_LENGTH_MAX = 1000;

type Attributes = Readonly<Record<string, string>>;

/**
 * Elements open at once, at most. The library looks after its open elements in time that grows
 * with their number, so beyond this all are closed and the rest is read as if it began there;
 * pages that people write stay below 100.
 */
const OPEN_ELEMENTS_MAX = 2_000;
/** Elements whose content is not markup: reading cannot begin anew inside them. */
const RAW = new Set([
  ...['script', 'style', 'title', 'textarea', 'xmp', 'iframe', 'noembed', 'noframes', 'plaintext'],
]);

/** Items of a definition list: the term, and what it means. */
const DEFINITION_MARKERS: Readonly<Record<string, string>> = { dt: '', dd: ': ' };
const STRUCK = new Set(['s', 'strike', 'del']);
const ROW_GROUPS = new Set(['thead', 'tbody', 'tfoot']);
/** As HTML has it, 0 rows being all that are left. */
const ROWS_COVERED_MAX = 65_534;

/** Offsets are into the text this gives, not into the source. **Cost**: linear. */
export function parseHtml(source: string): ParsedDocument {
  const reader = new HtmlReader(source.length);
  let rest = source;
  while (rest !== '') rest = rest.slice(readUntilTooDeep(rest, reader));
  return reader.finish();
}

/** Reads to the end or to where too many elements are open; gives the offset that it reached. */
function readUntilTooDeep(source: string, reader: HtmlReader): number {
  const open: string[] = [];
  let reached: number | undefined;
  const parser = new Parser({
    onopentag: (name, attributes) => {
      open.push(name);
      reader.open(name, attributes);
      if (open.length < OPEN_ELEMENTS_MAX || RAW.has(name) || reader.isDropping) return;
      reached = parser.endIndex + 1;
      parser.pause();
    },
    onclosetag: (name) => {
      open.pop();
      reader.close(name);
    },
    ontext: (data) => reader.text(data),
  });
  parser.write(source);
  if (reached === undefined) {
    parser.end();
    return source.length;
  }
  for (const name of open.toReversed()) reader.close(name);
  return reached;
}

class HtmlReader {
  private readonly out: StructuredText;
  private droppedDepth = 0;
  private foreignDepth = 0;
  private codeDepth = 0;
  private struckDepth = 0;
  private isInHead = false;
  private titleParts: string[] | undefined;
  /** What the page says about itself, the first of each name. */
  private readonly fields = new Map<string, string>();

  constructor(sourceLength: number) {
    this.out = new StructuredText(sourceLength);
  }

  /** True inside an element whose text is dropped. */
  get isDropping(): boolean {
    return this.droppedDepth > 0;
  }

  open(name: string, attributes: Attributes): void {
    if (name === 'html') this.keepField('lang', attributes['lang']);
    if (DROPPED.has(name)) this.droppedDepth += 1;
    if (this.droppedDepth > 0) return;
    if (name === 'svg' || name === 'math') this.foreignDepth += 1;
    if (STRUCK.has(name)) this.struckDepth += 1;
    if (this.codeDepth > 0) this.openInsideCode(name, attributes);
    else if (!this.openStructure(name, attributes)) this.openInline(name, attributes);
  }

  close(name: string): void {
    if (DROPPED.has(name)) {
      this.droppedDepth -= 1;
      return;
    }
    if (this.droppedDepth > 0) return;
    if (name === 'svg' || name === 'math') this.foreignDepth -= 1;
    if (STRUCK.has(name)) this.struckDepth -= 1;
    if (CODE_BLOCKS.has(name)) {
      this.codeDepth -= 1;
      if (this.codeDepth === 0) this.out.leaveCode();
      else this.out.breakCode('\n');
    } else if (this.codeDepth === 0) {
      this.closeStructure(name);
    } else if (endsCodeLine(name)) {
      this.out.breakCode('\n');
    }
  }

  text(data: string): void {
    if (this.droppedDepth > 0) return;
    if (this.titleParts !== undefined) this.titleParts.push(data);
    else if (this.struckDepth > 0) this.out.addStruckText(data);
    else this.out.addText(data);
  }

  finish(): ParsedDocument {
    const { text, blocks, title: firstHeading } = this.out.finish();
    const metadata = metadataOf(this.fields);
    const parsed: ParsedDocument = { format: 'html', text, blocks, metadata };
    const title = metadata.title ?? firstHeading;
    if (title !== undefined) parsed.title = title;
    return parsed;
  }

  private openInsideCode(name: string, attributes: Attributes): void {
    if (endsCodeLine(name)) this.out.breakCode('\n');
    if (CODE_BLOCKS.has(name)) this.codeDepth += 1;
    else if (name === 'br') this.out.lineBreak();
    else if (name === 'td' || name === 'th') this.out.breakCode(' ');
    else if (name === 'code') this.out.nameCode(codeLanguage(attributes));
  }

  /** Opens block structure; false when the element is not structure. */
  private openStructure(name: string, attributes: Attributes): boolean {
    const out = this.out;
    if (HEADING.test(name)) out.enterHeading(Number(name[1]));
    else if (PLAIN_BLOCKS.has(name)) out.breakBlock();
    else if (LISTS.has(name)) out.enterList(name === 'ol' ? firstNumber(attributes) : undefined);
    else if (name === 'li') out.enterItem();
    else if (name === 'dt' || name === 'dd') this.openDefinition(name);
    else if (name === 'summary') out.enterIntroduction();
    else if (name === 'blockquote') out.enterQuote();
    else if (name === 'table') out.enterTable();
    else if (this.openTablePart(name, attributes)) return true;
    else if (CODE_BLOCKS.has(name)) {
      this.codeDepth = 1;
      out.enterCode(codeLanguage(attributes));
    } else if (name === 'hr') out.rule();
    else return false;
    return true;
  }

  private openDefinition(name: 'dt' | 'dd'): void {
    if (name === 'dt') this.out.enterIntroduction();
    this.out.enterItem(DEFINITION_MARKERS[name]);
  }

  private openTablePart(name: string, attributes: Attributes): boolean {
    if (ROW_GROUPS.has(name)) {
      this.isInHead = name === 'thead';
      this.out.enterRowGroup();
    } else if (name === 'tr' || name === 'caption') {
      this.out.enterRow();
    } else if (name === 'td' || name === 'th') {
      this.out.enterCell(name === 'th' || this.isInHead, spansOf(attributes));
    } else {
      return false;
    }
    return true;
  }

  private openInline(name: string, attributes: Attributes): void {
    if (name === 'br') this.out.lineBreak();
    else if (name === 'title' && this.foreignDepth === 0) this.titleParts = [];
    else if (name === 'meta') this.keepField(attributes['name'], attributes['content']);
    else if (name === 'input' && attributes['type'] === 'checkbox') {
      this.out.addText(attributes['checked'] === undefined ? '[ ] ' : '[x] ');
    } else if (name === 'img' || name === 'area') {
      const alternative = attributes['alt']?.slice(0, ATTRIBUTE_TEXT_LENGTH_MAX) ?? '';
      if (alternative !== '') this.out.addText(alternative);
    }
  }

  private keepField(name: string | undefined, value: string | undefined): void {
    const key = name?.toLowerCase() ?? '';
    if (!PAGE_FIELDS.has(key) || this.fields.has(key)) return;
    this.fields.set(key, value?.slice(0, ATTRIBUTE_TEXT_LENGTH_MAX) ?? '');
  }

  private closeStructure(name: string): void {
    const out = this.out;
    if (HEADING.test(name)) out.leaveHeading();
    else if (PLAIN_BLOCKS.has(name)) out.breakBlock();
    else if (LISTS.has(name)) out.leaveList();
    else if (name === 'li' || name === 'dd' || name === 'dt') {
      out.leaveItem();
      if (name === 'dt') out.leaveIntroduction();
    } else if (name === 'summary') out.leaveIntroduction();
    else if (name === 'thead') this.isInHead = false;
    else if (name === 'blockquote') out.leaveQuote();
    else if (name === 'table') out.leaveTable();
    else if (name === 'title' && this.titleParts !== undefined) {
      const title = shortenHeading(this.titleParts.join(''));
      this.titleParts = undefined;
      if (title !== '') this.keepField('title', title);
    }
  }
}

/** Whether the border of an element inside code is the end of a line. */
function endsCodeLine(name: string): boolean {
  return CODE_LINES.has(name) || PLAIN_BLOCKS.has(name) || LISTS.has(name) || HEADING.test(name);
}

function spansOf(attributes: Attributes): CellSpans {
  const rows = Number.parseInt(attributes['rowspan'] ?? '1', 10);
  return {
    columns: Number.parseInt(attributes['colspan'] ?? '1', 10) || 1,
    rows: rows === 0 ? ROWS_COVERED_MAX : rows || 1,
  };
}

function firstNumber(attributes: Attributes): number {
  const start = Number.parseInt(attributes['start'] ?? '1', 10);
  return Number.isSafeInteger(start) ? start : 1;
}

function codeLanguage(attributes: Attributes): string {
  const names = `${attributes['class'] ?? ''} ${attributes['data-language'] ?? ''}`;
  return CODE_LANGUAGE.exec(names.slice(0, ATTRIBUTE_TEXT_LENGTH_MAX))?.[1] ?? '';
}
