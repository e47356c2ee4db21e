/**
 * Builds the text of one table: a line per row, ` | ` between cells, a delimiter row below the
 * header rows. A merged cell is repeated in every row and column that it covers, so that each row
 * reads alone; it covers no more columns than the widest row has cells, whatever it says.
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

interface GivenCell extends Cell {
  spans: CellSpans;
}

interface GivenRow {
  cells: readonly GivenCell[];
  /** Whether no cell reaches into it from above. */
  beginsGroup: boolean;
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
/** As HTML has it. */
const COLUMNS_COVERED_MAX = 1_000;
/** What a cell without text takes. */
const CELL_LENGTH_MIN = 3;
/** A longer merged cell is repeated by its beginning. */
const REPEATED_LENGTH_MAX = 200;
/** Length of all that a document's tables repeat, by that of its source. */
const REPEATED_SHARE_MAX = 4;

/** What a document's tables may repeat, so that text stays linear in the size of its source. */
export class RepetitionBudget {
  private left: number;

  constructor(sourceLength: number) {
    this.left = REPEATED_SHARE_MAX * sourceLength;
  }

  /** Takes a repetition; once one was too much, all are. */
  take(text: string): boolean {
    this.left -= Math.min(text.length, REPEATED_LENGTH_MAX) + CELL_LENGTH_MIN;
    return this.left >= 0;
  }
}

/** The cells of a table as its source gives them. */
export class TableText {
  private readonly rows: GivenRow[] = [];
  private cells: GivenCell[] = [];
  private isInRow = false;
  private beginsGroup = false;
  private open: GivenCell | undefined;

  constructor(private readonly budget: RepetitionBudget) {}

  /** Starts a row, which ends the row before it. */
  startRow(): void {
    this.endRow();
    this.isInRow = true;
  }

  /** Starts a group of rows, into which no cell reaches from above. */
  startRowGroup(): void {
    this.endRow();
    this.beginsGroup = true;
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
    const rows = new TableLayout(this.rows, this.budget).layOut();
    const lines = rows.map(({ cells }) => cells.map(({ text }) => text).join(' | '));
    // A caption may stand before the header rows as a row of its own.
    const first = rows[0]?.isHeader === false && rows[1]?.isHeader === true ? 1 : 0;
    let end = first;
    while (rows[end]?.isHeader === true && end - first < HEADER_ROWS_MAX) end += 1;
    if (end > first) {
      const delimiters = rows[end - 1]?.cells.map(() => '---') ?? [];
      lines.splice(end, 0, delimiters.join(' | '));
    }
    return lines.join('\n').trim();
  }

  private endRow(): void {
    if (!this.isInRow) return;
    this.endCell();
    this.rows.push({ cells: this.cells, beginsGroup: this.beginsGroup });
    this.cells = [];
    this.beginsGroup = false;
    this.isInRow = false;
  }

  private endCell(): void {
    const { open } = this;
    this.open = undefined;
    if (open === undefined) return;
    this.cells.push({ ...open, text: open.text.replace(/ {2,}/g, ' ').trim() });
  }
}

/** Puts given cells to their columns, row by row. */
class TableLayout {
  /** By column: cells from above, and those of this row that reach into the next. */
  private readonly reaching = new Map<number, Reaching>();
  private readonly beginning = new Map<number, Reaching>();
  private readonly width: number;
  private cells: Cell[] = [];
  private rowNumber = 0;

  constructor(
    private readonly given: readonly GivenRow[],
    private readonly budget: RepetitionBudget,
  ) {
    this.width = widthOf(given);
  }

  layOut(): Row[] {
    return this.given.flatMap((row) => {
      const cells = this.layOutRow(row);
      for (const [column, cell] of this.beginning) this.reaching.set(column, cell);
      this.beginning.clear();
      this.rowNumber += 1;
      if (cells.every(({ text }) => text === '')) return [];
      return [{ cells, isHeader: cells.every(({ isHeader }) => isHeader) }];
    });
  }

  private layOutRow({ cells: given, beginsGroup }: GivenRow): Cell[] {
    if (beginsGroup) this.reaching.clear();
    this.cells = [];
    for (const [i, cell] of given.entries()) {
      while (this.coverReached());
      this.place(cell, given.length - i - 1);
    }
    const lastReached = given.length === 0 ? -1 : this.lastReachedColumn();
    while (this.cells.length <= lastReached && (this.coverReached() || this.leaveEmpty()));
    // One cell over the whole width is said once.
    const isBanner = given.length === 1 && lastReached < 0;
    return isBanner ? this.cells.slice(0, 1) : this.cells;
  }

  /** Adds a cell as often as it is wide, and leaves room for the cells that follow it. */
  private place({ text, isHeader, spans }: GivenCell, following: number): void {
    const untilRow = this.rowNumber + spans.rows - 1;
    const room = this.width - following - this.cells.length;
    const columns = Math.min(spans.columns, room, COLUMNS_COVERED_MAX);
    for (let left = columns; ; left -= 1) {
      if (spans.rows > 1) this.beginning.set(this.cells.length, { text, isHeader, untilRow });
      this.cells.push({ text: left === columns ? text : shortened(text), isHeader });
      if (left <= 1 || !this.budget.take(text)) break;
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

  /** Leaves the next column empty, which takes of the budget too. */
  private leaveEmpty(): boolean {
    if (!this.mayRepeat('')) return false;
    this.cells.push({ text: '', isHeader: false });
    return true;
  }

  /** Once there was too much to repeat, no cell reaches anywhere. */
  private mayRepeat(text: string): boolean {
    if (this.budget.take(text)) return true;
    this.reaching.clear();
    return false;
  }
}

/** Cells of the widest row: its own, and those that reach into it from above, each counted once. */
function widthOf(rows: readonly GivenRow[]): number {
  let width = 0;
  let reaching = 0;
  /** By row: how many of the cells that reach into it end above it. */
  const ending = new Map<number, number>();
  for (const [number, { cells, beginsGroup }] of rows.entries()) {
    reaching -= ending.get(number) ?? 0;
    if (beginsGroup) {
      reaching = 0;
      ending.clear();
    }
    width = Math.max(width, reaching + cells.length);
    for (const { spans } of cells) {
      if (spans.rows <= 1) continue;
      const end = number + spans.rows;
      ending.set(end, (ending.get(end) ?? 0) + 1);
      reaching += 1;
    }
  }
  return width;
}

function shortened(text: string): string {
  if (text.length <= REPEATED_LENGTH_MAX) return text;
  return `${text.slice(0, atCodePoint(text, REPEATED_LENGTH_MAX))}…`;
}
