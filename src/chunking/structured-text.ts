/**
 * Builds the parsed text of a format whose source is not meant to be read (HTML, Atlassian
 * Document Format), and the blocks over it, from events in document order.
 *
 * The text reads like light markdown: blocks are set apart by a blank line, list items carry a
 * marker and are indented by depth, a table is one line per row (`structured-table`), code stands
 * between fences (`structured-code`). Headings carry no mark.
 *
 * Events that open something must be matched by the event that closes it. Whatever stands inside
 * a table cell becomes running text of that cell.
 */

import { HeadingPath } from './heading-path';
import { cleaned, folded, struckOut } from './running-text';
import { CodeText } from './structured-code';
import { type CellSpans, RepetitionBudget, TableText } from './structured-table';
import { isBlank } from './text-scan';
import type { Block, BlockKind } from './types';

/** Indentation stops growing here, so that text stays linear in the size of a deep source. */
const INDENTED_DEPTH_MAX = 10;

interface ListLevel {
  /** Number of the next item; undefined for a list without numbers. */
  nextNumber: number | undefined;
}

interface OpenBlock {
  kind: BlockKind;
  level: number | undefined;
  introduces: boolean;
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
  private code: CodeText | undefined;
  private table: TableText | undefined;
  private tableDepth = 0;
  private introducing = false;
  private pendingNote: string | undefined;
  private firstTitle: string | undefined;
  private readonly repetitions: RepetitionBudget;

  constructor(sourceLength: number) {
    this.repetitions = new RepetitionBudget(sourceLength);
  }

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

  /** Opens what is set off; a note, such as what kind of box it is, stands before its text. */
  enterQuote(note?: string): void {
    this.breakBlock();
    this.pendingNote = note;
    if (this.table === undefined) this.containers.push('quote');
  }

  leaveQuote(): void {
    this.breakBlock();
    this.pendingNote = undefined;
    if (this.table === undefined) this.containers.pop();
  }

  /** Opens text that says what the next block is about, such as the title of a part folded away. */
  enterIntroduction(): void {
    this.breakBlock();
    this.introducing = true;
  }

  leaveIntroduction(): void {
    this.breakBlock();
    this.introducing = false;
  }

  enterCode(language: string): void {
    this.breakBlock();
    if (this.table === undefined) this.code = new CodeText(language);
  }

  /** Names the language of the open code block, unless it has one. */
  nameCode(language: string): void {
    this.code?.name(language);
  }

  leaveCode(): void {
    const code = this.code;
    this.code = undefined;
    if (code === undefined) {
      this.breakBlock();
      return;
    }
    const content = code.finish();
    if (content !== '') this.addBlock('code', content);
  }

  /** Sets parts of code apart, as borders of elements do: lines, or cells of one. */
  breakCode(by: '\n' | ' '): void {
    if (this.code === undefined) this.breakBlock();
    else this.code.breakBy(by);
  }

  enterTable(): void {
    this.breakBlock();
    this.tableDepth += 1;
    this.table ??= new TableText(this.repetitions);
  }

  leaveTable(): void {
    if (this.tableDepth === 0) return;
    this.tableDepth -= 1;
    if (this.tableDepth > 0) this.breakBlock();
    if (this.tableDepth > 0 || this.table === undefined) return;
    const content = this.table.finish();
    this.table = undefined;
    if (content !== '') this.addBlock('table', content);
  }

  /** Starts a group of rows, which no merged cell from above reaches into. */
  enterRowGroup(): void {
    if (this.tableDepth === 1) this.table?.startRowGroup();
  }

  /** Starts a row, which ends the row before it. */
  enterRow(): void {
    if (this.tableDepth === 1) this.table?.startRow();
  }

  /** Starts a cell, which ends the cell before it. */
  enterCell(isHeader: boolean, spans: CellSpans = { columns: 1, rows: 1 }): void {
    if (this.table === undefined || this.tableDepth > 1) this.breakBlock();
    else this.table.startCell(isHeader, spans);
  }

  rule(): void {
    this.breakBlock();
    if (this.table === undefined) this.addBlock('rule', '---');
  }

  lineBreak(): void {
    if (this.code !== undefined) this.code.addText('\n');
    else if (this.table !== undefined) this.addText(' ');
    else if (this.open !== undefined) {
      this.open.parts.push('\n');
      this.open.endsWithSpace = true;
    }
  }

  /** Adds running text: white space is folded to single spaces except inside code. */
  addText(raw: string): void {
    if (this.code !== undefined) {
      this.code.addText(cleaned(raw.replace(/\r\n?/g, '\n')));
      return;
    }
    const text = cleaned(folded(raw));
    if (this.table !== undefined) {
      this.table.addText(this.takeNote() + text);
      return;
    }
    if (this.open === undefined) {
      if (isBlank(text)) return;
      this.open = this.openBlock();
    }
    const added = this.open.endsWithSpace ? text.replace(/^ /, '') : text;
    if (added === '') return;
    this.open.parts.push(added);
    this.open.endsWithSpace = added.endsWith(' ');
  }

  /** Adds text that its author has struck out, marked as such: it no longer holds. */
  addStruckText(raw: string): void {
    this.addText(this.code === undefined ? struckOut(raw) : raw);
  }

  finish(): { text: string; blocks: readonly Block[]; title: string | undefined } {
    if (this.code !== undefined) this.leaveCode();
    this.tableDepth = Math.min(this.tableDepth, 1);
    this.leaveTable();
    this.closeBlock();
    return { text: this.parts.join(''), blocks: this.blocks, title: this.firstTitle };
  }

  private openBlock(): OpenBlock {
    const note = this.takeNote();
    const parts = note === '' ? [] : [note];
    const block = { parts, endsWithSpace: true, introduces: this.introducing };
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

  private takeNote(): string {
    const note = this.pendingNote;
    this.pendingNote = undefined;
    return note === undefined ? '' : `${note} `;
  }

  private closeBlock(): void {
    const open = this.open;
    this.open = undefined;
    if (open === undefined) return;
    const content = open.parts
      .join('')
      .replace(/ *\n */g, '\n')
      .trim();
    if (content === '') return;
    this.addBlock(open.kind, open.prefix + content, open);
  }

  private addBlock(kind: BlockKind, content: string, traits: Partial<OpenBlock> = {}): void {
    this.closeBlock();
    const note = this.takeNote().trimEnd();
    if (note !== '') this.addBlock('quote', note, { introduces: true });
    const { level, introduces } = traits;
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
    if (introduces === true) block.introduces = true;
    this.blocks.push(block);
  }

  private append(text: string): void {
    if (text === '') return;
    this.parts.push(text);
    this.length += text.length;
  }
}
