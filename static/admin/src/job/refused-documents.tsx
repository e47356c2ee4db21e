import type { Refusal } from '../calls/contract';
import { Table } from '../parts/table';
import { counted } from '../text/format';
import { remedyFor } from '../text/remedies';

interface RefusedDocumentsProps {
  refused: readonly Refusal[];
  /** How many there are; `refused` holds the first of them. */
  total: number;
}

/** The documents that were not taken, each with its reason and what to do. */
export function RefusedDocuments({ refused, total }: RefusedDocumentsProps) {
  if (total === 0) return null;
  return (
    <section className="stack">
      <h3 className="subheading">{counted(total, 'document')} refused</h3>
      <Table
        label="Refused documents"
        head={['Document', 'Reason', 'What to do']}
        rows={refused.map(({ document, code, message }, position) => ({
          key: `${position} ${document}`,
          cells: [
            document,
            <span key="reason" title={message}>
              <code className="code">{code}</code>
            </span>,
            remedyFor(code),
          ],
        }))}
      />
      {refused.length < total && <p className="subtle">The first {refused.length} are shown.</p>}
    </section>
  );
}
