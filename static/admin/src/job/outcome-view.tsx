import SectionMessage from '@atlaskit/section-message';
import type { JobView } from '../calls/contract';
import { Figures } from '../parts/figures';
import { count, duration, money } from '../text/format';
import { outcomeText } from './describe';
import { RefusedDocuments } from './refused-documents';

/** What a finished job has done. */
export function OutcomeView({ view }: { view: JobView }) {
  const { documents, chunks, tokens, units, costUsd } = view;
  const took = duration(view.updatedAt - view.createdAt);
  const isWhole = documents.refused === 0;
  return (
    <div className="stack">
      <div role="status">
        <SectionMessage
          appearance={isWhole ? 'success' : 'warning'}
          title={isWhole ? 'Indexed' : 'Indexed, with documents left out'}
        >
          <p>{outcomeText(view)}</p>
        </SectionMessage>
      </div>
      <Figures
        figures={[
          {
            label: 'Chunks',
            value: count(chunks.total),
            note: `${count(chunks.embedded)} embedded, ${count(chunks.reused)} reused`,
          },
          {
            label: 'Tokens',
            value: count(tokens.count),
            note: tokens.measured ? 'counted' : 'estimated',
          },
          { label: 'Embedding', value: costUsd === null ? '–' : money(costUsd) },
          {
            label: 'Units',
            value: count(units.write),
            note: `written, ${count(units.read)} read`,
          },
          { label: 'Took', value: took },
        ]}
      />
      <RefusedDocuments refused={view.refused} total={documents.refused} />
    </div>
  );
}
