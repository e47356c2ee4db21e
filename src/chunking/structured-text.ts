/**
 * Builds the parsed text of a format whose source is not meant to be read (HTML, Atlassian
 * Document Format), and the blocks over it, from events in document order.
 *
 * The text reads like light markdown: blocks are set apart by a blank line, list items carry a
 * marker and are indented by depth, a table is one line per row with ` | ` between cells and a
 * delimiter row below a header row, code stands between fences. Headings carry no mark.
 *
 * Events that open something must be matched by the event that closes it. Whatever stands inside
 * a table cell becomes running text of that cell.
 */

import { HeadingPath } from './heading-path';
import { isBlank } from './text-scan';
import type { Block, BlockKind } from './types';

/** Indentation stops growing here, so that text stays linear in the size of a deep source. */
const INDENTED_DEPTH_MAX = 10;

/** Controls and U+FFFE/FFFF: admission refuses them in a file, an escape may smuggle them in. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;

interface ListLevel {
  /** Number of the next item; undefined for a list without numbers. */
  nextNumber: number | undefined;
}

interface TableState {
  rows: string[];
  cells: string[];
  cell: string | undefined;
  headerCellCount: number;
  hasHeader: boolean;
}

interface OpenBlock {
  kind: BlockKind;
  level: number | undefined;
  prefix: string;
  parts: string[];
  endsWithSpace: boolean;
}

export class StructuredText {
  private readonly parts: string[] = [];
  private readonly blocks: Block[] = [];
  private readonly path = new HeadingPath();
  private readonly lists: ListLevel[] = [];
  private readonly containers: ('item' | 'quote')[] = [];
  private length = 0;
  private open: OpenBlock | undefined;
  private marker: string | undefined;
  private headingLevel: number | undefined;
  private code: { language: string; parts: string[] } | undefined;
  private table: TableState | undefined;
  private tableDepth = 0;
  private firstTitle: string | undefined;

  /** Ends the running block, as the border of any block element does; a space inside a cell. */
  breakBlock(): void {
    if (this.table !== undefined) this.addText(' ');
    else this.closeBlock();
  }

  enterHeading(level: number): void {
    this.breakBlock();
    if (this.table === undefined) this.headingLevel = Math.min(6, Math.max(1, level));
  }

  leaveHeading(): void {
    this.breakBlock();
    if (this.table === undefined) this.headingLevel = undefined;
  }

  /** Opens a list; with `firstNumber` its items are numbered. */
  enterList(firstNumber?: number): void {
    this.breakBlock();
    if (this.table === undefined) this.lists.push({ nextNumber: firstNumber });
  }

  leaveList(): void {
    this.breakBlock();
    if (this.table === undefined) this.lists.pop();
  }

  /** Opens an item; without `marker` it is a number or a dash, as its list says. */
  enterItem(marker?: string): void {
    this.breakBlock();
    if (this.table !== undefined) return;
    this.containers.push('item');
    const list = this.lists.at(-1);
    const number = list?.nextNumber;
    if (list !== undefined && number !== undefined) list.nextNumber = number + 1;
    this.marker = marker ?? (number === undefined ? '- ' : `${number}. `);
  }

  leaveItem(): void {
    this.breakBlock();
    if (this.table !== undefined) return;
    this.containers.pop();
    this.marker = undefined;
  }

  enterQuote(): void {
    this.breakBlock();
    if (this.table === undefined) this.containers.push('quote');
  }

  leaveQuote(): void {
    this.breakBlock();
    if (this.table === undefined) this.containers.pop();
  }

  enterCode(language: string): void {
    this.breakBlock();
    if (this.table === undefined) this.code = { language, parts: [] };
  }

  /** Names the language of the open code block, unless it has one. */
  nameCode(language: string): void {
    if (this.code?.language === '') this.code.language = language;
  }

  leaveCode(): void {
    const code = this.code;
    this.code = undefined;
    if (code === undefined) {
      this.breakBlock();
      return;
    }
    const content = code.parts.join('').replace(/^\n+/, '').trimEnd();
    if (isBlank(content)) return;
    const fence = '`'.repeat(Math.max(3, longestRun(content, '`') + 1));
    this.addBlock('code', `${fence}${code.language}\n${content}\n${fence}`);
  }

  /** True between `enterCode` and `leaveCode`, where white space is kept. */
  get insideCode(): boolean {
    return this.code !== undefined;
  }

  enterTable(): void {
    this.breakBlock();
    this.tableDepth += 1;
    this.table ??= emptyTable();
  }

  leaveTable(): void {
    if (this.tableDepth === 0) return;
    this.tableDepth -= 1;
    if (this.tableDepth > 0) this.breakBlock();
    if (this.tableDepth > 0 || this.table === undefined) return;
    this.endRow(this.table);
    const rows = this.table.rows;
    this.table = undefined;
    if (rows.length > 0) this.addBlock('table', rows.join('\n').trim());
  }

