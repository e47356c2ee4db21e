import type { ReactNode } from 'react';

export interface Row {
  key: string;
  cells: readonly ReactNode[];
}

interface TableProps {
  /** Names the table for screen readers; a heading shows it to the eye. */
  label: string;
  head: readonly string[];
  rows: readonly Row[];
}

/** A table that scrolls within itself where the page is too narrow for it. */
export function Table({ label, head, rows }: TableProps) {
  return (
    <section className="table-box" aria-label={label}>
      <table className="table" aria-label={label}>
        <thead>
          <tr>
            {head.map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells }) => (
            <tr key={key}>
              {cells.map((cell, column) => (
                <td key={head[column]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
