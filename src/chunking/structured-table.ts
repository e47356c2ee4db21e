/**
 * Builds the text of one table: a line per row, ` | ` between cells, a delimiter row below the
 * header rows. A merged cell is repeated in every row and column that it covers, so that each row
 * reads alone.
 */

import { atCodePoint, isBlank } from './text-scan';

export interface CellSpans {
  columns: number;
  rows: number;
}

interface Cell {
  text: string;
  isHeader: boolean;
}

interface Row {
  cells: readonly Cell[];
  isHeader: boolean;
}

/** A cell from above that reaches into the rows below. */
interface Reaching extends Cell {
  /** Number of the last row that it covers. */
  untilRow: number;
}

/** Rows that are taken for the header at most: they are repeated in every chunk of the table. */
const HEADER_ROWS_MAX = 3;
/** What a cell without text takes. */
const CELL_LENGTH_MIN = 3;
/** A longer merged cell is repeated by its beginning. */
const REPEATED_LENGTH_MAX = 200;
/** All that one table may repeat, so that text stays linear in the size of its source. */
const REPEATED_TOTAL_MAX = 200_000;

export class TableText {
  private readonly rows: Row[] = [];
  private cells: Cell[] = [];
  private isInRow = false;
  private givenCells = 0;
  private open: (Cell & { spans: CellSpans }) | undefined;
  /** By column: cells from above, and those of this row that reach into the next. */
  private readonly reaching = new Map<number, Reaching>();
  private readonly beginning = new Map<number, Reaching>();
  private rowNumber = 0;
  private repeatedLength = 0;

  /** Starts a row, which ends the row before it. */
  startRow(): void {
    this.endRow();
    this.isInRow = true;
  }

  /** Starts a group of rows, into which no cell reaches from above. */
  startRowGroup(): void {
    this.endRow();
    this.reaching.clear();
  }

  /** Starts a cell, which ends the cell before it. */
  startCell(isHeader: boolean, spans: CellSpans): void {
    this.endCell();
    this.isInRow = true;
    this.open = { text: '', isHeader, spans };
  }

  /** Adds to the cell that is open; text beside all cells becomes one. */
  addText(text: string): void {
    if (this.open === undefined) {
      if (isBlank(text)) return;
      this.startCell(false, { columns: 1, rows: 1 });
    }
    if (this.open !== undefined) this.open.text += text;
  }

  /** The table's text; '' when no cell has any. */
  finish(): string {
    this.endRow();
    const lines = this.rows.map(({ cells }) => cells.map(({ text }) => text).join(' | '));
    // A caption may stand before the header rows as a row of its own.
    const first = this.rows[0]?.isHeader === false && this.rows[1]?.isHeader === true ? 1 : 0;
    let end = first;
    while (this.rows[end]?.isHeader === true && end - first < HEADER_ROWS_MAX) end += 1;
    if (end > first) {
      const delimiters = this.rows[end - 1]?.cells.map(() => '---') ?? [];
      lines.splice(end, 0, delimiters.join(' | '));
    }
    return lines.join('\n').trim();
  }

  private endRow(): void {
    if (!this.isInRow) return;
    this.endCell();
    const lastReached = this.givenCells === 0 ? -1 : this.lastReachedColumn();
    while (this.cells.length <= lastReached) {
      if (!this.coverReached()) this.cells.push({ text: '', isHeader: false });
    }
    const { cells } = this;
    // One cell over the whole width is said once.
    const isBanner = this.givenCells === 1 && lastReached < 0;
    if (cells.some(({ text }) => text !== '')) {
      const isHeader = cells.every((cell) => cell.isHeader);
      this.rows.push({ cells: isBanner ? cells.slice(0, 1) : cells, isHeader });
    }
    for (const [column, cell] of this.beginning) this.reaching.set(column, cell);
    this.beginning.clear();
    this.rowNumber += 1;
    this.cells = [];
    this.givenCells = 0;
    this.isInRow = false;
  }

  private endCell(): void {
    const { open } = this;
    this.open = undefined;
    if (open === undefined) return;
    const { isHeader, spans } = open;
    const text = open.text.replace(/ {2,}/g, ' ').trim();
    this.givenCells += 1;
    while (this.coverReached());
    const untilRow = this.rowNumber + spans.rows - 1;
    for (let column = this.cells.length, left = spans.columns; ; left -= 1, column += 1) {
      if (spans.rows > 1) this.beginning.set(column, { text, isHeader, untilRow });
      const isFirst = left === spans.columns;
      this.cells.push({ text: isFirst ? text : shortened(text), isHeader });
      if (left <= 1 || !this.mayRepeat(text)) break;
    }
  }

  /** The last column that a cell from above covers in this row, or -1. */
  private lastReachedColumn(): number {
    let last = -1;
    for (const [column, { untilRow }] of this.reaching) {
      if (untilRow < this.rowNumber) this.reaching.delete(column);
      else last = Math.max(last, column);
    }
    return last;
  }

  /** Fills the next column where a cell from above covers it. */
  private coverReached(): boolean {
    const from = this.reaching.get(this.cells.length);
    if (from === undefined || from.untilRow < this.rowNumber || !this.mayRepeat(from.text)) {
      return false;
    }
    this.cells.push({ text: shortened(from.text), isHeader: from.isHeader });
    return true;
  }

  /** Counts a repetition; once a table has had too many, no cell of it reaches anywhere. */
  private mayRepeat(text: string): boolean {
    this.repeatedLength += Math.min(text.length, REPEATED_LENGTH_MAX) + CELL_LENGTH_MIN;
    if (this.repeatedLength <= REPEATED_TOTAL_MAX) return true;
    this.reaching.clear();
    return false;
  }
}

function shortened(text: string): string {
  if (text.length <= REPEATED_LENGTH_MAX) return text;
  return `${text.slice(0, atCodePoint(text, REPEATED_LENGTH_MAX))}…`;
}
