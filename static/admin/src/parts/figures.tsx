export interface Figure {
  label: string;
  value: string;
  /** What the figure means, or where it comes from. */
  note?: string | undefined;
}

/** Figures side by side, each below its label. */
export function Figures({ figures }: { figures: readonly Figure[] }) {
  return (
    <dl className="figures">
      {figures.map(({ label, value, note }) => (
        <div className="figure" key={label}>
          <dt>{label}</dt>
          <dd className="figure-value">{value}</dd>
          {note !== undefined && <dd className="figure-note">{note}</dd>}
        </div>
      ))}
    </dl>
  );
}