  /** Starts a row, which ends the row before it. */
  enterRow(): void {
    if (this.table !== undefined && this.tableDepth === 1) this.endRow(this.table);
  }

  /** Starts a cell, which ends the cell before it. */
  enterCell(isHeader: boolean): void {
    if (this.table === undefined || this.tableDepth > 1) {
      this.breakBlock();
      return;
    }
    endCell(this.table);
    this.table.cell = '';
    if (isHeader) this.table.headerCellCount += 1;
  }

  rule(): void {
    this.breakBlock();
    if (this.table === undefined) this.addBlock('rule', '---');
  }

  lineBreak(): void {
    if (this.code !== undefined) this.code.parts.push('\n');
    else if (this.table !== undefined) this.addText(' ');
    else if (this.open !== undefined) {
      this.open.parts.push('\n');
      this.open.endsWithSpace = true;
    }
  }

  /** Adds running text: white space is folded to single spaces except inside code. */
  addText(raw: string): void {
    if (this.code !== undefined) {
      this.code.parts.push(clean(raw.replace(/\r\n?/g, '\n')));
      return;
    }
    const text = clean(raw.replace(/[ \t\n\r\f]+/g, ' '));
    if (this.table !== undefined) {
      if (this.table.cell !== undefined) this.table.cell += text;
      else if (!isBlank(text)) this.table.cell = text;
      return;
    }
    if (this.open === undefined) {
      if (isBlank(text)) return;
      this.open = this.openBlock();
    }
    const folded = this.open.endsWithSpace ? text.replace(/^ /, '') : text;
    if (folded === '') return;
    this.open.parts.push(folded);
    this.open.endsWithSpace = folded.endsWith(' ');
  }

  finish(): { text: string; blocks: readonly Block[]; title: string | undefined } {
    if (this.code !== undefined) this.leaveCode();
    this.tableDepth = Math.min(this.tableDepth, 1);
    this.leaveTable();
    this.closeBlock();
    return { text: this.parts.join(''), blocks: this.blocks, title: this.firstTitle };
  }

  private openBlock(): OpenBlock {
    const block = { parts: [], endsWithSpace: true };
    if (this.headingLevel !== undefined) {
      return { ...block, kind: 'heading', level: this.headingLevel, prefix: '' };
    }
    const container = this.containers.at(-1);
    if (container === 'item') {
      const prefix = this.marker ?? '';
      this.marker = undefined;
      return { ...block, kind: 'list-item', level: Math.max(1, this.lists.length), prefix };
    }
    const kind = container === 'quote' ? 'quote' : 'paragraph';
    return { ...block, kind, level: undefined, prefix: '' };
  }

  private closeBlock(): void {
    const open = this.open;
    this.open = undefined;
    if (open === undefined) return;
    const content = open.parts
      .join('')
      .replace(/ *\n */g, '\n')
      .trim();
    if (content !== '') this.addBlock(open.kind, open.prefix + content, open.level);
  }

  private addBlock(kind: BlockKind, content: string, level?: number): void {
    this.closeBlock();
    const previous = this.blocks.at(-1);
    const adjacent = kind === 'list-item' && previous?.kind === 'list-item';
    const depth = kind === 'list-item' ? Math.min(this.lists.length - 1, INDENTED_DEPTH_MAX) : 0;
    this.append(previous === undefined ? '' : adjacent ? '\n' : '\n\n');
    this.append('  '.repeat(Math.max(0, depth)));
    const start = this.length;
    this.append(content);
    if (kind === 'heading') {
      this.path.enter(level ?? 1, content);
      if (level === 1) this.firstTitle ??= this.path.current.at(-1);
    }
    const block: Block = { kind, start, end: this.length, headings: this.path.current };
    if (level !== undefined) block.level = level;
    this.blocks.push(block);
  }

  private append(text: string): void {
    if (text === '') return;
    this.parts.push(text);
    this.length += text.length;
  }

  private endRow(table: TableState): void {
    endCell(table);
    const { cells, headerCellCount } = table;
    table.cells = [];
    table.headerCellCount = 0;
    if (cells.every((cell) => cell === '')) return;
    table.rows.push(cells.join(' | '));
    // A caption may stand before the header row as a row of its own.
    if (!table.hasHeader && table.rows.length <= 2 && headerCellCount === cells.length) {
      table.hasHeader = true;
      table.rows.push(cells.map(() => '---').join(' | '));
    }
  }
}

function emptyTable(): TableState {
  return { rows: [], cells: [], cell: undefined, headerCellCount: 0, hasHeader: false };
}

function endCell(table: TableState): void {
  if (table.cell === undefined) return;
  const content = table.cell.replace(/ {2,}/g, ' ').trim();
  table.cell = undefined;
  table.cells.push(content);
}

function clean(text: string): string {
  return text.replace(UNPRINTABLE, ' ').replace(LONE_SURROGATE, '\ufffd');
}

function longestRun(text: string, unit: string): number {
  let longest = 0;
  let run = 0;
  for (const character of text) {
    run = character === unit ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}
